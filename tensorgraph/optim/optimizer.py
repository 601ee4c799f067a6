"""Optimizers: the update rules, applied in place to the parameters of a net."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import partial
from numbers import Real
from typing import Any

import numpy as np

from ..config import current
from ..core import WRITES, Tensor, label
from ..errors import ArgumentError, CheckpointError
from .packing import Block, Packing, row

Group = dict[str, Any]


class Optimizer:
    """The base of optimizers: parameters in groups with settings, and a state for each parameter.

    A subclass names its state arrays (``slots``) and computes the change of a block of elements (``change``). All
    arithmetic is in place and in the parameters' dtype; ``step`` allocates nothing of their size. A complex parameter
    is optimized as the real numbers that it consists of.

    params  parameters, or groups: dicts with "params" and settings of their own

    ``groups`` is the list of groups; what is assigned there, such as ``groups[0]["lr"]``, holds from the next step on.
    Raises ArgumentError for settings out of range, unknown settings, no parameters, one parameter twice.
    """

    def __init__(self, params: Iterable[Any], **defaults: Any) -> None:
        name = type(self).__name__
        self.defaults = defaults
        if isinstance(params, Tensor | Mapping) or not np.iterable(params):
            raise ArgumentError(
                f"{name}: params is a list of parameters, such as net.parameters() gives, or of groups, dicts with "
                f"'params'; got a {type(params).__name__}"
            )
        items = list(params)
        if not items:
            raise ArgumentError(f"{name}: there are no parameters to optimize")
        given = items if isinstance(items[0], Mapping) else [{"params": items}]
        self.groups: list[Group] = []
        self._state: list[list[dict[str, np.ndarray]]] = []
        self._steps: list[list[int]] = []
        self._packings: list[dict[tuple[int, ...], Packing]] = []
        for group in given:
            self._add_group(group)

    def _add_group(self, group: Mapping[str, Any]) -> None:
        name = type(self).__name__
        if not isinstance(group, Mapping) or not np.iterable(group.get("params")):
            raise ArgumentError(f"{name}: a group is a dict with a list 'params'; got a {type(group).__name__}")
        new = {**self._settings({**self.defaults, **group}), "params": list(group["params"])}
        known = {id(p) for other in self.groups for p in other["params"]}
        for i, p in enumerate(new["params"]):
            if not isinstance(p, Tensor) or not p.is_leaf:
                what = f"computed by '{label(p.node)}'" if isinstance(p, Tensor) else f"a {type(p).__name__}"
                raise ArgumentError(f"{name}: parameters are leaf tensors; number {i} is {what}")
            what = f"{name}: parameter {i}, {p.name or 'unnamed'} {p.shape} {p.dtype},"
            if p.dtype.kind not in "fc":
                raise ArgumentError(f"{what} never has a gradient. Give floats")
            if not isinstance(p.data, np.ndarray) or not p.data.flags.writeable:
                raise ArgumentError(f"{what} cannot be written into")
            if 0 < new.get("epsilon", 0) < np.finfo(p.dtype).tiny:
                raise ArgumentError(f"{what} cannot hold epsilon={new['epsilon']}. Give 1e-4")
            if id(p) in known:
                raise ArgumentError(f"{what} is given twice")
            known.add(id(p))
        self.groups.append(new)
        self._state.append([{} for _ in new["params"]])
        self._steps.append([0] * len(new["params"]))
        self._packings.append({})

    def _settings(self, group: Mapping[str, Any]) -> dict[str, Any]:
        """The settings of a group, checked, with NumPy's scalars as plain numbers."""
        if unknown := sorted(group.keys() - self.defaults.keys() - {"params"}):
            raise ArgumentError(
                f"{type(self).__name__}: does not know {unknown[0]!r}; its settings are {', '.join(self.defaults)}"
            )
        settings = {key: _plain_number(value) for key, value in group.items() if key != "params"}
        self._check(settings)
        return settings

    def _check(self, settings: Mapping[str, Any]) -> None:
        """Refuse settings out of range."""
        for names, top, what in (
            (("lr", "weight_decay", "epsilon"), math.inf, "at least 0"),
            (("momentum", "decay_rate", "beta1", "beta2"), math.nextafter(1, 0), "in [0, 1)"),
        ):
            for name in [name for name in names if name in settings]:
                if not isinstance(settings[name], Real) or not 0 <= settings[name] <= top:
                    raise ArgumentError(f"{type(self).__name__}: {name} is {what}; got {settings[name]!r}")

    def slots(self, group: Group) -> tuple[str, ...]:
        """Names of the state arrays that the rule needs under these settings."""
        return ()

    def change(self, g: np.ndarray, out: np.ndarray, state: dict[str, np.ndarray], t: int, group: Group) -> np.ndarray:
        """What to add to the elements whose gradient is ``g``, at step ``t``.

        All arrays are flat and of one length. It updates the state arrays, may use ``out`` as room, must leave ``g``
        alone, and returns one of the arrays it wrote.
        """
        raise TypeError(f"{type(self).__name__} does not define change, which computes its update")

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for group in self.groups:
            for p in group["params"]:
                p.grad = None

    def step(self) -> None:
        """Update every parameter that has a gradient."""
        for i, group in enumerate(self.groups):
            alike: dict[tuple, list[int]] = {}  # parameters that can share blocks: one dtype, equally many steps
            for k, p in enumerate(group["params"]):
                if p.grad is not None:
                    alike.setdefault((p.data.dtype, self._steps[i][k]), []).append(k)
            for members in alike.values():
                observer = current().observer
                if observer is None:
                    self._update(i, group, members)
                else:
                    parameters = [group["params"][k] for k in members]
                    observer.update(self, parameters, partial(self._update, i, group, members))

    def _update(self, i: int, group: Group, members: list[int]) -> None:
        arrays = [group["params"][k].data for k in members]
        grads = [row(group["params"][k].grad.data) for k in members]
        packing = self._packing(i, tuple(members), arrays)
        for k in members:
            self._steps[i][k] += 1
        t = self._steps[i][members[0]]
        decay = group["weight_decay"]
        packing.fetch()
        for block in packing.blocks:
            g = block.gathered
            parts = [grads[k] if part is None else grads[k][part] for k, part, _, _ in block.pieces]
            if len(parts) == 1 and not decay:
                g = parts[0]
            else:
                np.concatenate(parts, out=g)
            if decay:
                self._decay(block, g, group)
            change = self.change(g, block.scratch, block.state, t, group)
            for _, _, at, weight in block.pieces:
                weight += change[at]
        packing.store()
        WRITES.written(*arrays)

    def _decay(self, block: Block, g: np.ndarray, group: Group) -> None:
        """Weight decay as an L2 penalty: ``weight_decay * w`` is part of the gradient."""
        for _, _, at, weight in block.pieces:
            np.multiply(weight, group["weight_decay"], out=block.scratch[at])
        g += block.scratch

    def _packing(self, i: int, members: tuple[int, ...], arrays: list[np.ndarray]) -> Packing:
        """The flat state of these parameters; packed anew when other parameters have gradients, when a parameter has
        another array, and when the settings ask for other state."""
        packings = self._packings[i]
        packing = packings.get(members)
        names = self.slots(self.groups[i])
        if packing is None or not packing.holds(arrays, names):
            for other in [key for key in packings if set(key) & set(members)]:
                del packings[other]
            packing = packings[members] = Packing(arrays, [self._state[i][k] for k in members], names)
            for k, views in zip(members, packing.views):
                self._state[i][k] = views
        return packing

    def state_dict(self) -> dict[str, Any]:
        """Settings and state as plain numbers and copies of arrays: ``{"kind", "groups", "state"}``."""
        settings = [{k: v for k, v in group.items() if k != "params"} for group in self.groups]
        state = {
            f"{i}.{k}": {"t": self._steps[i][k], **{name: array.copy() for name, array in own.items()}}
            for i, group in enumerate(self._state)
            for k, own in enumerate(group)
        }
        return {"kind": type(self).__name__, "groups": settings, "state": state}

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Take over settings and state from a ``state_dict``; all or nothing. Raises CheckpointError."""
        name = type(self).__name__
        try:
            kind, settings, state = saved["kind"], list(saved["groups"]), dict(saved["state"])
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"{name}: a state has kind, groups and state, as state_dict() gives them") from error
        if kind != name:
            raise CheckpointError(f"{name} cannot load the state of {kind}")
        places = {f"{i}.{k}": p for i, group in enumerate(self.groups) for k, p in enumerate(group["params"])}
        if len(settings) != len(self.groups) or state.keys() != places.keys():
            raise CheckpointError(
                f"{name} has {len(places)} parameters in {len(self.groups)} groups; "
                f"the state has {len(state)} in {len(settings)}"
            )
        try:
            settings = [self._settings({**group, **own}) for group, own in zip(self.groups, settings)]
        except (ArgumentError, TypeError) as error:
            raise CheckpointError(f"{name} cannot load these settings: {error}") from error
        for key, p in places.items():
            self._check_state(key, p, state[key])
        for i, (group, own) in enumerate(zip(self.groups, settings)):
            group.update(own)
            self._packings[i] = {}
            for k, p in enumerate(group["params"]):
                slots = dict(state[f"{i}.{k}"])
                self._steps[i][k] = int(slots.pop("t"))
                self._state[i][k] = {slot: np.array(value, p.dtype) for slot, value in slots.items()}

    def _check_state(self, key: str, p: Tensor, own: Any) -> None:
        """Refuse what cannot be the state of a parameter."""
        where = f"{type(self).__name__}: the state of parameter {key}, {p.name or 'unnamed'} {p.shape} {p.dtype},"
        if not isinstance(own, Mapping) or not isinstance(own.get("t"), int) or own["t"] < 0:
            raise CheckpointError(f"{where} has no number of steps 't'")
        for slot, value in own.items():
            array = np.asarray(value)
            if slot != "t" and (array.shape != p.shape or not np.can_cast(array.dtype, p.dtype, "same_kind")):
                raise CheckpointError(f"{where} does not fit: {slot} is {array.shape} {array.dtype}")

    def __getstate__(self) -> dict[str, Any]:
        """What copies and pickles take along: no packings, because copies of views are views of nothing."""
        return {**vars(self), "_packings": [{} for _ in self.groups]}

    def __repr__(self) -> str:
        groups = [
            ", ".join([f"{key}={value}" for key, value in group.items() if key != "params"])
            + f"; {len(group['params'])} parameters"
            for group in self.groups
        ]
        return f"{type(self).__name__}({' | '.join(groups)})"


def _plain_number(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic | np.ndarray) and value.size == 1 else value
