"""The state of every other ufunc of SciPy: refused, with the reason."""

from __future__ import annotations

import numpy as np

from ...core import constant, refuse, state_of
from .rows import NUMERICALLY, special

constant(special.gammasgn)
refuse(
    "it is not smooth in a complex number, and in a real one it is airy times an exponential. Use scipy.special.airy",
    special.airye,
)
refuse(
    "its results are complex pairs of real functions. Use scipy.special.ber, bei, ker, kei, berp, beip, kerp and keip",
    special.kelvin,
)
refuse(
    "its derivatives are no functions that SciPy has at every point. Differentiate numerically with "
    "tensorgraph.numeric_op, or use scipy.special.ellipk, ellipe, ellipkinc and ellipeinc",
    special.elliprc, special.elliprd, special.elliprf, special.elliprg, special.elliprj,
)  # fmt: skip


def refuse_the_others() -> None:
    """Refuse the ufuncs, public ones and those behind public functions, that no table of this room has named."""
    for space in (special, special._ufuncs):
        for value in vars(space).values():
            if isinstance(value, np.ufunc) and state_of(value) is None:
                refuse(f"there is no rule for its derivative. {NUMERICALLY}", value)
