"""A graph as a page: one HTML file in which modules open and close, with all that is known of each node."""

from .page import page_of

__all__ = ["page_of"]
