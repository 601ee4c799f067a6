"""Explanations of gradients: why one is missing, along which paths it comes, how backward makes it step by step."""

from .reason import CAUSES, Link, Reason
from .why import why_no_grad

__all__ = ["CAUSES", "Link", "Reason", "why_no_grad"]
