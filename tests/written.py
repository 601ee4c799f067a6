"""Readers of formulas of numbers: LaTeX and Unicode text become values, so that their brackets can be tested."""

import re
import unicodedata

import numpy as np


def holds(condition):
    """A condition in square brackets."""
    return 1.0 if condition else 0.0


FUNCTIONS = {
    "holds": holds, "abs": abs, "pi": np.pi, "e": np.e, "sqrt": np.sqrt, "cbrt": np.cbrt, "log": np.log, "max": max,
    "log_2": np.log2, "log_10": np.log10, "arsinh": np.arcsinh, "arcosh": np.arccosh, "artanh": np.arctanh,
    "min": min, "sign": np.sign, "arctan2": np.arctan2, "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "isinf": np.isinf,
    "exp": np.exp, "sin": np.sin, "cos": np.cos, "tan": np.tan, "arcsin": np.arcsin, "arccos": np.arccos,
    "arctan": np.arctan, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh,
}  # fmt: skip

_BRACES = [
    (
        r"\\begin\{cases\}(.*?)&\s*\\text\{if \}(.*?)\\\\(.*?)&\s*\\text\{otherwise\}\s*\\end\{cases\}",
        r"((\1) if (\2) else (\3))",
    ),
    (r"\\operatorname\{(\w+)\}", r"\1"),
    (r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))"),
    (r"\\sqrt\[3\]\{([^{}]*)\}", r"cbrt(\1)"),
    (r"\\sqrt\{([^{}]*)\}", r"sqrt(\1)"),
    (r"\^\{([^{}]*)\}", r"**(\1)"),
    (r"_\{([^{}]*)\}", r"_\1"),
]  # fmt: skip
_LATEX = [
    (r"\\left\|(.*?)\\right\|", r"abs(\1)"), (r"\\left|\\right", ""), (r"\\cdot|\\,", "*"), (r"\\wedge", " and "),
    (r"\\geq", ">="), (r"\\leq", "<="), (r"\\neq", "!="), (r"\\", ""),
]  # fmt: skip
_UNICODE = [
    (r"√([a-z]\w*)", r"sqrt(\1)"), ("√", "sqrt"), (r"∛([a-z]\w*)", r"cbrt(\1)"), ("∛", "cbrt"),
    (r"\|([^|]*)\|", r"abs(\1)"),
    ("·", "*"), (r"\^", "**"), ("½", "0.5"), ("∧", " and "), ("≥", ">="), ("≤", "<="), ("≠", "!="), ("π", "pi"),
    (r"([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda m: f"**({unicodedata.normalize('NFKC', m[1]).replace('−', '-')})"),
    (r"([₀-₉]+)", lambda m: f"_{unicodedata.normalize('NFKC', m[1])}"),
]  # fmt: skip
_BOTH = [
    (r"(?<![<>=!])=", "=="), (r"([<>!=])==", r"\1="),
    (r"(\d|\)|pi) +(?=(?!if|else|and)[a-z(\[])", r"\1*"),
]  # fmt: skip


def value_of_latex(text, **values):
    """What a formula in LaTeX is, where its letters have these values."""
    while (shorter := _all(_BRACES, text)) != text:
        text = shorter
    return _value(_all(_LATEX, text), values)


def value_of_unicode(text, **values):
    """What a formula in Unicode text is, where its letters have these values."""
    return _value(_all(_UNICODE, text), values)


def _value(text, values):
    text = _all(_BOTH, text)
    text = re.sub(r"\[", "holds(", text).replace("]", ")").strip()
    return eval(text, {**FUNCTIONS, **values})


def _all(rules, text):
    for pattern, replacement in rules:
        text = re.sub(pattern, replacement, text, flags=re.DOTALL)
    return text
