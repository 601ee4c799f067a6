"""SciPy's special functions on tensors: each has a state, and where care is needed rules are right. The rules of all
are checked in test_ops.py."""

import subprocess
import sys

import numpy as np
import pytest
import scipy.special as special

import tensorgraph as tg
from tensorgraph import Tensor
from tensorgraph.core import OPS, Op, state_of
from tensorgraph.errors import DTypeError, NotDifferentiableError, TrackedTensorError, UnsupportedFunctionError

UFUNCS = {name: f for name, f in vars(special).items() if isinstance(f, np.ufunc)}
BEHIND = {name: f for name, f in vars(special._ufuncs).items() if isinstance(f, np.ufunc)}


def of(f, x, order=1):
    """The derivative of an elementwise function at each of these numbers."""
    for _ in range(order):
        f = tg.grad(lambda x, f=f: np.sum(f(x)))
    return f(np.asarray(x))


# States


@pytest.mark.parametrize("name", [*UFUNCS, *BEHIND])
def test_every_ufunc_has_a_state(name):
    f = UFUNCS.get(name, BEHIND.get(name))
    state = state_of(f)
    assert state is not None
    x = Tensor(np.array([1.0, 2.0]), requires_grad=True)
    if state == "refused":
        with pytest.raises(UnsupportedFunctionError, match=rf"^scipy\.special\.(_ufuncs\.)?{name}: .+ .+"):
            f(*[x] * f.nin)


def test_how_many_are_differentiable():
    states = [state_of(f) for f in UFUNCS.values()]
    assert len(states) > 200
    assert states.count("differentiable") >= 170
    assert {name for name, f in UFUNCS.items() if state_of(f) == "constant"} == {"gammasgn", "round"}


def test_the_families_that_users_meet():
    families = """
        gamma gammaln loggamma digamma psi rgamma poch beta betaln betainc betaincc gammainc gammaincc binom
        erf erfc erfcx erfinv erfcinv erfi dawsn wofz ndtr log_ndtr ndtri expit logit log_expit
        xlogy xlog1py entr rel_entr kl_div huber pseudo_huber exprel exp10 exp2 expm1 log1p cbrt cosm1
        j0 j1 jn jv y0 y1 yn yv i0 i0e i1 i1e iv ive k0 k0e k1 k1e kn kv kve jve yve hankel1 hankel2 struve modstruve
        airy ellipk ellipkm1 ellipe ellipkinc ellipeinc ellipj expi exp1 expn sici shichi fresnel spence
        hyp0f1 hyp1f1 hyp2f1 hyperu eval_legendre eval_chebyt eval_hermite eval_laguerre eval_jacobi
        boxcox boxcox1p inv_boxcox inv_boxcox1p owens_t bdtr stdtr chdtr fdtr nbdtr gdtr pdtr voigt_profile agm
    """
    assert [name for name in families.split() if state_of(getattr(special, name)) != "differentiable"] == []


def test_scipy_is_found_when_it_is_met():
    """Neither importing tensorgraph nor running NumPy's functions imports SciPy; it may be imported afterwards."""
    code = """
import sys, numpy as np, tensorgraph as tg
x = tg.Tensor([0.5], requires_grad=True)
assert np.sinc(x).requires_grad and "erf" not in tg.OPS and "scipy" not in sys.modules
import scipy.special
scipy.special.erf(x).sum().backward()
print(round(x.grad.item(), 6))
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "0.878783\n"


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda x: special.jv(x, x),
            NotDifferentiableError,
            "jv: there is no gradient with respect to v, which requires one. SciPy has no function for it. Pass it "
            "detached (t.detach()), or differentiate numerically with tensorgraph.numeric_op",
        ),
        (
            lambda x: special.pbdv(x, 1.0),
            NotDifferentiableError,
            "pbdv: there is no gradient with respect to its first input, which requires one. SciPy has no function for "
            "it. Pass it detached (t.detach()), or differentiate numerically with tensorgraph.numeric_op",
        ),
        (
            lambda x: special.kolmogorov(x),
            UnsupportedFunctionError,
            "scipy.special.kolmogorov: there is no rule for its derivative. SciPy has no function for it. Pass it "
            "detached (t.detach()), or differentiate numerically with tensorgraph.numeric_op",
        ),
        (
            lambda x: special.airye(x),
            UnsupportedFunctionError,
            "scipy.special.airye: it is not smooth in a complex number, and in a real one it is airy times an "
            "exponential. Use scipy.special.airy",
        ),
        (
            lambda x: special.softmax(x),
            TrackedTensorError,
            "a tensor on a graph was about to become a plain array, which would silently lose its gradient. "
            "Use .numpy() or .detach() to take its values on purpose, and np.stack to join tensors of a list",
        ),
    ],
)
def test_what_is_refused_says_why(call, kind, message):
    with pytest.raises(kind) as error:
        call(Tensor(np.array([1.0, 2.0]), requires_grad=True))
    assert str(error.value) == message


def test_complex_numbers_where_scipy_has_none():
    with pytest.raises(DTypeError, match="^ndtri: "):
        special.ndtri(Tensor(np.array([0.5 + 1j])))


def test_functions_made_of_ufuncs_work():
    x = np.array([0.5, 1.5])
    np.testing.assert_allclose(of(lambda x: special.zeta(2, x), x), -2 * special.zeta(3, x))
    np.testing.assert_allclose(of(special.softplus, x), special.expit(x))
    np.testing.assert_allclose(of(special.sinc, x), of(np.sinc, x))
    w = special.lambertw(x).real
    np.testing.assert_allclose(of(lambda x: special.lambertw(x).real, x), w / (x * (1 + w)))


# Where the plain formula of a derivative would lose digits or be 0 times infinity

SMOOTH = [  # function, point, its derivatives of the first orders
    (special.rgamma, 0.0, [1.0, 2 * np.euler_gamma]),
    (special.rgamma, -1.0, [-1.0]),
    (special.rgamma, -2.0, [2.0]),
    (special.exprel, 0.0, [1 / 2, 1 / 3, 1 / 4]),
    (special.exprel, 1e-13, [1 / 2, 1 / 3, 1 / 4]),
    (special.spence, 1.0, [-1.0, 1 / 2, -2 / 3]),
    (special.ellipk, 0.0, [np.pi / 8, 9 * np.pi / 64]),
    (special.ellipe, 0.0, [-np.pi / 8, -3 * np.pi / 64]),
    (lambda m: special.ellipkinc(0.5, m), 0.0, [(1 - np.sin(1)) / 8]),
    (lambda m: special.ellipeinc(0.5, m), 0.0, [-(1 - np.sin(1)) / 8]),
    (special.j1, 0.0, [1 / 2, 0.0, -3 / 8]),
    (special.i1, 0.0, [1 / 2, 0.0, 3 / 8]),
    (special.beip, 0.0, [1 / 2]),
    (special.berp, 0.0, [0.0]),
    (lambda lmbda: special.boxcox(np.e, lmbda), 0.0, [1 / 2, 1 / 3]),
    (lambda lmbda: special.inv_boxcox(1.0, lmbda), 0.0, [-np.e / 2]),
    (lambda a: special.agm(a, 1.0), 1.0, [1 / 2, -1 / 8]),
    (lambda x: special.eval_legendre(3.0, x), 1.0, [6.0, 15.0]),
    (lambda x: special.eval_legendre(0.0, x), 0.5, [0.0]),
    (lambda x: special.eval_chebyt(2.0, x), -1.0, [-4.0, 4.0]),
    (lambda x: special.eval_hermite(0, x), 0.5, [0.0]),
    (special.erfcx, 1e8, [-1e-16 / np.sqrt(np.pi)]),
    (special.dawsn, -1e8, [-1e-16 / 2]),
    (special.log_ndtr, -1e8, [1e8, -1.0]),
    (special.log_ndtr, 100.0, [0.0, 0.0]),
    (special.log_ndtr, 0.0, [np.sqrt(2 / np.pi), -2 / np.pi]),
    (special.ndtri_exp, -1e8, [1 / np.sqrt(2e8)]),
    (special.expit, -800.0, [0.0, 0.0]),
    (special.log_expit, -800.0, [1.0, 0.0]),
]


@pytest.mark.parametrize(("f", "x", "derivatives"), SMOOTH)
def test_smooth_points(f, x, derivatives):
    for order, expected in enumerate(derivatives, 1):
        np.testing.assert_allclose(
            of(f, x, order), expected, rtol=1e-7 if f is special.ndtri_exp else 1e-12, atol=1e-15
        )


@pytest.mark.parametrize("x", [20.0, 59.9, 60.1, 200.0])
def test_both_sides_of_where_a_series_begins(x):
    """Beside the continued fraction of erfcx and its derivative, in rational arithmetic."""
    t = 0.5 / x**2
    terms = [1.0]
    for k in range(1, 30):
        terms.append(-terms[-1] * (2 * k + 1) * t)
    expected = -2 / np.sqrt(np.pi) * t * sum(terms[: int(np.argmin(np.abs(terms))) + 1])
    np.testing.assert_allclose(of(special.erfcx, x), expected, rtol=1e-11)


# Complex numbers


@pytest.mark.parametrize("z", [0.3 + 0.4j, -2.7 + 0.1j, 5 - 3j, -20.5 + 1e-3j])
def test_trigamma_of_complex_numbers(z):
    """By the duplication formula psi1(2z) = (psi1(z) + psi1(z + 1/2)) / 4, and by differences."""

    def derivative(z):
        return np.conj(tg.grad(lambda z: special.psi(z).real)(z))

    expected = (special.psi(z + 1e-5) - special.psi(z - 1e-5)) / 2e-5
    np.testing.assert_allclose(derivative(z), expected, rtol=1e-7)
    np.testing.assert_allclose(derivative(2 * z), (derivative(z) + derivative(z + 0.5)) / 4, rtol=1e-11)


def test_samples_are_there_for_every_op():
    ops = [op for f, op in OPS.items() if isinstance(op, Op) and f in UFUNCS.values()]
    assert len(ops) > 150
    assert [op.name for op in ops if op.sampler is None] == []


@pytest.mark.parametrize(("x", "lmbda", "slope"), [(3.0, 1.0, 0.0), (0.5, 1.0, 0.5), (-0.6, 2.0, 0.0), (0.1, 2.0, 1.0)])
def test_a_distribution_has_no_density_beyond_its_end(x, lmbda, slope):
    """Tukey's is uniform for lmbda 1 and 2, and 1 / lmbda is its end."""
    gradient = tg.grad(lambda x: special.tklmbda(x, lmbda))
    assert float(gradient(x)) == pytest.approx(slope)
    assert float(tg.grad(gradient)(x)) == pytest.approx(0.0)
