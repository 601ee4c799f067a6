"""Answers about nets and graphs: what a net consists of, what a graph keeps in memory and who keeps it, and whether a
training is healthy."""

from .summary import Summary, summary

__all__ = ["Summary", "summary"]
