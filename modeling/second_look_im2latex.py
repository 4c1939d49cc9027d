"""Doubtful pictures are read once more, enlarged, and the likelier of the two readings counts.

How large letters are in a picture nobody says, and cells that hold too much of them are read wrong: another size is
another chance, above all for small letters. How much it brings and costs: docs/experiments.md. The standard library
only.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .prediction_im2latex import Prediction, with_alternatives


@dataclass(frozen=True)
class SecondLook:
    """When to look again, and how."""

    below: float
    """readings with a lower score are doubtful"""
    enlarge: float
    """how much larger the picture is made"""

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> 'SecondLook | None':
        """As a checkpoint's `config.json` has it, `second_look_below` and `second_look_enlarge`; None without them."""
        below, enlarge = config.get('second_look_below'), config.get('second_look_enlarge')
        return cls(below, enlarge) if below and enlarge else None

    def again(
        self,
        first: Sequence[Prediction],
        images: Sequence[Any],
        read: Callable[[list[Any], float], list[Prediction]],
    ) -> list[Prediction]:
        """The better of two readings of each picture.

        Args:
            first: what the first look read in the pictures.
            images: the pictures.
            read: reads pictures made larger by a factor.

        Returns:
            The same predictions, the doubtful ones replaced where the second look is surer. There are as many
            alternatives as before at most, of both looks, the likeliest first.
        """
        doubtful = [i for i, reading in enumerate(first) if reading.error is None and reading.score < self.below]
        best = list(first)
        for i, other in zip(
            doubtful, read([images[i] for i in doubtful], self.enlarge) if doubtful else [], strict=True
        ):
            if other.error is None:
                best[i] = _merged(first[i], other)
        return best


def _merged(one: Prediction, other: Prediction) -> Prediction:
    """The best of two looks with as many alternatives as a look had."""
    readings = [one, *one.alternatives, other, *other.alternatives]
    count = 1 + max(len(one.alternatives), len(other.alternatives))
    distinct: dict[str, Prediction] = {}
    for reading in sorted(readings, key=lambda reading: -reading.score):
        distinct.setdefault(reading.latex, replace(reading, alternatives=()))
    return with_alternatives(list(distinct.values())[:count])


__all__ = ['SecondLook']
