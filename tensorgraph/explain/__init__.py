"""Explanations of gradients: why one is missing, along which paths it comes, how backward makes it step by step."""

from .grad_paths import grad_paths
from .path import Edge, GradPaths, Path, Stretch
from .reason import CAUSES, Link, Reason
from .why import why_no_grad

__all__ = ["CAUSES", "Edge", "GradPaths", "Link", "Path", "Reason", "Stretch", "grad_paths", "why_no_grad"]
