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
        For each picture the reading with the highest score. It has as many alternatives as one look has at most, of
        all looks, the likeliest first.
    """
    inks = prepare(images, 1.0)
    best = list(read(inks, None))
    readings = [[reading.latex] for reading in best]
    for again in further:
        doubtful = [i for i, reading in enumerate(best) if reading.error is None and reading.score < again.below]
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
    for reading in sorted(readings, key=lambda reading: -reading.score):
        distinct.setdefault(reading.latex, replace(reading, alternatives=()))
    return with_alternatives(list(distinct.values())[:count])


__all__ = ['Look', 'look']
