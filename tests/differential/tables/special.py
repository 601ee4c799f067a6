"""Functions of ``scipy.special``, which come to tensors through NumPy's protocol for ufuncs."""

from hypothesis import strategies as st

from ..drawing import one, several
from ..rows import Row

ORDERS = st.integers(0, 3)


def unary(name, domain="normal", **more):
    return Row(f"special.{name}", one(), domain, **more)


def binary(name, domain="normal", **more):
    return Row(f"special.{name}", several(), domain, **more)


ROWS = [
    unary("gamma", "positive", torch=lambda t, x: t.exp(t.lgamma(x))),
    unary("gammaln", "positive"),
    unary("loggamma", "positive", torch=lambda t, x: t.lgamma(x), jax=lambda n, x: n.special.gammaln(x)),
    unary("rgamma", "positive", torch=lambda t, x: t.exp(-t.lgamma(x)), jax=None),
    unary("digamma", "positive"),
    unary("psi", "positive", jax=lambda n, x: n.special.digamma(x)),
    binary("poch", "positive", torch=lambda t, x, y: t.exp(t.lgamma(x + y) - t.lgamma(x))),
    binary("beta", "positive", torch=lambda t, x, y: t.exp(t.lgamma(x) + t.lgamma(y) - t.lgamma(x + y))),
    binary("betaln", "positive", torch=lambda t, x, y: t.lgamma(x) + t.lgamma(y) - t.lgamma(x + y)),
    Row("special.gammainc", one(), "positive", call=lambda m, x: m.special.gammainc(1.5, x), torch=None),
    Row("special.gammaincc", one(), "positive", call=lambda m, x: m.special.gammaincc(1.5, x), torch=None),
    Row("special.betainc", one(), "share", call=lambda m, x: m.special.betainc(1.5, 0.7, x), torch=None),
    unary("erf"),
    unary("erfc"),
    unary("erfcx", jax=None),
    unary("erfinv", "unit"),
    unary("ndtr"),
    unary("log_ndtr"),
    unary("ndtri", "share"),
    unary("expit"),
    unary("logit", "share"),
    unary("log_expit", torch=lambda t, x: t.nn.logsigmoid(x), jax=lambda n, x: n.nn.log_sigmoid(x)),
    unary("exp2", call=lambda m, x: m.special.exp2(x), jax=lambda n, x: n.exp2(x)),
    unary("exp10", torch=lambda t, x: 10**x, jax=lambda n, x: 10**x),
    unary("expm1", jax=lambda n, x: n.expm1(x)),
    unary("log1p", "positive", jax=lambda n, x: n.log1p(x)),
    unary("exprel", "nonzero", torch=lambda t, x: t.expm1(x) / x, jax=lambda n, x: n.expm1(x) / x),
    unary("entr", "positive"),
    binary("xlogy", "positive"),
    binary("xlog1py", "positive"),
    binary("rel_entr", "positive", torch=lambda t, x, y: x * t.log(x / y)),
    binary("kl_div", "positive", torch=lambda t, x, y: x * t.log(x / y) - x + y),
    unary("i0"),
    unary("i0e", second="jax"),
    unary("i1"),
    unary("i1e", second="jax"),
    unary("spence", "share", torch=None),
    unary("boxcox", "positive", call=lambda m, x: m.special.boxcox(x, 0.5),
          torch=lambda t, x: (x**0.5 - 1) / 0.5, jax=lambda n, x: (x**0.5 - 1) / 0.5),
    unary("huber", call=lambda m, x: m.special.huber(0.8, x),
          torch=lambda t, x: t.nn.huber_loss(x, t.zeros_like(x), reduction="none", delta=0.8), jax=None),
    unary("pseudo_huber", call=lambda m, x: m.special.pseudo_huber(0.8, x),
          torch=lambda t, x: 0.64 * (t.sqrt(1 + (x / 0.8) ** 2) - 1), jax=None),
]  # fmt: skip
