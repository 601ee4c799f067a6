"""Check gradients: of functions, of ops, of nets. Public, so that your own ops can be checked as ours are."""

from .check_op import CheckReport, OpReport, check_op
from .checks import KINDS
from .draw import Draw
from .gradcheck import GradcheckReport, gradcheck, gradgradcheck
from .numerical import eval_numerical_gradient, eval_numerical_gradient_array, numerical_gradient, rel_error
from .strict import StrictArray

__all__ = [
    "KINDS", "CheckReport", "Draw", "GradcheckReport", "OpReport", "StrictArray", "check_op", "eval_numerical_gradient",
    "eval_numerical_gradient_array", "gradcheck", "gradgradcheck", "numerical_gradient", "rel_error",
]  # fmt: skip
