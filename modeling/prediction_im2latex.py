"""What reading a picture gives, whichever way it is read. The standard library only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Token:
    """One token of a reading."""

    text: str
    """as the vocabulary has it; in order, with spaces where LaTeX needs them, the tokens are the formula"""
    probability: float
    """what the model gave it after the tokens before it, 0 to 1; the geometric mean of all looks at the picture"""


@dataclass(frozen=True)
class Prediction:
    """What the model reads in one picture."""

    latex: str
    """the formula; empty if `error` is set"""
    score: float
    """0 to 1: geometric mean of the probabilities of the tokens, end of formula included"""
    error: str | None = None
    """why the picture could not be read at all, if so"""
    tokens: tuple[Token, ...] = ()
    """the tokens of `latex`, without the end of formula"""
    alternatives: tuple['Prediction', ...] = ()
    """the next likely readings, the likeliest first, each with another `latex`; only where `n_best` asked for them"""
    is_complete: bool = True
    """False if it was cut off at the most tokens: the model had lost its place, mostly, and said one thing on and on"""
    agreement: float = 1.0
    """share of the other looks at the picture (`looks_im2latex.py`) that gave the same `latex`; 1 if there was none"""
    surest: float | None = None
    """natural logarithm of the probability of all tokens, end included, at the look that finds `latex` likeliest; None
    if only one look counted, whose tokens and score say it"""
    confidence: float | None = None
    """probability that `latex` is right, 0 to 1; None without a calibration (`confidence_im2latex.py`)"""
    is_formula: bool | None = None
    """False if the picture seems to show something else; None without a calibration"""


def with_alternatives(readings: Sequence[Prediction]) -> Prediction:
    """The first of a picture's readings, with the others that differ from all before them."""
    distinct: dict[str, Prediction] = {}
    for reading in readings:
        distinct.setdefault(reading.latex, reading)
    first, *others = distinct.values()
    return replace(first, alternatives=tuple(others))


__all__ = ['Prediction', 'Token', 'with_alternatives']
