"""Reason: the answer to why a tensor has no gradient, as a record that reads well."""

from __future__ import annotations

import os
from typing import NamedTuple

from ...places import Place

MOST_LINKS = 12  # of a path that are shown, at its two ends


class Link(NamedTuple):
    """One op or call that a value went through, and its line if that was recorded."""

    name: str
    place: Place | None

    def cells(self) -> tuple[str, str, str]:
        """Name, file and line, and the text of the line."""
        if self.place is None:
            return self.name, "", ""
        return self.name, f"{os.path.basename(self.place.file)}:{self.place.line}", self.place.source


class Reason(NamedTuple):
    """Why a tensor has no gradient, or that it has one.

    cause    what it is, in a word that stays the same between versions (``CAUSES`` has them all)
    message  the whole finding in a sentence or two
    advice   what to do instead; empty when there is nothing to do
    place    the line where it happened, if that is known
    path     what the values went through, from the tensor to where the path was cut
    back     where values that had been cut off came back into the computation of the loss, if that was seen
    """

    cause: str
    message: str
    advice: str = ""
    place: Place | None = None
    path: tuple[Link, ...] = ()
    back: Link | None = None

    def __str__(self) -> str:
        rows = [link.cells() for link in self.path]
        if len(rows) > MOST_LINKS:
            half = MOST_LINKS // 2
            rows[half:-half] = [(f"... {len(rows) - 2 * half} more", "", "")]
        if rows:
            name, where, line = rows[-1]
            rows[-1] = name, where, f"{line}   <- here".lstrip()
        if self.back is not None:
            name, where, line = self.back.cells()
            rows.append((f"back in {name}", where, line))
        widths = [max(map(len, column)) for column in zip(*[row[:2] for row in rows])]
        lines = [f"{self.cause}: {self.message}"]
        for name, where, line in rows:
            lines.append(f"  {name:<{widths[0]}}  {where:<{widths[1]}}  {line}".rstrip())
        if self.advice:
            lines.append(f"Instead: {self.advice}")
        return "\n".join(lines)


CAUSES = {
    # There is a gradient
    "has_gradient": "",
    # The path was cut
    "detach": "leave out detach() where the gradient should flow on",
    "no_grad": "compute it outside of no_grad(), or inside enable_grad()",
    "integer_cast": "keep floating point numbers until the loss is computed; cast a copy for what needs integers",
    "constant_function": "use a smooth function in its place (sigmoid for a step, softmax for argmax), or let the "
    "gradient pass around it: x + (f(x) - x).detach()",
    "numpy": "call NumPy's functions on the tensor itself: they record, and give a tensor",
    "item": "keep the tensor: arithmetic on a 0-d tensor works as on a number",
    "tolist": "keep the tensor, and take elements of it by index",
    "written_into_array": "put the parts together with np.stack, np.concatenate, np.where or tensorgraph.scatter",
    "data_attribute": "use the tensor itself, not its array",
    "auxiliary_result": "compute the value from the input with ops, such as x.mean(axis=0): what an op gives besides "
    "its output is a plain array",
    "no_rule": "give the op a rule for this argument (op.grad), or write it with ops that have rules",
    # The path was never there
    "requires_grad_false": "make it with requires_grad=True, or as a nn.Parameter",
    "not_a_leaf": "call retain_grad() on it before backward, or look at the leaf that it was computed from. To update "
    "a parameter in place, write under no_grad() (w -= ...) or use an optimizer: w = w - ... makes a new tensor",
    "not_used": "use it in what the loss is computed from, or take it out of the parameters",
    "not_reached": "use what was computed from it in the loss",
    "no_graph": "let the loss be computed from tensors that require gradients, outside of no_grad()",
    # Backward
    "backward_not_run": "call loss.backward()",
    "backward_stopped": "look at the error that it raised",
    "inputs_left_out": "name it in inputs=, or leave inputs= out for all leaves",
    "cleared": "look at the gradient before zero_grad(), or run backward again",
    # A gradient that is exactly zero
    "dead_relu": "start with smaller or less negative biases, lower the learning rate, or use leaky_relu",
    "saturated": "keep its inputs small: scale or normalize them, start with smaller weights",
    "multiplied_by_zero": "start the other factor with values that are not 0; look at masks and loss weights",
    "not_chosen": "let the loss depend on the elements that are left out",
    "flat": "start from another point, or use a function that is not flat there",
    "empty": "leave out batches without examples",
    "cancelled": "look at the sum of the contributions: they are equal and opposite",
    "underflow": "use float64, or scale the loss",
    "set_to_zero": "look at the gradient before it is written over",
    "hook": "look at what the hook returns",
    "zero_seed": "give backward a gradient that is not zero",
    "zero_rule": "look at the values that the op was applied to",
    "zero_gradient": "run forward and backward inside `with tensorgraph.record() as rec:` and give recording=rec, "
    "which shows where it became zero",
    # What cannot be known
    "unknown": "give loss=, and best run it inside `with tensorgraph.record() as rec:` and give recording=rec",
}
"""Every cause, and what to do instead."""
