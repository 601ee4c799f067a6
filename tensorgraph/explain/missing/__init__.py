"""Why a tensor has no gradient."""

from .reason import CAUSES, Link, Reason
from .why import why_no_grad

__all__ = ["CAUSES", "Link", "Reason", "why_no_grad"]
