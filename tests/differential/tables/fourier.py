"""Fourier transforms."""

from hypothesis import strategies as st

from ..drawing import along, matrices
from ..rows import BOTH, Row

NORMS = st.sampled_from(["backward", "ortho", "forward"])
LENGTHS = st.sampled_from([None, 2, 3, 5])


def on_axis(name, least=1, complex=BOTH):
    return Row(
        f"fft.{name}",
        along(least, n=LENGTHS, norm=NORMS),
        call=lambda m, x, n, axis, norm: getattr(m.fft, name)(x, n, axis, norm),
        complex=complex,
    )


def on_axes(name, complex=BOTH, columns=None):
    return Row(
        f"fft.{name}",
        matrices(rows=3, columns=columns, norm=NORMS),
        call=lambda m, x, norm: getattr(m.fft, name)(x, None, (-2, -1), norm),
        complex=complex,
    )


def shift(name):
    return Row(f"fft.{name}", along(), torch=lambda t, x, axis: getattr(t.fft, name)(x, axis), complex=BOTH,
               call=lambda m, x, axis: getattr(m.fft, name)(x, axis))  # fmt: skip


ROWS = [
    on_axis("fft"),
    on_axis("ifft"),
    on_axis("rfft", complex=""),
    on_axis("irfft", least=2),
    on_axis("hfft", least=2),
    on_axis("ihfft", complex=""),
    on_axes("fft2"),
    on_axes("ifft2"),
    on_axes("fftn"),
    on_axes("ifftn"),
    on_axes("rfft2", complex=""),
    on_axes("irfft2", columns=3),
    on_axes("rfftn", complex=""),
    on_axes("irfftn", columns=3),
    shift("fftshift"),
    shift("ifftshift"),
]
