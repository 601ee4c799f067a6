"""Is a training set up as it should be?"""

from .checks import Check
from .report import Health, health

__all__ = ["Check", "Health", "health"]
