"""Write ``docs/differences.md``: where PyTorch and JAX give other gradients. Run it after changing that table:
python docs/make_differences.py
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

from differential.differences import rendered  # noqa: E402 - the table is beside the tests that assert it

INTRO = """\
<!-- Made by docs/make_differences.py: do not edit. -->

# Differences from PyTorch and JAX

More than two hundred of NumPy's functions are compared with PyTorch's and JAX's: their values, gradients and second
derivatives, on shapes, dtypes, broadcasts and memory layouts that hypothesis draws (`tests/differential/`). They agree,
but for the points below. A test asserts every cell of the table, and the argument:

- where there is a derivative, **finite differences** decide;
- where there is none, a value **between the one-sided derivatives** is as right as any, and ours is one;
- the rest is a **convention**, and the last column says why it is ours.

Ties and singular points where all three agree are in [conventions](conventions.md).

"""

AFTER = """\

## Differences that are no points

| what | here | PyTorch | JAX |
|---|---|---|---|
| a 0-d array of a wider dtype beside an array | widens it if it is a tensor, as in NumPy | does not | widens it |
| complex numbers | steepest ascent | steepest ascent | the conjugate of it |
| `np.median`, `np.std`, `np.var` | NumPy's | the lower median; divides by n - 1 | NumPy's |
| second derivatives where eigenvalues are equal | an error | NaN | NaN |
| an array that was saved, changed through NumPy | an error | a wrong gradient | its arrays do not change |
"""

if __name__ == "__main__":
    target = HERE / "differences.md"
    target.write_text(INTRO + rendered() + AFTER, encoding="utf-8")
    print(f"wrote {target}")
