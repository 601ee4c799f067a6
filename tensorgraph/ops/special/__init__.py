"""SciPy's special functions, found through the ufunc protocol: ``scipy.special.erf(t)`` just works where SciPy is.

Nothing here imports SciPy: this room is entered when a tensor meets a function that is in no table, and scipy.special
has been imported by whoever called it. A table for each family has a row for each function, with the derivatives that
are closed forms of other functions of SciPy, so that they exist at every order.
"""

from . import (
    bessel,
    distributions,
    elementary,
    elliptic,
    error_functions,
    gamma_and_beta,
    hypergeometric,
    remaining,
    several,
)

remaining.refuse_the_others()

__all__ = [
    "bessel", "distributions", "elementary", "elliptic", "error_functions", "gamma_and_beta", "hypergeometric",
    "remaining", "several",
]  # fmt: skip
