"""Recorded graphs to look at: plain records of what is in them, and DOT, pictures, JSON and pages made of these."""

from .dot import to_dot
from .facts import Detail, Facts, Saved, Statistics, statistics
from .graph import Block, Edge, Graph, graph
from .picture import render
from .tensorboard import write_tensorboard
from .walk import Vertex

__all__ = [
    "Block", "Detail", "Edge", "Facts", "Graph", "Saved", "Statistics", "Vertex", "graph", "render", "statistics",
    "to_dot", "write_tensorboard",
]  # fmt: skip
