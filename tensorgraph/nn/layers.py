"""The layers of a fully connected net as modules: thin holders of parameters around ops."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import ops
from ..core import Tensor
from ..core.replay import generator, once
from ..errors import ArgumentError, ShapeError
from .init import Initializer, kaiming_uniform, zeros
from .module import Module, Parameter


class Linear(Module):
    """Affine map: ``x @ weight + bias``, each example of x flattened to a row.

    in_features   D, the length of a flattened example
    out_features  M
    init          how the weight (D, M) starts; the bias (M,) starts at 0
    rng           Generator, or a seed, that init draws from
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        init: Initializer = kaiming_uniform,
        rng: np.random.Generator | int | None = None,
        dtype: Any = np.float32,
    ) -> None:
        _require_widths("Linear", in_features=in_features, out_features=out_features)
        rng = np.random.default_rng(rng)
        self.weight = Parameter(init((in_features, out_features), rng, dtype))
        self.bias = Parameter(zeros((out_features,), rng, dtype))

    def forward(self, x: Any) -> Tensor:
        """x (N, d1, ..., dk) with d1 * ... * dk = D; gives (N, M)."""
        return ops.affine(x, self.weight, self.bias)


class BatchNorm1d(Module):
    """Batch normalization of the columns of (N, D): by the batch in training mode, by running statistics in test mode.

    momentum  the share that the running statistics keep of themselves:
              ``running = momentum * running + (1 - momentum) * batch`` (PyTorch's momentum is 1 minus this one)

    The variance is the biased one, in both modes. Source: Ioffe and Szegedy (2015).
    """

    def __init__(self, features: int, *, momentum: float = 0.9, eps: float = 1e-5, dtype: Any = np.float32) -> None:
        _require_widths("BatchNorm1d", features=features)
        if not 0 <= momentum <= 1:
            raise ArgumentError(f"BatchNorm1d: momentum is a share in [0, 1]; got {momentum}")
        if not eps > 0:
            raise ArgumentError(f"BatchNorm1d: eps must be positive; got {eps}")
        self.momentum, self.eps = momentum, eps
        self.gamma = Parameter(np.ones(features, dtype))
        self.beta = Parameter(np.zeros(features, dtype))
        self.running_mean = np.zeros(features, dtype)
        self.running_var = np.ones(features, dtype)

    def forward(self, x: Any) -> Tensor:
        """x (N, D), in training mode with N > 1; gives (N, D)."""
        if not self.training:
            return ops.batchnorm_test(x, self.gamma, self.beta, self.running_mean, self.running_var, self.eps)
        out, mean, var = ops.batchnorm(x, self.gamma, self.beta, self.eps)
        once(lambda: self._update(mean, var))
        return out

    def _update(self, mean: np.ndarray, var: np.ndarray) -> None:
        self.running_mean = self._blend(self.running_mean, mean)
        self.running_var = self._blend(self.running_var, var)

    def _blend(self, running: np.ndarray, batch: np.ndarray) -> np.ndarray:
        """A new array, because the old one may be saved for a backward; in its dtype, whatever that of the batch."""
        return (self.momentum * running + (1 - self.momentum) * batch).astype(running.dtype, copy=False)


class ReLU(Module):
    """max(x, 0)."""

    def forward(self, x: Any) -> Tensor:
        """x of any shape."""
        return ops.relu(_tensor(x))


class Dropout(Module):
    """Inverted dropout: in training mode each activation stays with probability ``keep``, scaled by 1 / keep.

    rng  Generator, or a seed, that masks are drawn from; NumPy's global random state is never touched

    >>> import numpy as np, tensorgraph as tg
    >>> layer = tg.nn.Dropout(keep=0.5)
    >>> layer(np.ones((1, 4)), mask=np.array([[True, False, True, True]])).tolist()
    [[2.0, 0.0, 2.0, 2.0]]
    >>> layer.eval()(np.ones((1, 4))).tolist()
    [[1.0, 1.0, 1.0, 1.0]]
    """

    def __init__(self, *, keep: float, rng: np.random.Generator | int | None = None) -> None:
        if not 0 < keep <= 1:
            raise ArgumentError(f"Dropout: keep is the probability to keep an activation, in (0, 1]; got {keep}")
        self.keep = keep
        self.rng = np.random.default_rng(rng)
        if isinstance(self.rng.bit_generator, np.random.MT19937):
            raise ArgumentError("Dropout: masks need a bit generator of 64-bit words, such as PCG64; got MT19937")

    def forward(self, x: Any, mask: np.ndarray | None = None) -> Tensor:
        """x of any shape. A boolean ``mask`` of that shape, true for what is kept, takes the place of a drawn one."""
        x = _tensor(x)
        if not self.training or self.keep == 1:
            return ops.identity(x)
        if mask is None:
            mask = draw_keep_mask(x.shape, self.keep, generator(self.rng))
        elif np.shape(mask) != x.shape or np.asarray(mask).dtype != bool:
            raise ShapeError(
                f"Dropout: a mask is boolean, true for what is kept, of the shape of its input {x.shape}; "
                f"got {np.shape(mask)} {np.asarray(mask).dtype}"
            )
        scale = 1 / self.keep
        return ops.dropout(x, mask * (x.dtype.type(scale) if x.dtype.kind in "fc" else scale))


def draw_keep_mask(shape: tuple[int, ...], keep: float, rng: np.random.Generator) -> np.ndarray:
    """Booleans, true with probability ``keep`` to a precision of 1 / 65536: 16 random bits an element.

    Raw words of the bit generator take a third of the time of ``rng.random``; a bit generator gives 64 bits a word,
    but for MT19937, which ``Dropout`` refuses.
    """
    count = math.prod(shape)
    words = rng.bit_generator.random_raw(-(-count // 4)).view(np.uint16)
    return (words[:count] < round(keep * (1 << 16))).reshape(shape)


class Sequential(Module):
    """Modules one after the other.

    >>> import numpy as np, tensorgraph as tg
    >>> net = tg.nn.Sequential(tg.nn.Linear(4, 8, rng=0), tg.nn.ReLU(), tg.nn.Linear(8, 2, rng=1))
    >>> net(np.ones((5, 4), np.float32)).shape
    (5, 2)
    """

    def __init__(self, *parts: Module) -> None:
        self.parts = list(parts)

    def forward(self, x: Any) -> Any:
        """What the first part takes; gives what the last one gives."""
        for part in self.parts:
            x = part(x)
        return x

    def __len__(self) -> int:
        return len(self.parts)

    def __getitem__(self, i: int) -> Module:
        return self.parts[i]


def _tensor(x: Any) -> Tensor:
    return x if isinstance(x, Tensor) else Tensor(x)


def _require_widths(name: str, **widths: int) -> None:
    for width, n in widths.items():
        if not isinstance(n, int | np.integer) or n < 1:
            raise ArgumentError(f"{name}: {width} is a whole number of at least 1; got {n!r}")
