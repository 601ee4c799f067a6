"""``bad_values``: which op made the first NaN or Inf, what it was given, and how far it spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...core import Node, Tensor, label, owner_of, plain
from ...debug import first_bad
from ...places import Place
from ...recording import Call, Pull, Recording, Update, call_of
from ..operands import Operand, arguments, look_at, of_rule
from ..past import Past
from .hints import hint, hint_of_nan
from .origin import BadValues, Origin, Spot


def bad_values(recording: Recording) -> BadValues:
    """Find what made NaN and Inf in a recorded program: forward, backward, and steps of optimizers.

    recording  what ``record()`` gave

    An origin is an op, a rule or a step that made a bad value of finite ones, or an array that came in with one; what
    only passed it on is listed with it. An Inf that is meant, such as a mask of -inf, counts as well: see ``stopped``.
    NumPy warns as ever while the program runs; ``np.errstate(all="ignore")`` keeps it quiet. Time is linear in the size
    of the recording.

    Raises ArgumentError when a bad array was written into after it was recorded, so that what it held is lost.

    >>> import numpy as np, tensorgraph as tg
    >>> x = tg.Tensor([2.0, 0.0], requires_grad=True, name="x")
    >>> with tg.record() as step, np.errstate(all="ignore"):
    ...     (np.log(x) * 3).sum().backward()
    >>> origin = tg.explain.bad_values(step).first
    >>> origin.what, origin.phase, origin.index, [spot.what for spot in origin.passed_on]
    ('log', 'forward', (1,), ['multiply', 'sum', 'the rule of log for x'])
    >>> print(origin.hint)
    log(0) is -inf. Keep the argument above 0, as in np.log(x + eps), or use log_softmax or softmax_loss

    PyTorch's ``detect_anomaly`` looks at gradients only, and at NaN only.
    """
    search = _Search(recording)
    for at, event in enumerate(recording.events):
        if isinstance(event, Call):
            search.call(at, event)
        elif isinstance(event, Pull):
            search.pull(at, event)
        elif isinstance(event, Update):
            search.update(at, event)
    return BadValues(search.origins)


class _Search:
    """Goes through the events in order, and knows of every bad array where that came from."""

    def __init__(self, recording: Recording) -> None:
        self.recording, self.past = recording, Past(recording)
        self.origins: list[Origin] = []
        self.of_array: dict[int, Origin] = {}  # by the identity of an array, which the recording keeps alive
        self.of_memory: dict[int, Origin] = {}  # of what came in bad, and of parameters, by the owner of the memory
        self.poisoned: set[int] = set()  # parameters that a step made bad, by the owner of the memory
        self.of_gradient: dict[Node, Origin] = {}
        self.arrived: dict[Node, int] = {}  # how many gradients came to a node
        self.in_rule: Origin | None = None  # of what the running rule has computed so far, when backward is recorded

    # Events

    def call(self, at: int, call: Call) -> None:
        value = self.past.values(call.value, at)
        given = [(name, part, self.past.values(plain(part), at)) for name, part in arguments(call)]
        bad = first_bad(value)
        if bad is None:
            for _, part, array in given:
                if first_bad(array) is not None and (known := self._known(part)) is not None:
                    known.stopped.append(Spot(call.name, call.place, None, ()))
            return
        serial = getattr(getattr(self.recording.result(call), "node", None), "serial", None)
        sources = [
            self._known(part) or self._from_outside(name, part, array, at, serial, call)
            for name, part, array in given
            if first_bad(array) is not None
        ]
        operands = [(name, array) for name, _, array in given]
        spot = Spot(call.name, call.place, *bad)
        phase = "backward" if call.backward else "forward"
        source = self._explain(spot, phase, call.scope, value, operands, call.name, sources[:1])
        self.of_array[id(call.value)] = source
        if call.backward:
            self.in_rule = source

    def pull(self, at: int, pull: Pull) -> None:
        node, call = pull.node, call_of(pull.node)
        parent = node.parents[pull.i]
        inside, self.in_rule = self.in_rule, None
        sources = []
        if first_bad(pull.g) is not None:
            sources.append(self.of_gradient.get(node) or self._gradient_from_outside(node, call, pull.g))
        self.arrived[parent] = self.arrived.get(parent, 0) + 1
        name, place = f"the rule of {node.op.name} for {pull.argument}", call.place if call else None
        bad = first_bad(pull.d)
        if bad is None:
            if sources:
                sources[0].stopped.append(Spot(name, place, None, ()))
            return
        operands = [("g", pull.g)]
        for argument, part in of_rule(pull, call):
            array = self.past.values(plain(part), at)
            operands.append((argument, array))
            if first_bad(array) is not None and call is not None:
                known = self._known(part) or self._from_outside(argument, part, array, at, node.serial, call)
                sources.append(known)
        if not sources and inside is not None:
            sources.append(inside)
        if not sources and call is not None:  # a slope is infinite where the value is: one and the same matter,
            forward = self.of_array.get(id(call.value))
            if forward is not None and not forward.stopped:  # unless the value went no further
                sources.append(forward)
        spot = Spot(name, place, *bad)
        source = self._explain(spot, "backward", node.scope, pull.d, operands, f"{node.op.name}'", sources[:1])
        if parent.plan is None and parent not in self.of_gradient:
            source.gradients.append(_called(parent))
        self.of_gradient[parent] = source

    def update(self, at: int, update: Update) -> None:
        parameter, bad = update.parameter, first_bad(update.after)
        memory, name = id(owner_of(parameter.data)), _called(parameter.node)
        sources = []
        if first_bad(update.before) is not None:
            sources.append(self.of_memory.get(memory) or self._parameter_from_outside(update, name))
        if first_bad(update.gradient) is not None:
            known = self.of_gradient.get(parameter.node)
            sources.append(known or self._gradient_from_outside(parameter.node, None, update.gradient))
        if bad is None:
            if sources:
                sources[0].stopped.append(Spot(update.optimizer, update.place, None, ()))
            return
        operands = [("gradient", update.gradient), ("before", update.before)]
        spot = Spot(f"the step of {update.optimizer} on {name}", update.place, *bad)
        source = self._explain(spot, "optimizer", (), update.after, operands, "optimizer", sources[:1])
        if memory not in self.poisoned:
            source.parameters.append(name)
        self.poisoned.add(memory)
        self.of_memory[memory] = source

    # Where it came from

    def _explain(
        self,
        spot: Spot,
        phase: str,
        scope: tuple[str, ...],
        value: Any,
        operands: Sequence[tuple[str, Any]],
        kind: str,
        sources: Sequence[Origin],
    ) -> Origin:
        """The origin of a bad value: that of a bad operand, or else a new one."""
        if not sources:
            seen = [look_at(name, array, np.shape(value), spot.index) for name, array in operands]
            advice = hint(kind, spot.value, np.asarray(value).dtype, seen)
            return self._new(spot.what, phase, spot.place, scope, value, seen, advice)
        source = sources[0]
        source.passed_on.append(spot)
        new = source.became_nan is None and np.isnan(value).any()
        if new and not any(np.isnan(array).any() for _, array in operands):
            index = tuple(map(int, np.argwhere(np.isnan(np.atleast_1d(value)))[0]))
            source.became_nan = replace(spot, value=np.nan, index=index if np.ndim(value) else ())
            source.became_hint = hint_of_nan(kind)
        return source

    def _new(
        self,
        what: str,
        phase: str,
        place: Place | None,
        scope: tuple[str, ...],
        value: Any,
        operands: Sequence[Operand],
        advice: str,
    ) -> Origin:
        bad = first_bad(value)
        assert bad is not None, "an origin has a bad value"
        count = int(np.count_nonzero(~np.isfinite(value)))
        origin = Origin(what, phase, place, scope, *bad, count, list(operands), advice)
        self.origins.append(origin)
        return origin

    def _known(self, part: Any) -> Origin | None:
        array = plain(part)
        return self.of_array.get(id(array)) or self.of_memory.get(id(owner_of(array)))

    def _from_outside(self, name: str, part: Any, array: Any, at: int, serial: int | None, call: Call) -> Origin:
        """An argument that is bad, and that nothing recorded has computed."""
        if serial is not None:
            self.past.refuse_lost("bad_values", plain(part), at, serial)
        named = part.name if isinstance(part, Tensor) else None
        what = f"{named}, {name} of {call.name}," if named else f"{name} of {call.name}"
        advice = "No op made it: look at the data, or at the weights that were loaded"
        origin = self._new(what, "data", call.place, call.scope, array, [], advice)
        self.of_memory[id(owner_of(plain(part)))] = origin
        return origin

    def _parameter_from_outside(self, update: Update, name: str) -> Origin:
        advice = "It was bad before anything was recorded: look at the weights that were loaded, or at earlier steps"
        return self._new(f"the parameter {name}", "data", update.place, (), update.before, [], advice)

    def _gradient_from_outside(self, node: Node, call: Call | None, g: Any) -> Origin:
        """A gradient that is bad, though all that arrived at its node were finite."""
        if (count := self.arrived.get(node, 0)) > 1:
            what, phase = f"the sum of {count} gradients of {_called(node)}", "backward"
            advice = f"The sum is beyond the range of {g.dtype}: scale the loss down, or compute in a wider dtype"
        else:
            what, phase = f"the gradient of {_called(node)}", "data"
            advice = "No rule made it: it was given to backward or to grad, or a hook replaced it"
        origin = self._new(what, phase, call.place if call else None, node.scope, g, [], advice)
        self.of_gradient[node] = origin
        return origin


def _called(node: Node) -> str:
    return label(node) if node.plan is not None or label(node) != "leaf" else f"a leaf {node.shape}"
