"""Differences, integrals, interpolation, convolution, polynomials, statistics of several variables."""

from hypothesis import strategies as st

from ..drawing import alike, along, matrices, one, products
from ..rows import BOTH, Row

MODES = st.sampled_from(["full", "same", "valid"])


def torch_gradient(t, x, axis):
    return t.gradient(x, dim=axis)[0]


def torch_convolve(t, x, y):
    """All sums of products of x and y reversed."""
    out = t.nn.conv1d(x.reshape(1, 1, -1), y.flip(0).reshape(1, 1, -1), padding=len(y) - 1)
    return out.reshape(-1)


def horner(t, p, x):
    out = 0 * x
    for c in p:
        out = out * x + c
    return out


def torch_interp(t, x, xp, fp):
    i = t.clamp(t.searchsorted(xp.detach(), x.detach()), 1, len(xp) - 1)
    inside = fp[i - 1] + (x - xp[i - 1]) * (fp[i] - fp[i - 1]) / (xp[i] - xp[i - 1])
    return t.where(x < xp[0], fp[0], t.where(x > xp[-1], fp[-1], inside))


ROWS = [
    Row("diff", along(3, n=st.integers(0, 2)), torch=lambda t, x, axis, n: t.diff(x, n, axis), complex=BOTH),
    Row("ediff1d", one(1, 1), torch=lambda t, x: t.diff(x.reshape(-1)), complex=BOTH),
    Row("gradient", along(2), torch=torch_gradient),
    Row("convolve", products("i", "j"), torch=torch_convolve),
    Row("convolve", products("i", "j", mode=MODES), torch=None, complex="jax"),
    Row("correlate", products("i", "j"), call=lambda m, x, y: m.correlate(x, y, "full"),
        torch=lambda t, x, y: torch_convolve(t, x, t.flip(y, (0,)))),
    Row("correlate", products("i", "j", mode=MODES), torch=None, complex="jax"),
    Row("interp", products("i", "jk"), call=lambda m, x, p: m.interp(x, m.cumsum(m.exp(p[:, 0])) - 2, p[:, -1]),
        torch=lambda t, x, p: torch_interp(t, x, t.cumsum(t.exp(p[:, 0]), 0) - 2, p[:, -1])
        if len(p) > 1 else t.where(x < 99, p[0, -1], x)),
    Row("unwrap", along(2, axes=1), call=lambda m, x, axis: m.unwrap(4 * x, axis=axis), torch=None),
    Row("polyval", products("i", "jk"), torch=horner, complex=BOTH),
    Row("polyadd", products("i", "j"), torch=lambda t, p, q: horner_add(t, p, q)),
    Row("polysub", products("i", "j"), torch=lambda t, p, q: horner_add(t, p, -q)),
    Row("polymul", products("i", "j"), call=lambda m, p, q: m.polymul(p, q), torch=torch_convolve),
    Row("polyder", products("i"), torch=lambda t, p: p[:-1] * t.arange(len(p) - 1, 0, -1, dtype=p.dtype)),
    Row("polyint", products("i"),
        torch=lambda t, p: t.cat([p / t.arange(len(p), 0, -1, dtype=p.dtype), p[:1] * 0])),
    Row("poly", products("i"), call=lambda m, x: m.poly(x), torch=lambda t, x: torch_poly(t, x)),
    Row("vander", products("i"), call=lambda m, x: m.vander(x, 3), torch=lambda t, x: t.stack([x**2, x, x**0], -1)),
    Row("cov", matrices(columns=4, batch=False), complex=BOTH),
    Row("cov", alike(2, 3, 1), call=lambda m, x, y: m.cov(x.reshape(-1), y.reshape(-1), ddof=0),
        torch=lambda t, x, y: t.cov(t.stack([x.reshape(-1), y.reshape(-1)]), correction=0)),
    Row("corrcoef", matrices(columns=4, batch=False)),
    Row("linspace", alike(2, axes=0, least=0, num=st.integers(2, 5)), call=lambda m, a, b, num: m.linspace(a, b, num),
        torch=lambda t, a, b, num: t.stack([a + (b - a) * (k / (num - 1)) for k in range(num)])),
    Row("logspace", alike(2, axes=0, least=0), "unit", call=lambda m, a, b: m.logspace(a, b, 4),
        torch=lambda t, a, b: t.stack([10 ** (a + (b - a) * (k / 3)) for k in range(4)])),
    Row("geomspace", alike(2, axes=0, least=0), "positive", call=lambda m, a, b: m.geomspace(a, b, 4),
        torch=lambda t, a, b: t.stack([a * (b / a) ** (k / 3) for k in range(4)])),
    Row("bincount", products("i"), call=lambda m, w: m.bincount(INDEX[: len(w)], weights=w, minlength=6),
        torch=lambda t, w: t.zeros(6, dtype=t.float64).index_add(0, t.tensor(INDEX[: len(w)]), w.double()),
        jax=lambda n, w: n.bincount(n.asarray(INDEX[: len(w)]), weights=w, minlength=6, length=6).astype(float)),
]  # fmt: skip

INDEX = [3, 1, 3, 0]


def horner_add(t, p, q):
    n = max(len(p), len(q))
    return t.nn.pad(p, (n - len(p), 0)) + t.nn.pad(q, (n - len(q), 0))


def torch_poly(t, x):
    out = t.ones(1, dtype=x.dtype)
    for root in x:
        out = t.nn.pad(out, (0, 1)) - root * t.nn.pad(out, (1, 0))
    return out
