"""The course's nets: {affine - [batchnorm] - relu - [dropout]} x (L - 1) - affine - softmax, assembled as a graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .. import ops
from ..config import enable_grad, no_grad
from ..core import Node, Tensor, plain, propagate
from ..errors import ArgumentError, DTypeError, ShapeError
from .init import normal
from .layers import BatchNorm1d, Dropout, Linear
from .module import Module, Parameter


class Layer(Module):
    """One hidden layer: affine - [batchnorm] - relu - [dropout]. Its parts form one group in pictures."""

    def __init__(self, affine: Linear, norm: BatchNorm1d | None, dropout: Dropout | None) -> None:
        self.affine, self.norm, self.dropout = affine, norm, dropout

    def forward(self, x: Any, mask: np.ndarray | None = None) -> Tensor:
        """x (N, d1, ..., dk); gives (N, M)."""
        x = self.affine.forward(x)
        if self.norm is not None:
            x = self.norm.forward(x)
        x = ops.relu(x)
        return x if self.dropout is None else self.dropout.forward(x, mask)


class Params(Mapping[str, Parameter]):
    """A net's parameters by name. An array that is assigned to a name is written into the parameter."""

    def __init__(self, parameters: Mapping[str, Parameter]) -> None:
        self._parameters = dict(parameters)

    def __getitem__(self, name: str) -> Parameter:
        return self._parameters[name]

    def __setitem__(self, name: str, values: Any) -> None:
        parameter, values = self[name], np.asarray(plain(values))
        if values.shape != parameter.shape:
            raise ShapeError(f"params[{name!r}] has shape {parameter.shape}; got {values.shape}")
        with no_grad():
            parameter[...] = values

    def __iter__(self) -> Iterator[str]:
        return iter(self._parameters)

    def __len__(self) -> int:
        return len(self._parameters)

    def __repr__(self) -> str:
        return repr(self._parameters)


class FullyConnectedNet(Module):
    """A fully connected net with ReLU, optional batch normalization and dropout, and a softmax loss.

    hidden_dims    widths of the hidden layers
    input_dim      length of a flattened example
    num_classes    number of scores
    dropout        probability to keep an activation; 1 means no dropout
    use_batchnorm  normalize before each ReLU (never the scores)
    reg            strength of the L2 penalty ``0.5 * reg * sum(W**2)`` of every weight
    weight_scale   standard deviation of the initial weights; biases start at 0
    dtype          of parameters and computation
    seed           of the initial weights and the dropout masks

    ``params`` maps W1, b1, gamma1, beta1, W2, ... to the parameters; ``net.params["b1"] = array`` writes into one.
    Source: the course's ``FullyConnectedNet``.

    >>> import numpy as np, tensorgraph as tg
    >>> net = tg.nn.FullyConnectedNet([20], input_dim=15, num_classes=10, weight_scale=1e-5, seed=0)
    >>> loss, grads = net.loss(np.ones((4, 3, 5)), np.array([0, 3, 3, 9]))
    >>> round(loss, 4), grads["W1"].shape
    (2.3026, (15, 20))
    >>> net.loss(np.ones((4, 3, 5))).shape
    (4, 10)
    """

    def __init__(
        self,
        hidden_dims: Sequence[int],
        input_dim: int = 3 * 32 * 32,
        num_classes: int = 10,
        dropout: float = 1,
        use_batchnorm: bool = False,
        reg: float = 0.0,
        weight_scale: float = 1e-2,
        dtype: Any = np.float32,
        seed: int | None = None,
    ) -> None:
        if not np.iterable(hidden_dims):
            raise ArgumentError(f"FullyConnectedNet: hidden_dims is a list of widths; got {hidden_dims!r}")
        dims = [input_dim, *hidden_dims, num_classes]
        if any(not isinstance(n, int | np.integer) or n < 1 for n in dims):
            raise ArgumentError(f"FullyConnectedNet: every width is a whole number of at least 1; got {dims}")
        if not reg >= 0 or not weight_scale >= 0:
            raise ArgumentError(f"FullyConnectedNet: reg and weight_scale are at least 0; got {reg} and {weight_scale}")
        self.dtype = np.dtype(dtype)
        if self.dtype.kind != "f":
            raise DTypeError(f"FullyConnectedNet: the dtype must be floating point; got {self.dtype}")
        self.config = dict(
            hidden_dims=[int(n) for n in dims[1:-1]], input_dim=int(input_dim), num_classes=int(num_classes),
            dropout=float(dropout), use_batchnorm=bool(use_batchnorm), reg=float(reg),
            weight_scale=float(weight_scale), dtype=self.dtype.name, seed=None if seed is None else int(seed),
        )  # fmt: skip
        self.reg, self.rng = reg, np.random.default_rng(seed)
        affine = [
            Linear(n, m, init=normal(weight_scale), rng=self.rng, dtype=dtype) for n, m in zip(dims[:-1], dims[1:])
        ]
        keeps_all = Dropout(keep=dropout).keep == 1
        self.layers = [
            Layer(
                part,
                BatchNorm1d(width, dtype=dtype) if use_batchnorm else None,
                None if keeps_all else Dropout(keep=dropout, rng=self.rng),
            )
            for part, width in zip(affine[:-1], dims[1:-1])
        ]
        self.scores = affine[-1]
        params: dict[str, Parameter] = {}
        for i, layer in enumerate(self.layers, 1):
            layer.name = f"layer{i}"
            params |= {f"W{i}": layer.affine.weight, f"b{i}": layer.affine.bias}
            if layer.norm is not None:
                params |= {f"gamma{i}": layer.norm.gamma, f"beta{i}": layer.norm.beta}
        last = len(dims) - 1
        self.scores.name = f"layer{last}"
        params |= {f"W{last}": self.scores.weight, f"b{last}": self.scores.bias}
        for name, parameter in params.items():
            parameter.name = name
        self.params = Params(params)

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """The course's names: W1, b1, gamma1, beta1, W2, ... What a subclass adds has its path."""
        names = {id(parameter): name for name, parameter in self.params.items()}
        return ((names.get(id(parameter), path), parameter) for path, parameter in super().named_parameters())

    def named_buffers(self) -> Iterator[tuple[str, np.ndarray]]:
        """running_mean1, running_var1, ... What a subclass adds has its path."""
        norms = [(i, layer.norm) for i, layer in enumerate(self.layers, 1) if layer.norm is not None]
        names = {id(norm.running_mean): f"running_mean{i}" for i, norm in norms}
        names |= {id(norm.running_var): f"running_var{i}" for i, norm in norms}
        return ((names.get(id(buffer), path), buffer) for path, buffer in super().named_buffers())

    def forward(self, X: Any, dropout_masks: Sequence[np.ndarray] | None = None) -> Tensor:
        """Scores (N, num_classes) of examples X (N, d1, ..., dk).

        dropout_masks  one boolean mask (N, width) for each hidden layer, true for what is kept, in place of drawn ones
        """
        if dropout_masks is not None:
            if self.config.get("dropout", 1.0) == 1:
                raise ArgumentError("dropout_masks: this net has no dropout; make it with dropout=keep, below 1")
            if len(dropout_masks) != len(self.layers):
                given, wanted = len(dropout_masks), len(self.layers)
                raise ArgumentError(f"dropout_masks: one for each of {wanted} layers; got {given}")
        x = X if isinstance(X, Tensor) else Tensor(X, dtype=self.dtype)
        for i, layer in enumerate(self.layers):
            x = layer(x, None if dropout_masks is None else dropout_masks[i])
        return self.scores(x)

    def objective(self, X: Any, y: Any, dropout_masks: Sequence[np.ndarray] | None = None) -> Tensor:
        """The recorded loss: mean cross-entropy of labels y (N,), plus the L2 penalty. A scalar to go backward from."""
        loss = ops.softmax_loss(self(X, dropout_masks), np.asarray(y))
        if self.reg:
            for name, parameter in self.params.items():
                if name.startswith("W"):
                    loss = loss + 0.5 * self.reg * (parameter * parameter).sum()
        return loss

    def loss(self, X: Any, y: Any = None, dropout_masks: Sequence[np.ndarray] | None = None) -> Any:
        """Without y, scores as an array, in test mode. With y, ``(loss, grads)`` in training mode.

        The loss is a float, and ``grads`` has an array for each name in ``params``, but for those of parameters that do
        not require gradients. Leaves every ``grad`` alone, and the modes as they were.
        """
        modes = [(module, module.training) for module in self.modules()]
        self.train(y is not None)
        try:
            if y is None:
                with no_grad():
                    return self(X).numpy()
            with enable_grad():
                loss = self.objective(X, y, dropout_masks)
        finally:
            for module, mode in modes:
                module.training = mode
        nodes = {name: parameter.node for name, parameter in self.params.items() if parameter.requires_grad}
        if not nodes:
            return loss.item(), {}
        found: dict[Node, Any] = {}
        seed = {loss.node: np.ones_like(loss.data)}
        propagate(seed, retain=False, record=False, wanted=set(nodes.values()), arrive=found.__setitem__)
        return loss.item(), {name: np.asarray(found[node]) for name, node in nodes.items()}


class TwoLayerNet(FullyConnectedNet):
    """affine - relu - affine - softmax, with the course's defaults. ``params`` has W1, b1, W2, b2."""

    def __init__(
        self,
        input_dim: int = 3 * 32 * 32,
        hidden_dim: int = 100,
        num_classes: int = 10,
        weight_scale: float = 1e-3,
        reg: float = 0.0,
        dtype: Any = np.float32,
        seed: int | None = None,
    ) -> None:
        super().__init__(
            [hidden_dim], input_dim, num_classes, reg=reg, weight_scale=weight_scale, dtype=dtype, seed=seed
        )
        del self.config["hidden_dims"], self.config["dropout"], self.config["use_batchnorm"]
        self.config["hidden_dim"] = int(hidden_dim)
