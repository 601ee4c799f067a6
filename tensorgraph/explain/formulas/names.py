"""What symbols are called, in each style: W1 is W with a subscript, gamma a Greek letter, and anything else is safe."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from typing import NamedTuple

from .tree import Symbol

GREEK = dict(
    alpha="α", beta="β", gamma="γ", delta="δ", epsilon="ϵ", zeta="ζ", eta="η", theta="θ", iota="ι", kappa="κ",
    lambda_="λ", mu="μ", nu="ν", xi="ξ", pi="π", rho="ρ", sigma="σ", tau="τ", upsilon="υ", phi="ϕ", chi="χ", psi="ψ",
    omega="ω", Gamma="Γ", Delta="Δ", Theta="Θ", Lambda="Λ", Xi="Ξ", Pi="Π", Sigma="Σ", Phi="Φ", Psi="Ψ", Omega="Ω",
)  # fmt: skip
GREEK["lambda"] = GREEK.pop("lambda_")

USUAL = {
    "weight": "W", "bias": "b", "scores": "s", "target": "y", "mask": "m", "mean": "mu", "var": "v",
    "probabilities": "p", "margins": "m", "inv_std": "r",
}  # fmt: skip
"""What textbooks call the arguments and residuals of ops."""

HATS = {"xhat": "x", "prediction": "y"}
LETTERS = "xyzuwqt"
"""For inputs without a name, in turn."""

LONGEST = 40
"""Of names with more characters than this the rest is cut off."""

_ESCAPES = {
    "\\": r"\backslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\wedge{}", "~": r"\sim{}", " ": r"\ ", "<": r"\lt{}", ">": r"\gt{}",
}  # fmt: skip
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_TAKEN_IN_CODE = {"np", "tg", *keyword.kwlist}


class Name(NamedTuple):
    """A name in LaTeX, in Unicode text, and in Python code; ``bare`` if LaTeX can put a subscript to it."""

    latex: str
    unicode: str
    code: str
    bare: bool


def name_of(text: str) -> Name:
    """How a name is written.

    >>> name_of("W1").latex, name_of("gamma_2").unicode, name_of("50% off").code
    ('W_{1}', 'γ₂', '_50__off')
    """
    code = re.sub(r"\W", "_", text, flags=re.ASCII) or "_"
    code = f"_{code}" if code[0].isdigit() else code
    if code in _TAKEN_IN_CODE or re.fullmatch("d.+_d.+", code):  # the latter are gradients
        code = f"{code}_"
    if text in HATS:
        letter = HATS[text]
        return Name(rf"\hat{{{letter}}}", f"{letter}\u0302", code, True)
    split = re.fullmatch(r"([A-Za-z]+)_?(\d+)", text)
    stem, number = split.groups() if split else (text, "")
    shown = "".join([c if c.isprintable() else c.encode("unicode_escape").decode() for c in stem])
    shown = shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"
    unicode = GREEK.get(stem, shown) + number.translate(_SUBSCRIPTS)
    return Name(_latex(stem, shown) + (f"_{{{number}}}" if number else ""), unicode, code, not number)


def _latex(stem: str, shown: str) -> str:
    if stem in GREEK:
        return f"\\{stem}"
    if re.fullmatch(r"[A-Za-zα-ωΑ-Ω]", shown):
        return shown
    return rf"\mathrm{{{escaped(shown)}}}"


def escaped(text: str) -> str:
    """Text in which LaTeX reads no command."""
    return "".join([_ESCAPES.get(c, c) if c.isascii() else rf"\text{{{c}}}" for c in text])


def christen(symbols: Iterable[Symbol]) -> dict[Symbol, Name]:
    """A name for each symbol, no two alike: the user's first; what several share is numbered, in the order given."""
    symbols = list(dict.fromkeys(symbols))
    names: dict[Symbol, Name] = {}
    taken: set[str] = set()

    def free(text: str) -> Name | None:
        name = name_of(text)
        return None if taken & set(name[:3]) else name

    def call(symbol: Symbol, name: Name) -> None:
        taken.update(name[:3])
        names[symbol] = name

    for group in (_groups(symbols, given=True), _groups(symbols, given=False)):
        numbered = []
        for text, members in group.items():
            if len(members) == 1 and (name := free(text)) is not None:
                call(members[0], name)
            else:
                numbered.append((text, members))
        for text, members in numbered:
            number = 0
            for symbol in members:
                name = None
                while name is None:
                    number += 1
                    name = free(f"{text}_{number}")
                call(symbol, name)
    letters = iter(LETTERS)
    number = 0
    for symbol in symbols:
        name = names.get(symbol)
        while name is None:
            letter = next(letters, None)
            number += letter is None
            name = free(letter or f"x_{number}")
            if name is not None:
                call(symbol, name)
    return {symbol: names[symbol] for symbol in symbols}


def _groups(symbols: list[Symbol], given: bool) -> dict[str, list[Symbol]]:
    """The symbols that want each name: the user's, or a hint."""
    groups: dict[str, list[Symbol]] = {}
    for symbol in symbols:
        wanted = symbol.given if given or symbol.given is not None else symbol.hint
        if wanted is not None and (symbol.given is not None) == given:
            groups.setdefault(USUAL.get(wanted, wanted), []).append(symbol)
    return groups
