"""Nets: modules with parameters, the layers of fully connected nets, initial values, and the course's nets."""

from . import init
from .fully_connected import FullyConnectedNet, TwoLayerNet
from .layers import BatchNorm1d, Dropout, Linear, ReLU, Sequential
from .module import Module, Parameter

__all__ = [
    "BatchNorm1d", "Dropout", "FullyConnectedNet", "Linear", "Module", "Parameter", "ReLU", "Sequential", "TwoLayerNet",
    "init",
]  # fmt: skip
