"""What reading a picture gives, whichever way it is read. The standard library only."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Prediction:
    """What the model reads in one picture."""

    latex: str
    """the formula; empty if `error` is set"""
    score: float
    """confidence, 0 to 1: geometric mean of the probabilities of the tokens chosen, end of formula included"""
    error: str | None = None
    """why the picture could not be read at all, if so"""


__all__ = ['Prediction']
