"""The paths that a gradient takes."""

from .grad_paths import grad_paths
from .path import Edge, GradPaths, Path, Stretch

__all__ = ["Edge", "GradPaths", "Path", "Stretch", "grad_paths"]
