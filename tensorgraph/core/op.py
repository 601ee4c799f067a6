"""Op: a pure forward function, the backward rules of its inputs, and samples to test it on.

A rule's parameter names are its retention contract: ``g`` first (the gradient of the output), then any of the
forward's own parameters, ``<parameter>_shape``, ``out``, and the residuals that the forward returns besides. The engine
keeps alive exactly what the rules that will run do name.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..config import current
from ..errors import (
    ArgumentError,
    DefinitionError,
    DTypeError,
    IndexingError,
    MatrixError,
    NotDifferentiableError,
    ShapeError,
    TensorGraphError,
)
from .memory import MEMORIES, aside, memory_of, near_owner
from .node import Node, clock
from .plan import IN_C_ORDER, UNKNOWN, Plan
from .tensor import Tensor
from .wording import described, names_of

_WEAK = frozenset({np.ndarray, np.bool_, *np.sctypeDict.values()})  # may be a scalar that must not widen a dtype
_USUAL = frozenset({bool, int, float, complex, str, slice, tuple, list, type, type(None), type(...)})
MOST_PLANS = 64  # that an op remembers
_OBJECT = np.dtype(object)
_new = object.__new__


class Op:
    """A differentiable operation. Calling it on tensors records a node; on plain arrays it *is* its forward.

    Made by the decorators ``op`` and ``ufunc``; rules are added with ``grad``, test inputs with ``samples``.
    """

    def __init__(
        self, forward: Callable, name: str, *, params: str = "x y", saves: str = "", aux: str = "", fused: bool = False
    ) -> None:
        self.forward, self.name, self.fused = forward, name, fused
        self.saves, self.aux = tuple(saves.split()), tuple(aux.split())
        self.rules: dict[tuple[str, ...], tuple[Callable, list[str]]] = {}
        self.consuming: set[tuple[str, ...]] = set()
        self.adders: dict[tuple[str, ...], Callable] = {}
        self.sampler: Callable | None = None
        self.branch: Callable | None = None
        self.__doc__ = forward.__doc__
        self.__name__ = self.__qualname__ = name
        self.__module__ = getattr(forward, "__module__", "scipy.special")  # whose ufuncs have none
        self.plans: dict[int, Plan] = {}
        self.reasons: dict[str, str] = {}  # for an input without a rule: why it has none, and what to do
        self._read_signature(params.split())

    def _read_signature(self, names_of_ufunc: list[str]) -> None:
        kinds = inspect.Parameter
        if isinstance(self.forward, np.ufunc):
            parameters = [kinds(n, kinds.POSITIONAL_ONLY) for n in names_of_ufunc[: self.forward.nin]]
        else:
            self.__signature__ = inspect.signature(self.forward)
            parameters = list(self.__signature__.parameters.values())
        if any(p.kind is kinds.VAR_KEYWORD for p in parameters):
            raise DefinitionError(f"{self.name}: an op's parameters must have names; **{parameters[-1].name} has none")
        self.params = [p.name for p in parameters]
        self.defaults = {p.name: p.default for p in parameters if p.default is not kinds.empty}
        self.variadic = next((p.name for p in parameters if p.kind is kinds.VAR_POSITIONAL), None)
        if self.variadic and self.params[0] != self.variadic:
            raise DefinitionError(f"{self.name}: *{self.variadic} must come first, settings after it by keyword")
        self._settings = [p.name for p in parameters if p.kind is kinds.KEYWORD_ONLY]
        self._arity = -1 if self.variadic else len(self.params)
        self._usual = _USUAL - {tuple, list} if isinstance(self.forward, np.ufunc) else _USUAL
        self._run = self._with_settings if self._settings else self.forward
        clash = set(self.params) & {"g", "out", *self.saves}
        if clash or len(set(self.saves)) < len(self.saves):
            twice = sorted(clash) or self.saves
            raise DefinitionError(f"{self.name}: the names {twice} would mean two things to a rule")

    def _with_settings(self, *frame: Any) -> Any:
        cut = len(frame) - len(self._settings)
        return self.forward(*frame[:cut], **dict(zip(self._settings, frame[cut:])))

    # The frame of a call: [*arguments, out, *residuals]

    def frame_slots(self, count: int) -> dict[str, int | range]:
        """Where each name a rule may ask for sits in the frame of a call with ``count`` arguments."""
        slots: dict[str, int | range] = {}
        if self.variadic:
            inputs = count - len(self._settings)
            slots[self.variadic] = range(inputs)
            slots |= {name: inputs + i for i, name in enumerate(self._settings)}
        else:
            slots |= {name: i for i, name in enumerate(self.params)}
        return slots | {name: count + i for i, name in enumerate(("out", *self.saves))}

    def frame_names(self, count: int) -> list[str]:
        """What a rule calls each place in the frame of such a call: the parts of a variadic input all alike."""
        names = [""] * self.frame_size(count)
        for name, at in self.frame_slots(count).items():
            for i in at if isinstance(at, range) else (at,):
                names[i] = name
        return names

    def frame_size(self, count: int) -> int:
        """How long the frame of a call with ``count`` arguments is."""
        return count + 1 + len(self.saves)

    # Definition

    def grad(self, *inputs: str, consumes: bool = False) -> Callable[[Callable], Callable]:
        """Register the backward rule of an input, or one joint rule that returns a tuple for several inputs.

        A rule that ``consumes`` may write into g and return it: it is given one that is its own. It runs last.
        """
        if unknown := [name for name in inputs if name not in self.params]:
            names = ", ".join(self.params)
            raise DefinitionError(f"{self.name}: has no input {unknown[0]!r}; its parameters are {names}")

        def register(rule: Callable) -> Callable:
            title = " and ".join(inputs)
            if taken := [i for i in inputs if any(i in others for others in self.rules if others != inputs)]:
                raise DefinitionError(f"{self.name}: there is already a rule for {taken[0]}")
            parameters = inspect.signature(rule).parameters
            first, *needs = parameters or ("",)
            if first != "g":
                raise DefinitionError(f"{self.name}: the first parameter of the rule for {title} must be g")
            allowed = [*(n for p in self.params for n in (p, f"{p}_shape")), "out", *self.saves]
            if unknown := [name for name in needs if name not in allowed]:
                raise DefinitionError(
                    f"{self.name}: the rule for {title} asks for {unknown[0]!r}; it may ask for g, {', '.join(allowed)}"
                )
            if by_name := [p.name for p in parameters.values() if p.kind is p.KEYWORD_ONLY]:
                raise DefinitionError(f"{self.name}: the rule for {title} takes {by_name[0]!r} by name only; drop *")
            self.rules[inputs] = rule, needs
            (self.consuming.add if consumes else self.consuming.discard)(inputs)
            self.adders.pop(inputs, None)
            self.plans.clear()
            return rule

        return register

    def adds(self, input: str) -> Callable[[Callable], Callable]:
        """Register a second form of the rule of an input, whose gradient is zero but for a part.

        It takes first the gradient ``into`` that the input has so far, then what the rule takes, and returns the sum,
        for which it may write into ``into``. So many small parts cost what they are, not the whole each. The rule
        itself must give an array of its own.
        """

        def register(adder: Callable) -> Callable:
            needs = list(inspect.signature(adder).parameters)
            if needs != ["into", "g", *self.rules[(input,)][1]]:
                expected = ", ".join(["into", "g", *self.rules[(input,)][1]])
                raise DefinitionError(f"{self.name}: what adds to the gradient of {input} takes ({expected})")
            self.adders[(input,)] = adder
            self.plans.clear()
            return adder

        return register

    def samples(self, sampler: Callable[..., Iterator]) -> Callable:
        """Register ``sampler(n, draw)``, which yields the calls that this op is tested on; n is the batch size."""
        self.sampler = sampler
        return sampler

    def branches(self, branch: Callable) -> Callable:
        """Register what tells the smooth pieces of the op apart: a function of the forward's parameters.

        Two points with equal results lie on one smooth piece, so a gradient check may step between them.
        """
        self.branch = branch
        return branch

    # Application

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if kwargs or len(args) != self._arity:
            args = self._bind(args, kwargs)
        frame, parents = [], []
        # key: a bit for each argument that requires gradients, after a leading 1
        key, boxed, odd, strange = 1, False, False, False
        usual = self._usual
        settled = not MEMORIES
        for value in args:
            if isinstance(value, Tensor):
                boxed = True
                data = value.data
                frame.append(data)
                node = value._node if settled else value.node
                parents.append(node)
                key += key
                if node is not None:
                    key += 1
                elif not data.ndim:
                    odd = True
            else:
                kind = type(value)
                if kind in _WEAK:
                    if not value.ndim:
                        odd = True
                elif kind not in usual:
                    odd = strange = True
                frame.append(value)
                parents.append(None)
                key += key
        if strange:  # an array type of a transform applies the op itself
            for value in args:
                if hasattr(value, "__apply_op__"):
                    return value.__apply_op__(self, args)
        if not boxed:
            return self._on_arrays(frame)
        mode = current()
        observer = mode.observer
        try:
            if odd:
                self._make_even(frame, args)
            out = self._run(*frame) if observer is None else observer.run(self, self._run, frame)
        except AttributeError as error:
            self._refuse_what_is_no_array(error, frame)
            raise
        except (TensorGraphError, ValueError, TypeError, IndexError, np.exceptions.AxisError) as error:
            raise self._explain(error, args) from error
        residuals = aux = ()
        if self.saves or self.aux:
            residuals, aux, out = self._parts(out)
        try:
            dtype, base = out.dtype, out.base
        except AttributeError:
            dtype, base = self._dtype_of(out), None
        if dtype is _OBJECT:
            raise DTypeError(f"{self.name}: the result would be an object array{described(self, args)}")

        result = _new(Tensor)
        result.data = out
        if mode.recording and key & (key - 1) and dtype.kind in "fc":
            plan = self.plans.get(key) or self.new_plan(key, parents, args)
            if base is not None or out is frame[0]:
                first = frame[0]
                if base is first or out is first or type(first) is np.ndarray and base is first.base:
                    plan = plan.view or plan.for_view_of(0)
                else:
                    plan = plan.for_view_of(_source(out, frame))
            frame.append(out)
            if residuals:
                frame += residuals
            for i in plan.shapes:
                frame.append(getattr(frame[i], "shape", ()))
            node = _new(Node)
            node.plan = plan
            node.parents = parents
            node.saved = plan.keep(frame) if plan.keep is not None else ()
            node.shape = out.shape
            node.dtype = dtype
            node.serial = clock()
            node.scope = mode.scope
            node.notes = None
            result._node = node
        else:
            result._node = None
            if not settled and memory_of(out) is not None:
                result.data = aside(out)
        if observer is not None:
            observer.operation(self, args, result)
        return (result, *aux) if aux else result

    def new_plan(self, key: int, parents: list, args: tuple) -> Plan:
        """The plan for a call in which these arguments have nodes; ``key`` has a bit for each, after a leading 1."""
        try:
            plan = Plan(self, [parent is not None for parent in parents])
        except NotDifferentiableError as error:
            if (observer := current().observer) is not None:
                observer.refused(self, args, error)
            raise
        if len(self.plans) >= MOST_PLANS:  # an op of any number of inputs can have any number of plans
            self.plans.clear()
        self.plans[key] = plan
        return plan

    def _on_arrays(self, frame: list) -> Any:
        try:
            out = self._run(*frame)
        except AttributeError as error:
            self._refuse_what_is_no_array(error, frame)
            raise
        except (TensorGraphError, ValueError, TypeError, IndexError, np.exceptions.AxisError) as error:
            raise self._explain(error, frame) from error
        if not self.saves and not self.aux:
            return out
        _, aux, out = self._parts(out)
        return (out, *aux) if aux else out

    def _dtype_of(self, out: Any) -> Any:
        """The dtype of an array that does not show its memory, or an error for what is none."""
        try:
            return out.dtype
        except AttributeError:
            raise DefinitionError(f"{self.name}: the forward must return an array, not {type(out).__name__}") from None

    def _parts(self, results: Any) -> tuple:
        """What the forward returned, as residuals, aux, and the output."""
        cut = 1 + len(self.saves)
        if not isinstance(results, tuple) or len(results) != cut + len(self.aux):
            raise DefinitionError(
                f"{self.name}: the forward must return a tuple (out, {', '.join((*self.saves, *self.aux))}); "
                f"it returned {len(results) if isinstance(results, tuple) else type(results).__name__}"
            )
        return results[1:cut], results[cut:], results[0]

    def _make_even(self, frame: list, args: tuple) -> None:
        """Bring arguments beside a tensor to what rules can work with.

        A NumPy scalar or 0-d array counts as the Python number it holds: it never widens the dtype. So does a tensor
        that is a count, where it meets floating point numbers in a ufunc. A subclass of ndarray becomes a plain array,
        and so does a list among the inputs of a ufunc.
        """
        of_ufunc = isinstance(self.forward, np.ufunc)
        for i, value in enumerate(args):
            if type(value) in _WEAK:
                if not value.ndim:
                    frame[i] = value.item()
            elif isinstance(value, Tensor):
                if of_ufunc and not value.ndim and value.dtype.kind in "biu" and any(map(_is_inexact, frame)):
                    frame[i] = value.data.item()
            elif hasattr(value, "mask"):
                raise DTypeError("a masked array would lose its mask. Fill it first: array.filled(value)")
            elif isinstance(value, np.ndarray) or of_ufunc and isinstance(value, list | tuple):
                frame[i] = np.asarray(value)

    def _refuse_what_is_no_array(self, error: AttributeError, frame: list) -> None:
        for name, value in zip(names_of(self, len(frame)), frame):
            if value is error.obj and not isinstance(value, np.ndarray):
                given = type(value).__name__
                raise DTypeError(f"{self.name}: {name} must be an array or a tensor; got {given}") from error

    def _bind(self, args: tuple, kwargs: dict) -> tuple:
        """One value for each slot of the frame: given by position, by name, or by default."""
        names = self._settings if self.variadic else self.params[len(args) :]
        rest = []
        for name in names:
            if name in kwargs:
                rest.append(kwargs[name])
            elif name in self.defaults:
                rest.append(self.defaults[name])
            else:
                raise ArgumentError(f"{self.name}: the argument {name!r} is missing; it takes {self._usage()}")
        if len(args) > len(self.params) and not self.variadic:
            raise ArgumentError(f"{self.name}: takes {self._usage()}; got {len(args)} arguments")
        if unknown := [name for name in kwargs if name not in names]:
            usage = self._usage()
            raise ArgumentError(f"{self.name}: does not take {unknown[0]!r}, or has it already; it takes {usage}")
        return (*args, *rest)

    def _usage(self) -> str:
        parts = [f"*{p}" if p == self.variadic else p for p in self.params]
        return "(" + ", ".join(f"{p}={self.defaults[p]!r}" if p in self.defaults else p for p in parts) + ")"

    def _explain(self, error: Exception, args: Any) -> Exception:
        """The same error, with the op's name and a line for each array it was given."""
        kind = type(error) if isinstance(error, TensorGraphError) else ArgumentError
        if kind is ArgumentError and type(error) is ValueError:
            kind = ShapeError
        if kind is ArgumentError and isinstance(error, IndexError):
            kind = IndexingError
        if kind is ArgumentError and isinstance(error, np.linalg.LinAlgError):
            kind = MatrixError
        if isinstance(error, TypeError) and not isinstance(error, TensorGraphError):
            kind = DTypeError
        text = str(error)
        return kind((text if text.startswith(f"{self.name}: ") else f"{self.name}: {text}") + described(self, args))

    def __repr__(self) -> str:
        return f"<Op {self.name}{self._usage()}>"

    def __reduce__(self) -> str:
        return self.name


def op_name(op: Any) -> str:
    """The name of an op, or of the NumPy function that stands in its place, through which no gradient flows."""
    return op.name if isinstance(op, Op) else getattr(op, "func", op).__name__  # a partial, when it had keywords


def _is_inexact(value: Any) -> bool:
    return getattr(value, "dtype", _OBJECT).kind in "fc"


def _source(out: Any, frame: list) -> int:
    """Which argument a result shares its memory with, as ``Plan.view_of`` says it."""
    owner = near_owner(out)
    for i, value in enumerate(frame):
        if near_owner(value) is owner:
            return i
    return IN_C_ORDER if out.flags.c_contiguous and out.nbytes == owner.nbytes else UNKNOWN
