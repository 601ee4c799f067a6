"""Pictures of recorded graphs: plain records of what is in them, DOT text, and SVG, PNG and PDF made of it."""

from .dot import to_dot
from .picture import render
from .walk import Edge, Graph, Vertex, graph

__all__ = ["Edge", "Graph", "Vertex", "graph", "render", "to_dot"]
