"""Functions that move elements."""

from hypothesis import strategies as st

from ..drawing import along, matrices, one, products
from ..rows import BOTH, Row

WIDTHS = st.tuples(st.integers(0, 2), st.integers(0, 2))
SHIFTS = st.integers(-3, 3)


def both(name, draws, call=None, torch="same", **more):
    return Row(name, draws, call=call, torch=torch, complex=BOTH, **more)


def torch_pad(mode, **more):
    return lambda t, x, widths: t.nn.pad(x[None], (*widths[1], *widths[0]), mode, **more)[0]


def numpy_pad(mode, **more):
    return lambda m, x, widths: m.pad(x, widths, mode, **more)


def padded(mode, torch, least=3, **more):
    draws = matrices(rows=least, columns=least + 1, batch=False, widths=st.tuples(WIDTHS, WIDTHS))
    return Row("pad", draws, call=numpy_pad(mode, **more), torch=torch)


ROWS = [
    both("reshape", one(), call=lambda m, x: m.reshape(x, (-1 if x.size else 0, 1)),
         torch=lambda t, x: t.reshape(x, (x.numel(), 1))),
    both("ravel", one()),
    both("transpose", one(), torch=lambda t, x: t.permute(x, tuple(range(x.ndim))[::-1])),
    both("permute_dims", matrices(), call=lambda m, x: m.permute_dims(x, (*range(1, x.ndim), 0)),
         torch=lambda t, x: t.permute(x, (*range(1, x.ndim), 0))),
    both("matrix_transpose", matrices(), torch=lambda t, x: x.mT),
    both("swapaxes", along(0), call=lambda m, x, axis: m.swapaxes(x, axis, 0)),
    both("moveaxis", along(0), call=lambda m, x, axis: m.moveaxis(x, axis, 0)),
    both("rollaxis", along(0), call=lambda m, x, axis: m.rollaxis(x, axis),
         torch=lambda t, x, axis: t.moveaxis(x, axis, 0)),
    both("squeeze", one(0), call=lambda m, x: m.squeeze(x)),
    both("expand_dims", along(0), torch=lambda t, x, axis: t.unsqueeze(x, axis)),
    both("broadcast_to", one(), call=lambda m, x: m.broadcast_to(x, (2, *x.shape))),
    both("broadcast_arrays", products("ij", "j"), call=lambda m, x, y: list(m.broadcast_arrays(x, y)),
         torch=lambda t, x, y: t.broadcast_tensors(x, y)),
    both("atleast_1d", one()),
    both("atleast_2d", one()),
    both("atleast_3d", one()),
    both("copy", one(), torch=lambda t, x: t.clone(x)),
    both("flip", along(0), torch=lambda t, x, axis: t.flip(x, (axis,))),
    both("fliplr", matrices()),
    both("flipud", matrices()),
    both("rot90", matrices(k=st.integers(-2, 3)), torch=lambda t, x, k: t.rot90(x, k, (0, 1))),
    both("roll", along(shift=SHIFTS), torch=lambda t, x, axis, shift: t.roll(x, shift, axis)),
    both("roll", one(shift=SHIFTS), torch=lambda t, x, shift: t.roll(x, shift)),
    both("tile", one(reps=st.sampled_from([2, (2, 1), (1, 2, 2)])),
         torch=lambda t, x, reps: t.tile(x, reps if isinstance(reps, tuple) else (reps,))),
    both("repeat", along(repeats=st.integers(0, 3)),
         torch=lambda t, x, axis, repeats: t.repeat_interleave(x, repeats, axis)),
    both("repeat", one(1, 1), call=lambda m, x: m.repeat(x, 2), torch=lambda t, x: t.repeat_interleave(x, 2)),
    both("resize", one(1, 1), call=lambda m, x: m.resize(x, (3, 2)), torch=lambda t, x: t.reshape(
        t.tile(x.reshape(-1), (6,))[:6], (3, 2))),
    padded("constant", torch_pad("constant", value=0.5), constant_values=0.5),
    padded("edge", torch_pad("replicate")),
    padded("reflect", torch_pad("reflect")),
    padded("wrap", torch_pad("circular")),
    padded("symmetric", None),
    padded("mean", None),
    padded("maximum", None),
    padded("minimum", None),
    padded("linear_ramp", None, end_values=0.5),
    both("diag", products("i", k=st.integers(-2, 2)), torch=lambda t, x, k: t.diag(x, k)),
    both("diag", products("ij")),
    both("diagflat", one(1, 1)),
    both("diagonal", matrices(offset=st.integers(-1, 1)), torch=lambda t, x, offset: t.diagonal(x, offset)),
    both("linalg.diagonal", matrices()),
    both("tril", matrices(k=st.integers(-2, 2)), torch=lambda t, x, k: t.tril(x, k)),
    both("triu", matrices(k=st.integers(-2, 2)), torch=lambda t, x, k: t.triu(x, k)),
    both("trim_zeros", products("i"), torch=lambda t, x: x * 1),
    both("astype", one(), call=lambda m, x: m.astype(x, complex), torch=lambda t, x: x.to(t.complex128)),
    both("lib.stride_tricks.sliding_window_view", products("i"),
         call=lambda m, x: m.lib.stride_tricks.sliding_window_view(x, 1),
         torch=lambda t, x: x.unfold(0, 1, 1), jax=None),
]  # fmt: skip
