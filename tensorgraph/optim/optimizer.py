"""Optimizers: the update rules, applied in place to the parameters of a net."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from ..core import WRITES, Tensor
from ..errors import ArgumentError, CheckpointError
from .packing import Block, Packing

Group = dict[str, Any]


class Optimizer:
    """The base of optimizers: parameters in groups with settings, and a state for each parameter.

    A subclass names its state arrays (``slots``) and computes the change of a block of elements (``change``). All
    arithmetic is in place and in the parameters' dtype; ``step`` allocates nothing of their size.

    params  parameters, or groups: dicts with "params" and settings of their own

    Raises ArgumentError for settings out of range, unknown settings, no parameters, one parameter twice.
    """

    def __init__(self, params: Iterable[Any], **defaults: Any) -> None:
        self.defaults = defaults
        items = list(params)
        if not items:
            raise ArgumentError(f"{type(self).__name__}: there are no parameters to optimize")
        given = items if isinstance(items[0], dict) else [{"params": items}]
        self.groups: list[Group] = []
        self._state: list[list[dict[str, np.ndarray]]] = []
        self._steps: list[list[int]] = []
        self._packings: list[dict[tuple[int, ...], Packing]] = []
        for group in given:
            self._add_group(group)

    def _add_group(self, group: Mapping[str, Any]) -> None:
        name = type(self).__name__
        if unknown := sorted(group.keys() - self.defaults.keys() - {"params"}):
            raise ArgumentError(f"{name}: does not know {unknown[0]!r}; its settings are {', '.join(self.defaults)}")
        new: Group = {**self.defaults, **group, "params": list(group["params"])}
        self._check(new)
        known = {id(p) for other in self.groups for p in other["params"]}
        for i, p in enumerate(new["params"]):
            if not isinstance(p, Tensor) or not p.is_leaf:
                raise ArgumentError(f"{name}: parameters are leaf tensors; number {i} is {type(p).__name__}")
            if not isinstance(p.data, np.ndarray) or not p.data.flags.writeable:
                raise ArgumentError(f"{name}: parameter {i}, {p.name or 'unnamed'}, cannot be written into")
            if id(p) in known:
                raise ArgumentError(f"{name}: parameter {i}, {p.name or 'unnamed'} {p.shape}, is given twice")
            known.add(id(p))
        self.groups.append(new)
        self._state.append([{} for _ in new["params"]])
        self._steps.append([0] * len(new["params"]))
        self._packings.append({})

    def _check(self, group: Group) -> None:
        """Refuse settings out of range."""
        for setting in ("lr", "weight_decay", "epsilon"):
            _require(self, group, setting, lambda x: x >= 0, "at least 0")
        for setting in ("momentum", "decay_rate", "beta1", "beta2"):
            _require(self, group, setting, lambda x: 0 <= x < 1, "in [0, 1)")

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
                self._update(i, group, members)

    def _update(self, i: int, group: Group, members: list[int]) -> None:
        arrays = [group["params"][k].data for k in members]
        grads = [group["params"][k].grad.data.reshape(-1) for k in members]
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
        """The flat state of these parameters; packed anew when other parameters have gradients, or other arrays."""
        packings = self._packings[i]
        packing = packings.get(members)
        if packing is None or not packing.holds(arrays):
            for other in [key for key in packings if set(key) & set(members)]:
                del packings[other]
            names = self.slots(self.groups[i])
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
        if saved.get("kind") != name:
            raise CheckpointError(f"{name} cannot load the state of {saved.get('kind')}")
        places = {f"{i}.{k}": p for i, group in enumerate(self.groups) for k, p in enumerate(group["params"])}
        if len(saved["groups"]) != len(self.groups) or saved["state"].keys() != places.keys():
            raise CheckpointError(
                f"{name} has {len(places)} parameters in {len(self.groups)} groups; "
                f"the state has {len(saved['state'])} in {len(saved['groups'])}"
            )
        for key, own in saved["state"].items():
            for slot, array in own.items():
                if slot != "t" and np.shape(array) != places[key].shape:
                    raise CheckpointError(
                        f"{name}: {slot} {np.shape(array)} does not fit parameter {key} {places[key].shape}"
                    )
        for i, (group, settings) in enumerate(zip(self.groups, saved["groups"])):
            group.update(settings)
            self._packings[i] = {}
            for k, p in enumerate(group["params"]):
                own = saved["state"][f"{i}.{k}"]
                self._steps[i][k] = int(own["t"])
                self._state[i][k] = {n: np.array(own[n], p.data.dtype) for n in self.slots(group) if n in own}


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum or Nesterov momentum.

    lr            learning rate
    momentum      share of the velocity that is kept; the velocity carries the learning rate
    nesterov      take the gradient where the momentum is about to lead
    weight_decay  strength of an L2 penalty on every parameter

    >>> import numpy as np, tensorgraph as tg
    >>> w = tg.Tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = tg.optim.SGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.numpy().round(6).tolist()
    [0.8, 1.6]
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, lr=lr, momentum=momentum, nesterov=nesterov, weight_decay=weight_decay)

    def _check(self, group: Group) -> None:
        super()._check(group)
        if group["nesterov"] and not group["momentum"]:
            raise ArgumentError("SGD: nesterov needs a momentum above 0")

    def slots(self, group: Group) -> tuple[str, ...]:
        """The velocity, when there is momentum."""
        return ("velocity",) if group["momentum"] else ()

    def change(self, g: np.ndarray, out: np.ndarray, state: dict[str, np.ndarray], t: int, group: Group) -> np.ndarray:
        """See ``rules.sgd``, ``rules.sgd_momentum`` and ``rules.sgd_nesterov_momentum``."""
        lr, momentum = group["lr"], group["momentum"]
        np.multiply(g, -lr, out=out)
        if not momentum:
            return out
        velocity = state["velocity"]
        velocity *= momentum
        velocity += out
        if not group["nesterov"]:
            return velocity
        np.multiply(g, -lr / momentum, out=out)  # momentum * velocity - lr * g, without room for a product
        out += velocity
        out *= momentum
        return out


class RMSProp(Optimizer):
    """Steps scaled by a moving average of squared gradients. See ``rules.rmsprop``.

    lr            learning rate
    decay_rate    share of the moving average that is kept
    epsilon       added to the root of the average
    weight_decay  strength of an L2 penalty on every parameter
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        decay_rate: float = 0.99,
        epsilon: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, lr=lr, decay_rate=decay_rate, epsilon=epsilon, weight_decay=weight_decay)

    def slots(self, group: Group) -> tuple[str, ...]:
        """The moving average of squared gradients."""
        return ("a",)

    def change(self, g: np.ndarray, out: np.ndarray, state: dict[str, np.ndarray], t: int, group: Group) -> np.ndarray:
        """See ``rules.rmsprop``."""
        a = state["a"]
        np.multiply(g, g, out=out)
        out *= 1 - group["decay_rate"]
        a *= group["decay_rate"]
        a += out
        np.sqrt(a, out=out)
        out += group["epsilon"]
        np.divide(g, out, out=out)
        out *= -group["lr"]
        return out


class Adam(Optimizer):
    """Moving averages of the gradient and of its square, corrected for their start at 0. See ``rules.adam``.

    lr            learning rate
    beta1, beta2  shares of the two moving averages that are kept
    epsilon       added to the root of the second average
    weight_decay  strength of an L2 penalty on every parameter, which passes through the averages

    >>> import tensorgraph as tg
    >>> w = tg.Tensor([1.0, -1.0], requires_grad=True)
    >>> optimizer = tg.optim.Adam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.numpy().round(6).tolist()
    [0.9, -0.9]
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, lr=lr, beta1=beta1, beta2=beta2, epsilon=epsilon, weight_decay=weight_decay)

    def slots(self, group: Group) -> tuple[str, ...]:
        """The first moment v and the second moment a."""
        return ("v", "a")

    def change(self, g: np.ndarray, out: np.ndarray, state: dict[str, np.ndarray], t: int, group: Group) -> np.ndarray:
        """See ``rules.adam``. The corrections of both averages are moved into two numbers, to save two passes."""
        v, a, beta1, beta2 = state["v"], state["a"], group["beta1"], group["beta2"]
        np.multiply(g, 1 - beta1, out=out)
        v *= beta1
        v += out
        np.multiply(g, g, out=out)
        out *= 1 - beta2
        a *= beta2
        a += out
        np.sqrt(a, out=out)
        correction = math.sqrt(1 - beta2**t)
        out += group["epsilon"] * correction
        np.divide(v, out, out=out)
        out *= -group["lr"] * correction / (1 - beta1**t)
        return out


class AdamW(Adam):
    """Adam with weight decay apart from the gradient: ``w -= lr * weight_decay * w``. Source: Loshchilov, Hutter (2019)."""

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(params, lr, beta1, beta2, epsilon, weight_decay)

    def _decay(self, block: Block, g: np.ndarray, group: Group) -> None:
        for piece in block.pieces:
            piece.weight[...] *= 1 - group["lr"] * group["weight_decay"]


def _require(optimizer: Optimizer, group: Group, setting: str, good: Callable[[float], bool], what: str) -> None:
    if setting in group and not good(group[setting]):
        raise ArgumentError(f"{type(optimizer).__name__}: {setting} is {what}; got {group[setting]}")
