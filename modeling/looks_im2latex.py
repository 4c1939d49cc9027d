"""Doubtful pictures are read again at other sizes, and the reading counts that is likeliest at all of them.

How large letters are in a picture nobody says, and cells that hold too much of them are read wrong: another size is
another chance, above all for small letters. How much it brings and costs: docs/experiments.md. The standard library
and numpy only.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .confidence_im2latex import Calibration
from .prediction_im2latex import Prediction, with_alternatives

MAX_UNIT, REPEATS = 12, 8
Prepared = np.ndarray | str
"""a picture ready to read, or the reason why it cannot be read"""
Logs = Sequence[float]
"""log-probabilities of the tokens of a reading, and of its end"""
TINY = 1e-9
# A reading counts for little that the looks find less likely than another, tokens multiplied, by more than this many
# nats: one that goes on and on has many tokens that are likely, each after the last.
MARGIN = 5.0


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
    weigh: Callable[[Sequence[Any], Sequence[Sequence[Prediction]]], Sequence[Sequence[Logs]]],
    further: Sequence[Look] = (),
    calibration: Calibration | None = None,
) -> list[Prediction]:
    """Reads pictures, the doubtful ones again.

    Args:
        images: the pictures.
        prepare: makes pictures ready to read, enlarged by a factor.
        read: reads them, given the best reading of each so far, None at the first look; what could not be prepared
            becomes a prediction with an `error`.
        weigh: for prepared pictures and some readings of each, the log-probabilities of the tokens of every reading.
        further: looks after the first, each at the pictures whose best reading so far is doubtful.
        calibration: tells how sure the readings are.

    Returns:
        For each picture the reading that all looks together find likeliest (`_Looks.best`). It has as many alternatives
        as one look has at most, of all looks, in the same order.
    """
    inks = prepare(images, 1.0)
    best = list(read(inks, None))
    seen = [_Looks() for _ in images]
    for looks, ink, reading in zip(seen, inks, best, strict=True):
        looks.add(ink, reading)
    for again in further:
        doubtful = [i for i, reading in enumerate(best) if reading.error is None and _is_doubtful(reading, again)]
        if not doubtful:
            continue
        larger = prepare([images[i] for i in doubtful], again.enlarge)
        for i, ink, other in zip(doubtful, larger, read(larger, [best[i] for i in doubtful]), strict=True):
            if other.error is None:
                seen[i].add(ink, other)
        unknown = [(seen[i], place, missing) for i in doubtful for place, missing in seen[i].unknown()]
        weighed = weigh([looks.inks[place] for looks, place, _ in unknown], [missing for *_, missing in unknown])
        for (looks, place, missing), logs in zip(unknown, weighed, strict=True):
            looks.learn(place, missing, logs)
        for i in doubtful:
            best[i] = seen[i].best()
    return [
        reading if calibration is None or isinstance(ink, str) else calibration.judged(reading, ink)
        for reading, ink in zip(best, inks, strict=True)
    ]


class _Looks:
    """The looks at one picture.

    Each says how likely it finds not only its own reading but those of the others: a reading of one size of the picture
    that is unlikely at another is doubtful, however sure the former. A look that lost its place has no say.
    """

    def __init__(self) -> None:
        self.inks: list[Prepared] = []
        self.readings: list[Prediction] = []
        self.valid: list[int] = []
        """places of the looks that have a say"""
        self.candidates: dict[str, Prediction] = {}
        """their readings, by LaTeX"""
        self.logs: dict[tuple[int, tuple[str, ...]], Logs] = {}
        """by place of the look and tokens of the reading"""

    def add(self, ink: Prepared, reading: Prediction) -> None:
        """Takes note of a further look."""
        place = len(self.readings)
        self.inks.append(ink)
        self.readings.append(reading)
        if not is_lost(reading):
            own = [item for item in (reading, *reading.alternatives) if not is_lost(item)]
            self.valid.append(place)
            self.candidates |= {item.latex: item for item in own}
            self.learn(place, own, map(_logs, own))

    def unknown(self) -> Iterator[tuple[int, list[Prediction]]]:
        """Places of looks, and the readings of others that these have not weighed yet."""
        for place in self.valid:
            if missing := [item for item in self.candidates.values() if (place, _texts(item)) not in self.logs]:
                yield place, missing

    def learn(self, place: int, readings: Iterable[Prediction], logs: Iterable[Logs]) -> None:
        """Takes note of how likely a look finds some readings."""
        self.logs |= {(place, _texts(reading)): item for reading, item in zip(readings, logs, strict=True)}

    def best(self) -> Prediction:
        """The likeliest reading, with alternatives. Its probabilities are the geometric means of those of the looks."""
        if len(self.valid) > 1:
            logs = {
                latex: np.mean([self.logs[place, _texts(item)] for place in self.valid], axis=0)
                for latex, item in self.candidates.items()
            }
            least = max(float(item.sum()) for item in logs.values()) - MARGIN
            found = [_with_logs(item, logs[latex]) for latex, item in self.candidates.items()]
            found.sort(key=lambda item: (logs[item.latex].sum() < least, -item.score))
        else:  # one look, or none, in which case the surest counts
            found = [item for reading in self.readings for item in (reading, *reading.alternatives)]
            found.sort(key=lambda item: (is_lost(item), -item.score))
        distinct: dict[str, Prediction] = {}
        for item in found:
            distinct.setdefault(item.latex, replace(item, alternatives=()))
        count = 1 + max(len(reading.alternatives) for reading in self.readings)
        best = with_alternatives(list(distinct.values())[:count])
        if len(self.readings) == 1:
            return best
        # None of them, if the best is another look's alternative.
        same = sum(reading.latex == best.latex for reading in self.readings)
        sums = [math.fsum(self.logs[place, _texts(best)]) for place in self.valid] if len(self.valid) > 1 else []
        return replace(best, agreement=max(0, same - 1) / (len(self.readings) - 1), surest=max(sums, default=None))


def _texts(reading: Prediction) -> tuple[str, ...]:
    return tuple(token.text for token in reading.tokens)


def _logs(reading: Prediction) -> Logs:
    """Log-probabilities of the tokens and the end of a reading, as the look that it is of found them."""
    logs = [math.log(max(token.probability, TINY)) for token in reading.tokens]
    return [*logs, min(0.0, (len(logs) + 1) * math.log(max(reading.score, TINY)) - sum(logs))]


def _with_logs(reading: Prediction, logs: np.ndarray) -> Prediction:
    tokens = tuple(
        replace(token, probability=math.exp(log)) for token, log in zip(reading.tokens, logs[:-1], strict=True)
    )
    return replace(reading, score=math.exp(float(logs.mean())), tokens=tokens)


def _is_doubtful(reading: Prediction, again: Look) -> bool:
    return reading.score < again.below or is_lost(reading)


def is_lost(reading: Prediction) -> bool:
    """Whether the model lost its place in the picture, and said one thing on and on.

    It is sure of itself then, and its score high. So is every reading that was cut off, and one that repeats up to
    `MAX_UNIT` tokens at least `REPEATS` times in a row, which few formulas do, such as large matrices of zeros.
    """
    texts = _texts(reading)
    return not reading.is_complete or any(_run(texts, unit) >= (REPEATS - 1) * unit for unit in range(1, MAX_UNIT + 1))


def _run(texts: Sequence[str], unit: int) -> int:
    """For how many tokens on end each is the one so many places before it, at most."""
    longest = run = 0
    for earlier, text in zip(texts, texts[unit:], strict=False):
        run = run + 1 if text == earlier else 0
        longest = max(longest, run)
    return longest


__all__ = ['Look', 'look']
