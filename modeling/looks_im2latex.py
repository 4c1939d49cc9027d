"""Doubtful pictures are read again, enlarged, and the likeliest reading counts.

How large letters are in a picture nobody says, and cells that hold too much of them are read wrong: another size is
another chance, above all for small letters. How much it brings and costs: docs/experiments.md. The standard library
and numpy only.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .confidence_im2latex import Calibration
from .prediction_im2latex import Prediction, with_alternatives

MAX_UNIT, REPEATS = 12, 8
Prepared = np.ndarray | str
"""a picture ready to read, or the reason why it cannot be read"""


@dataclass(frozen=True)
class Look:
    """When to look again, and how."""

    below: float
    """readings with a lower score are doubtful"""
    enlarge: float
    """by how much larger the picture is made than for the first look"""

    @staticmethod
    def further(config: Mapping[str, Any]) -> 'tuple[Look, ...]':
        """Those after the first, in order, as a checkpoint's `config.json` has them in `looks`; none without it.

        Raises ValueError for what does not say when and how to look again.
        """
        try:
            return tuple(Look(float(look['below']), float(look['enlarge'])) for look in config.get('looks') or ())
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f'looks must each have numbers "below" and "enlarge": {error!r}') from error


def look(
    images: Sequence[Any],
    prepare: Callable[[Sequence[Any], float], Sequence[Prepared]],
    read: Callable[[Sequence[Prepared], Sequence[Prediction] | None], Sequence[Prediction]],
    further: Sequence[Look] = (),
    calibration: Calibration | None = None,
) -> list[Prediction]:
    """Reads pictures, the doubtful ones again.

    Args:
        images: the pictures.
        prepare: makes pictures ready to read, enlarged by a factor.
        read: reads them, given the best reading of each so far, None at the first look; what could not be prepared
            becomes a prediction with an `error`.
        further: looks after the first, each at the pictures whose best reading so far is doubtful.
        calibration: tells how sure the readings are.

    Returns:
        For each picture the reading with the highest score, of those that are not lost (`is_lost`) if one is not. It
        has as many alternatives as one look has at most, of all looks, in the same order.
    """
    inks = prepare(images, 1.0)
    best = list(read(inks, None))
    readings = [[reading.latex] for reading in best]
    for again in further:
        doubtful = [i for i, reading in enumerate(best) if reading.error is None and _is_doubtful(reading, again)]
        if doubtful:
            larger = prepare([images[i] for i in doubtful], again.enlarge)
            others = read(larger, [best[i] for i in doubtful])
            for i, other in zip(doubtful, others, strict=True):
                if other.error is None:
                    best[i] = _merged(best[i], other)
                    readings[i].append(other.latex)
    best = [_with_agreement(reading, given) for reading, given in zip(best, readings, strict=True)]
    return [
        reading if calibration is None or isinstance(ink, str) else calibration.judged(reading, ink)
        for reading, ink in zip(best, inks, strict=True)
    ]


def _is_doubtful(reading: Prediction, again: Look) -> bool:
    return reading.score < again.below or is_lost(reading)


def is_lost(reading: Prediction) -> bool:
    """Whether the model lost its place in the picture, and said one thing on and on.

    It is sure of itself then, and its score high. So is every reading that was cut off, and one that repeats up to
    `MAX_UNIT` tokens at least `REPEATS` times in a row, which few formulas do, such as large matrices of zeros.
    """
    texts = [token.text for token in reading.tokens]
    return not reading.is_complete or any(_run(texts, unit) >= (REPEATS - 1) * unit for unit in range(1, MAX_UNIT + 1))


def _run(texts: Sequence[str], unit: int) -> int:
    """For how many tokens on end each is the one so many places before it, at most."""
    longest = run = 0
    for earlier, text in zip(texts, texts[unit:], strict=False):
        run = run + 1 if text == earlier else 0
        longest = max(longest, run)
    return longest


def _with_agreement(best: Prediction, readings: Sequence[str]) -> Prediction:
    """The best of all looks' readings, and how many of the others are the same."""
    if len(readings) == 1:
        return best
    # None of them, if the best is another look's alternative.
    return replace(best, agreement=max(0, readings.count(best.latex) - 1) / (len(readings) - 1))


def _merged(one: Prediction, other: Prediction) -> Prediction:
    """The best of two looks with as many alternatives as a look had."""
    readings = [one, *one.alternatives, other, *other.alternatives]
    count = 1 + max(len(one.alternatives), len(other.alternatives))
    distinct: dict[str, Prediction] = {}
    for reading in sorted(readings, key=lambda reading: (is_lost(reading), -reading.score)):
        distinct.setdefault(reading.latex, replace(reading, alternatives=()))
    return with_alternatives(list(distinct.values())[:count])


__all__ = ['Look', 'look']
