"""The exponential of matrices."""

from __future__ import annotations

import numpy as np

from ..core import op
from ..errors import MissingDependencyError, ShapeError, UnsupportedFunctionError
from .matrices import transposed


@op()
def expm(a):
    """The exponential of each square matrix: 1 + a + a @ a / 2 + ...

    a  square matrices, the last two axes: a tensor or an array of any dtype of floating point or complex numbers

    Its gradient is the derivative of the exponential of the transpose, which stands in the exponential of a matrix of
    twice the size. Source: Van Loan, Computing integrals involving the matrix exponential, 1978; Higham, Functions of
    Matrices, section 10.6.

    Raises MissingDependencyError without SciPy, whose ``scipy.linalg.expm`` gives the values; ShapeError for what is
    not square.

    >>> import numpy as np, tensorgraph as tg
    >>> turn = tg.Tensor([[0.0, -np.pi], [np.pi, 0.0]], requires_grad=True)
    >>> tg.expm(turn).numpy().round(6) + 0.0
    array([[-1.,  0.],
           [ 0., -1.]])
    """
    if not isinstance(a, np.ndarray):
        raise UnsupportedFunctionError(f"expm: SciPy computes it, of NumPy arrays only; got {type(a).__name__}")
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise ShapeError("expm: takes square matrices, the last two axes")
    try:
        from scipy.linalg import expm as values
    except ImportError as error:
        raise MissingDependencyError("expm: needs SciPy: pip install 'tensorgraph[scipy]'") from error
    return values(a)


@expm.grad("a")
def expm_da(g, a):
    n = a.shape[-1]
    a = transposed(a)
    upper = np.concatenate([a, g], axis=-1)
    lower = np.concatenate([np.zeros_like(a), a], axis=-1)
    return expm(np.concatenate([upper, lower], axis=-2))[..., :n, n:]


@expm.samples
def _(n, draw):
    yield (draw(n, 3, 3),)
    yield (draw(2, n, n),)
    yield (draw(2, 2),)
