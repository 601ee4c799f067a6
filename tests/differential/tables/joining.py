"""Functions that join and split arrays."""

from ..drawing import alike, along, products
from ..rows import BOTH, Row


def of_two(name, draws, torch="same", **more):
    """A function of a list of two arrays."""

    def call(m, x, y, **keywords):
        return getattr(m, name)([x, y], **keywords)

    return Row(name, draws, call=call, torch=torch, complex=BOTH, **more)


def of_one(name, draws, call, torch="same", **more):
    return Row(name, draws, call=call, torch=torch, complex=BOTH, **more)


ROWS = [
    of_two("concatenate", along(0, count=2), torch=lambda t, x, y, axis: t.cat([x, y], axis), mixed=True),
    of_two("concat", along(0, count=2), torch=lambda t, x, y, axis: t.cat([x, y], axis), mixed=True),
    of_two("stack", along(0, count=2), torch=lambda t, x, y, axis: t.stack([x, y], axis)),
    of_two("vstack", products("ij", "kj")),
    of_two("hstack", products("ij", "ik")),
    of_two("dstack", products("ijk", "ijl")),
    of_two("column_stack", products("i", "ij")),
    of_one("block", products("ij", "ik"), lambda m, x, y: m.block([[x, y], [y, x]]),
           torch=lambda t, x, y: t.cat([t.cat([x, y], -1), t.cat([y, x], -1)], -2)),
    of_one("append", along(count=2), lambda m, x, y, axis: m.append(x, y, axis),
           torch=lambda t, x, y, axis: t.cat([x, y], axis)),
    of_one("append", alike(2), lambda m, x, y: m.append(x, y), torch=lambda t, x, y: t.cat([x.ravel(), y.ravel()])),
    of_one("insert", products("ijk", "j"), lambda m, x, y: m.insert(x, 1, y[:, None], axis=0),
           torch=lambda t, x, y: t.cat([x[:1], t.broadcast_to(y[:, None], x[:1].shape), x[1:]])),
    of_one("delete", along(2), lambda m, x, axis: m.delete(x, 1, axis),
           torch=lambda t, x, axis: t.index_select(
               x, axis, t.tensor([i for i in range(x.shape[axis]) if i != 1]))),
    of_one("split", along(2), lambda m, x, axis: list(m.split(x, [1], axis)),
           torch=lambda t, x, axis: t.tensor_split(x, [1], axis)),
    of_one("array_split", along(0), lambda m, x, axis: list(m.array_split(x, 3, axis)),
           torch=lambda t, x, axis: t.tensor_split(x, 3, axis)),
    of_one("hsplit", products("ij"), lambda m, x: list(m.hsplit(x, [1]))),
    of_one("vsplit", products("ij"), lambda m, x: list(m.vsplit(x, [1]))),
    of_one("dsplit", products("ijk"), lambda m, x: list(m.dsplit(x, [1]))),
    of_one("unstack", along(1), lambda m, x, axis: list(m.unstack(x, axis=axis)),
           torch=lambda t, x, axis: t.unbind(x, axis)),
    of_one("meshgrid", products("i", "j"), lambda m, x, y: list(m.meshgrid(x, y)),
           torch=lambda t, x, y: t.meshgrid(x, y, indexing="xy")),
]  # fmt: skip
