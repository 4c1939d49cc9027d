"""Whether probabilities can be relied upon.

expected_calibration_error(probabilities, outcomes)
print(reliability_table(reliability(probabilities, outcomes)))
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BINS = 15  # Guo et al., arXiv 1706.04599


@dataclass(frozen=True)
class Bin:
    """Predictions of like probability."""

    low: float
    high: float
    """the bin holds probabilities above `low`, up to `high`"""
    count: int
    probability: float
    """mean of the probabilities"""
    share: float
    """of the predictions that came true"""


def reliability(probabilities: Sequence[float], outcomes: Sequence[bool], bins: int = BINS) -> list[Bin]:
    """Bins of equal width from 0 to 1, without the empty ones.

    Raises:
        ValueError: no predictions, a different number of outcomes, or something that is no probability.
    """
    given, came_true = np.asarray(probabilities, float), np.asarray(outcomes, bool)
    if not given.size or given.shape != came_true.shape:
        raise ValueError(f'{given.size} probabilities and {came_true.size} outcomes')
    if not ((given >= 0) & (given <= 1)).all():
        raise ValueError('probabilities must lie between 0 and 1')
    places = np.maximum(np.ceil(given * bins).astype(int) - 1, 0)
    found = []
    for place in np.unique(places):
        here = places == place
        low, high = float(place / bins), float((place + 1) / bins)
        found.append(Bin(low, high, int(here.sum()), float(given[here].mean()), float(came_true[here].mean())))
    return found


def expected_calibration_error(probabilities: Sequence[float], outcomes: Sequence[bool], bins: int = BINS) -> float:
    """Mean over the predictions of |mean probability - share that came true| of their bin (Guo et al., equation 3).

    Raises: as `reliability`.
    """
    found = reliability(probabilities, outcomes, bins)
    return sum(part.count * abs(part.probability - part.share) for part in found) / sum(part.count for part in found)


def reliability_table(found: Sequence[Bin]) -> str:
    """A reliability diagram as a Markdown table."""
    rows = ['| confidence | predictions | mean confidence | right | |', '| --- | ---: | ---: | ---: | --- |']
    for part in found:
        bar = '█' * round(20 * part.share)
        cells = f'{part.low:.2f} to {part.high:.2f} | {part.count} | {part.probability:.3f} | {part.share:.3f} | {bar}'
        rows.append(f'| {cells} |')
    return '\n'.join(rows)
