"""Made by tools/make_stub.py, do not edit: the operators of Tensor, and the methods that ops attach to it."""

from collections.abc import Callable, Iterable
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike

from .tensor import Tensor

class Attached:
    def __add__(self, other: Any) -> Tensor: ...
    def __radd__(self, other: Any) -> Tensor: ...
    def __iadd__(self, other: Any) -> Self: ...
    def __sub__(self, other: Any) -> Tensor: ...
    def __rsub__(self, other: Any) -> Tensor: ...
    def __isub__(self, other: Any) -> Self: ...
    def __mul__(self, other: Any) -> Tensor: ...
    def __rmul__(self, other: Any) -> Tensor: ...
    def __imul__(self, other: Any) -> Self: ...
    def __truediv__(self, other: Any) -> Tensor: ...
    def __rtruediv__(self, other: Any) -> Tensor: ...
    def __itruediv__(self, other: Any) -> Self: ...
    def __floordiv__(self, other: Any) -> Tensor: ...
    def __rfloordiv__(self, other: Any) -> Tensor: ...
    def __ifloordiv__(self, other: Any) -> Self: ...
    def __mod__(self, other: Any) -> Tensor: ...
    def __rmod__(self, other: Any) -> Tensor: ...
    def __imod__(self, other: Any) -> Self: ...
    def __pow__(self, other: Any) -> Tensor: ...
    def __rpow__(self, other: Any) -> Tensor: ...
    def __ipow__(self, other: Any) -> Self: ...
    def __matmul__(self, other: Any) -> Tensor: ...
    def __rmatmul__(self, other: Any) -> Tensor: ...
    def __imatmul__(self, other: Any) -> Self: ...
    def __and__(self, other: Any) -> Tensor: ...
    def __rand__(self, other: Any) -> Tensor: ...
    def __iand__(self, other: Any) -> Self: ...
    def __or__(self, other: Any) -> Tensor: ...
    def __ror__(self, other: Any) -> Tensor: ...
    def __ior__(self, other: Any) -> Self: ...
    def __xor__(self, other: Any) -> Tensor: ...
    def __rxor__(self, other: Any) -> Tensor: ...
    def __ixor__(self, other: Any) -> Self: ...
    def __lshift__(self, other: Any) -> Tensor: ...
    def __rlshift__(self, other: Any) -> Tensor: ...
    def __ilshift__(self, other: Any) -> Self: ...
    def __rshift__(self, other: Any) -> Tensor: ...
    def __rrshift__(self, other: Any) -> Tensor: ...
    def __irshift__(self, other: Any) -> Self: ...
    def __lt__(self, other: Any) -> Tensor: ...
    def __le__(self, other: Any) -> Tensor: ...
    def __gt__(self, other: Any) -> Tensor: ...
    def __ge__(self, other: Any) -> Tensor: ...
    def __eq__(self, other: Any) -> Tensor: ...  # type: ignore[override]
    def __ne__(self, other: Any) -> Tensor: ...  # type: ignore[override]
    def __neg__(self) -> Tensor: ...
    def __pos__(self) -> Tensor: ...
    def __abs__(self) -> Tensor: ...
    def __invert__(self) -> Tensor: ...
    @property
    def device(self) -> Any:
        """Where the elements are: on the CPU."""
    @property
    def flags(self) -> Any:
        """How the elements are laid out in memory."""
    @property
    def imag(self) -> Any:
        """The imaginary part."""
    @property
    def itemsize(self) -> Any:
        """Length of an element in bytes."""
    @property
    def mT(self) -> Any:
        """The tensor with its last two axes exchanged."""
    @property
    def nbytes(self) -> Any:
        """Length of all elements in bytes."""
    @property
    def real(self) -> Any:
        """The real part."""
    @property
    def strides(self) -> Any:
        """Bytes from an element to the next, along each axis."""
    def __array_function__(self, func: Callable, types: Any, args: tuple, kwargs: dict) -> Any: ...
    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        """The functions that work on tensors by the Array API standard: ``tensorgraph.array_api``."""
    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any: ...
    def __divmod__(self, other: Any) -> Tensor:
        """The quotient rounded down, without a gradient, and the remainder."""
    def __getitem__(self, index: Any) -> Tensor: ...
    def __rdivmod__(self, other: Any) -> Tensor:
        """The same of another number or array by this tensor."""
    def __setitem__(self, index: Any, value: Any) -> None: ...
    def all(self, axis: int | tuple[int, ...] | None = None, out: Any = None, keepdims: bool = False, *, where: Any = True) -> Tensor:
        """Whether every element is not zero, of all or along axes."""
    def any(self, axis: int | tuple[int, ...] | None = None, out: Any = None, keepdims: bool = False, *, where: Any = True) -> Tensor:
        """Whether an element is not zero, of all or along axes."""
    def argmax(self, axis: int | tuple[int, ...] | None = None, out: Any = None, *, keepdims: bool = False) -> Tensor:
        """Index of the largest element, of all or along an axis."""
    def argmin(self, axis: int | tuple[int, ...] | None = None, out: Any = None, *, keepdims: bool = False) -> Tensor:
        """Index of the smallest element, of all or along an axis."""
    def argpartition(self, kth: Any, axis: int | tuple[int, ...] | None = -1, kind: Any = 'introselect', order: str | None = None) -> Tensor:
        """Indices that bring the element ``kth`` to its place in the order, with smaller ones before it."""
    def argsort(self, axis: int | tuple[int, ...] | None = -1, kind: Any = None, order: str | None = None, *, stable: Any = None) -> Tensor:
        """Indices that sort the elements along an axis."""
    def astype(self, dtype: DTypeLike, order: str = 'K', casting: Any = 'unsafe', subok: Any = True, copy: Any = True) -> Tensor:
        """The values in another dtype. With ``copy=False``, the tensor itself where it has that dtype already."""
    def backward(self, gradient: Any = None, retain_graph: bool | None = None, create_graph: bool = False, inputs: Iterable[Tensor] | Tensor | None = None) -> None:
        """Add the gradient of this tensor with respect to each leaf to the leaf's ``grad``."""
    def choose(self, choices: Any, out: Any = None, mode: Any = 'raise') -> Tensor:
        """For each element, an integer, the element at the same place of the choice that it numbers."""
    def clip(self, min: Any = None, max: Any = None, out: Any = None) -> Tensor:
        """Elements limited to [min, max]; None is no limit."""
    def compress(self, condition: Any, axis: int | tuple[int, ...] | None = None, out: Any = None) -> Tensor:
        """The slices along an axis for which a condition holds."""
    def conj(self) -> Tensor:
        """The complex conjugate; of a real tensor the tensor itself."""
    def conjugate(self) -> Tensor:
        """The complex conjugate."""
    def copy(self, order: str = 'C') -> Tensor:
        """The same values in memory of their own; gradients flow through."""
    def cumprod(self, axis: int | tuple[int, ...] | None = None, dtype: DTypeLike | None = None, out: Any = None) -> Tensor:
        """Products of the elements so far, along an axis or of all in one axis."""
    def cumsum(self, axis: int | tuple[int, ...] | None = None, dtype: DTypeLike | None = None, out: Any = None) -> Tensor:
        """Sums of the elements so far, along an axis or of all in one axis."""
    def diagonal(self, offset: Any = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
        """The diagonals of the matrices that two axes span."""
    def dot(self, b: Any) -> Tensor:
        """NumPy's dot: the last axis of ``a`` with the last axis but one of ``b`` (its only axis, if it has one)."""
    def exp(self) -> Tensor:
        """Exponential."""
    def fill(self, value: Any) -> None:
        """Write one value everywhere."""
    def flatten(self, order: str = 'C') -> Tensor:
        """All elements in one axis, in memory of their own."""
    def log(self) -> Tensor:
        """Natural logarithm."""
    def logsumexp(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Tensor:
        """Logarithm of the sum of exponentials over axes, without overflow."""
    def max(self, axis: int | tuple[int, ...] | None = None, out: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Tensor:
        """Largest element over axes. At a tie the gradient is split evenly."""
    def mean(self, axis: int | tuple[int, ...] | None = None, dtype: DTypeLike | None = None, out: Any = None, keepdims: bool = False, *, where: Any = True) -> Tensor:
        """Arithmetic mean over axes."""
    def min(self, axis: int | tuple[int, ...] | None = None, out: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Tensor:
        """Smallest element over axes. At a tie the gradient is split evenly."""
    def nonzero(self) -> tuple[Tensor, ...]:
        """The places of the elements that are not zero: an array for each axis."""
    def partition(self, kth: Any, axis: int | tuple[int, ...] | None = -1, kind: Any = 'introselect', order: str | None = None) -> None:
        """Bring the element ``kth`` to its place in the order along an axis, in place."""
    def prod(self, axis: int | tuple[int, ...] | None = None, dtype: DTypeLike | None = None, out: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Tensor:
        """Product of elements over axes. Its gradient is exact where elements are zero, at every order."""
    def ptp(self, axis: int | tuple[int, ...] | None = None, out: Any = None, keepdims: bool = False) -> Tensor:
        """Range of values over axes: largest minus smallest."""
    def put(self, indices: Any, values: Any, mode: Any = 'raise') -> None:
        """Write values at these places of all elements in one axis."""
    def ravel(self, order: str = 'C') -> Tensor:
        """All elements in one axis, in the order given: 'C', 'F', 'A' or 'K', the order in memory."""
    def repeat(self, repeats: Any, axis: int | tuple[int, ...] | None = None) -> Tensor:
        """Each element as often as ``repeats`` says."""
    def reshape(self, *shape: Any, order: str = 'C', copy: Any = None) -> Tensor:
        """The same elements in another shape: ``t.reshape(2, 3)`` or ``t.reshape((2, 3))``."""
    def round(self, decimals: Any = 0, out: Any = None) -> Tensor:
        """The elements rounded to so many decimals: a step, through which no gradient flows."""
    def searchsorted(self, v: Any, side: Any = 'left', sorter: Any = None) -> Tensor:
        """Where elements would go in a sorted tensor."""
    def sort(self, axis: int | tuple[int, ...] | None = -1, kind: Any = None, order: str | None = None, *, stable: Any = None) -> None:
        """Sort the elements along an axis, in place."""
    def sqrt(self) -> Tensor:
        """Square root."""
    def squeeze(self, axis: int | tuple[int, ...] | None = None) -> Tensor:
        """Drop axes of length 1: all of them, or those named."""
    def std(self, axis: int | tuple[int, ...] | None = None, dtype: DTypeLike | None = None, out: Any = None, ddof: int = 0, keepdims: bool = False, *, where: Any = True, mean: Any = None, correction: Any = None) -> Tensor:
        """Standard deviation over axes: the square root of the variance. Of equal values its gradient is 0."""
    def sum(self, axis: int | tuple[int, ...] | None = None, dtype: DTypeLike | None = None, out: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Tensor:
        """Sum of elements over axes."""
    def swapaxes(self, axis1: int, axis2: int) -> Tensor:
        """Exchange two axes."""
    def take(self, indices: Any, axis: int | tuple[int, ...] | None = None, out: Any = None, mode: Any = 'raise') -> Tensor:
        """The elements at these indices along an axis, or of all elements in one axis."""
    def tanh(self) -> Tensor:
        """Hyperbolic tangent."""
    def to_device(self, device: str, *, stream: None = None) -> Tensor:
        """The tensor itself: all tensors are on the CPU."""
    def tobytes(self, order: str = 'C') -> Tensor:
        """The values as bytes."""
    def trace(self, offset: Any = 0, axis1: int = 0, axis2: int = 1, dtype: DTypeLike | None = None, out: Any = None) -> Tensor:
        """The sums of these diagonals."""
    def transpose(self, *axes: Any) -> Tensor:
        """The axes in another order: ``t.transpose(1, 0)``, ``t.transpose((1, 0))``, or reversed."""
    def var(self, axis: int | tuple[int, ...] | None = None, dtype: DTypeLike | None = None, out: Any = None, ddof: int = 0, keepdims: bool = False, *, where: Any = True, mean: Any = None, correction: Any = None) -> Tensor:
        """Variance over axes: the mean square distance from the mean, with ``ddof`` taken off the count."""
