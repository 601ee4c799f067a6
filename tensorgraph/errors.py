"""The exceptions of tensorgraph. Every message says what happened, where, the shapes, and the next step.

::

    TensorGraphError
    ├── DefinitionError (TypeError)            an op was defined in a way that cannot work
    ├── RuleError (RuntimeError)               a backward rule returned something that is not a gradient
    ├── ArgumentError (ValueError)             an argument has a value that is not allowed
    │   ├── ShapeError                         shapes do not fit together
    │   ├── IndexingError (IndexError)         an index or an axis is out of bounds
    │   └── MatrixError (np.linalg.LinAlgError) a matrix has not the property that is needed: it is singular, ...
    ├── DTypeError (TypeError)                 a dtype is not allowed here
    ├── NotDifferentiableError (TypeError)     a gradient is asked of an input that has no rule
    ├── UnsupportedFunctionError (TypeError)   a NumPy function, or a form of its call, has no rule
    ├── TrackedTensorError (RuntimeError)      a tensor on a graph is used where only its values may go
    ├── BackwardError (RuntimeError)           backward cannot start or go on
    │   ├── FreedGraphError                    the graph was already used and freed
    │   └── OverwrittenError                   an array that an op saved was written into afterwards
    ├── NonFiniteError (ArithmeticError)       debug() saw the first NaN or Inf
    ├── GradientCheckError (AssertionError)    an analytic gradient differs from the numerical one
    ├── DataError (ValueError)                 a data set is malformed
    ├── CheckpointError (ValueError)           a checkpoint or a state dict does not fit
    ├── FileError (OSError)                    a file or folder cannot be read or written
    └── MissingDependencyError (ImportError)   an optional package or program is not installed
"""

from __future__ import annotations

from numpy.linalg import LinAlgError


class TensorGraphError(Exception):
    """The root of every error that tensorgraph raises on purpose."""


class DefinitionError(TensorGraphError, TypeError):
    """An op was defined in a way that cannot work: a rule names something that the engine cannot give it.

    >>> import tensorgraph as tg
    >>> @tg.op()
    ... def double(x): return 2 * x
    >>> double.grad("x")(lambda g, z: 2 * g)
    Traceback (most recent call last):
    tensorgraph.errors.DefinitionError: double: the rule for x asks for 'z'; it may ask for g, x, x_shape, out

    The fix: name the parameters of a rule after what it uses.
    """


class RuleError(TensorGraphError, RuntimeError):
    """A backward rule returned something that is not a gradient of its input: a wrong shape, dtype or type.

    The fix is in the rule of the op that is named; ``tensorgraph.testing.check_op`` finds such mistakes.
    """


class ArgumentError(TensorGraphError, ValueError):
    """An argument has a value that is not allowed; the message says which values are.

    >>> import tensorgraph as tg
    >>> tg.nn.Dropout(keep=0)
    Traceback (most recent call last):
    tensorgraph.errors.ArgumentError: Dropout: keep is the probability to keep an activation, in (0, 1]; got 0
    """


class ShapeError(ArgumentError):
    """Shapes do not fit together.

    >>> import numpy as np, tensorgraph as tg
    >>> tg.affine(np.zeros((2, 3)), np.zeros((4, 5)), np.zeros(5))
    Traceback (most recent call last):
    tensorgraph.errors.ShapeError: affine: x has 3 columns but weight has 4 rows
      x       (2, 3) float64
      weight  (4, 5) float64
      bias    (5,) float64
    """


class IndexingError(ArgumentError, IndexError):
    """An index or an axis is out of bounds, or of a kind that cannot index an array.

    >>> import tensorgraph as tg
    >>> tg.Tensor([1.0, 2.0])[2]
    Traceback (most recent call last):
    tensorgraph.errors.IndexingError: getitem: index 2 is out of bounds for axis 0 with size 2
      x      (2,) float64
    """


class MatrixError(ArgumentError, LinAlgError):
    """A matrix has not the property that is needed: it is singular, not positive definite, or has equal eigenvalues.

    >>> import numpy as np, tensorgraph as tg
    >>> np.linalg.inv(tg.Tensor([[1.0, 2.0], [2.0, 4.0]]))
    Traceback (most recent call last):
    tensorgraph.errors.MatrixError: inv: Singular matrix
      a  (2, 2) float64
    """


class DTypeError(TensorGraphError, TypeError):
    """A dtype is not allowed here.

    >>> import tensorgraph as tg
    >>> tg.Tensor([1, 2], requires_grad=True)
    Traceback (most recent call last):
    tensorgraph.errors.DTypeError: Tensor: only floating point and complex tensors can require gradients; got int64. \
Give floats, or dtype=float
    """


class NotDifferentiableError(TensorGraphError, TypeError):
    """A gradient is asked of an input that has no rule. The fix: ``detach()`` the tensor, or add the rule."""


class UnsupportedFunctionError(TensorGraphError, TypeError):
    """A NumPy function, or a form of its call, has no rule. The message names what to use instead."""


class UnsupportedAttributeError(TensorGraphError, AttributeError):
    """A method or an attribute of arrays that tensors do not have. The message names what to use instead.

    >>> import tensorgraph as tg
    >>> tg.Tensor([1.0, 2.0]).resize(3)
    Traceback (most recent call last):
    tensorgraph.errors.UnsupportedAttributeError: t.resize: a tensor does not change its size. Use np.resize(t, \
shape), np.pad or t[...], which give a new one
    """


class TrackedTensorError(TensorGraphError, RuntimeError):
    """A tensor on a graph is used where only its values may go.

    >>> import numpy as np, tensorgraph as tg
    >>> np.asarray(tg.Tensor([1.0], requires_grad=True))
    Traceback (most recent call last):
    tensorgraph.errors.TrackedTensorError: a tensor on a graph was about to become a plain array, which would \
silently lose its gradient. Use .numpy() or .detach() to take its values on purpose, and np.stack to join \
tensors of a list
    """


class BackwardError(TensorGraphError, RuntimeError):
    """Backward cannot start or go on.

    >>> import tensorgraph as tg
    >>> tg.Tensor([1.0]).backward()
    Traceback (most recent call last):
    tensorgraph.errors.BackwardError: backward: this tensor is on no graph: no input of it requires gradients, \
or it was computed under no_grad() or detach()
    """


class FreedGraphError(BackwardError):
    """A second backward went through a graph whose saved arrays the first one released.

    >>> import tensorgraph as tg
    >>> loss = (tg.Tensor([3.0], requires_grad=True) ** 2).sum()
    >>> loss.backward()
    >>> loss.backward()
    Traceback (most recent call last):
    tensorgraph.errors.FreedGraphError: backward: the graph behind 'sum' was freed by an earlier backward. \
Call the earlier one with retain_graph=True, or compute the forward again
    """


class OverwrittenError(BackwardError):
    """An array that an op saved for its backward rule was written into after the op ran."""


class NonFiniteError(TensorGraphError, ArithmeticError):
    """Under ``debug()``, an op made the first NaN or Inf; the message names the op and where it was called."""


class GradientCheckError(TensorGraphError, AssertionError):
    """An analytic gradient differs from the numerical one, or an op fails another check of ``check_op``.

    The message names the input, the index and both values, or the op, the check and the sample.
    """


class DataError(TensorGraphError, ValueError):
    """A data set is malformed: a missing key, labels that are not classes, NaN, examples that do not match labels."""


class CheckpointError(TensorGraphError, ValueError):
    """A checkpoint or state dict is damaged, or does not fit the module or optimizer it is loaded into."""


class FileError(TensorGraphError, OSError):
    """A file cannot be read or written; the message names it, the reason, and what to do. Nothing is half-written.

    >>> from tensorgraph.files import atomic_write
    >>> atomic_write("no/such/folder/notes.txt", "words")
    Traceback (most recent call last):
    tensorgraph.errors.FileError: cannot write no/such/folder/notes.txt: the folder ... does not exist. Make it first
    """


class MissingDependencyError(TensorGraphError, ImportError):
    """An optional package or program is not installed; the message names the extra to install."""
