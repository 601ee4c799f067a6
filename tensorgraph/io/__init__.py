"""Saving and loading: named arrays, and checkpoints of nets and optimizers. Nothing is ever pickled."""

from .arrays import load_arrays, save_arrays
from .checkpoint import Checkpoint, load_checkpoint, save_checkpoint

__all__ = ["Checkpoint", "load_arrays", "load_checkpoint", "save_arrays", "save_checkpoint"]
