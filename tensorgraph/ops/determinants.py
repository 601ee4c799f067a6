"""Determinants. The gradient of a determinant are the cofactors, which exist for singular matrices too."""

from __future__ import annotations

import numpy as np

from ..core import implements, op, plain, samples_of
from ..errors import MatrixError
from .matrices import eye_like, transposed
from .rearranging import as_operand
