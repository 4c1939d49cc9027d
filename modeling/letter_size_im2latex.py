"""How large the letters of a picture are: the resolution at which 10 pt type has such letters. numpy only.

How it was found, and what it is worth: docs/experiments.md, "The size of letters".
"""

import numpy as np

# How far apart strokes are in pixels, as `stroke_pitch` measures it, where 10 pt type was drawn at a resolution in dpi:
# between the medians of Computer Modern as it is drawn and as im2latex-100k has it, bolder. Single formulas differ by
# 11 % (standard deviation), other fonts by up to 12 %.
_PITCHES = (2.4, 2.75, 2.95, 3.5, 6.05, 10.75, 48.3)
_RESOLUTIONS = (40, 50, 70, 100, 200, 400, 2000)
# A pixel belongs to a stroke if it has at least so much ink, and no less than the pixels around it have on average, so
# far away at most: between strokes that a blur has joined there is less. With as much as DARK it does in any case.
STROKE_INK, AROUND, DARK = 0.2, 2, 0.85
# But the steps of enlarged pixels make strokes of their own. By ink alone the distances come out so many times as long
# at most where letters are blurred by a pixel and a half.
BLURRED = 1.6
# Which of the distances between strokes lie inside letters, the shortest, not between letters and symbols; and how many
# distances it takes to say something.
INSIDE, FEWEST = 0.4, 8


def resolution(ink: np.ndarray) -> float | None:
    """At how many dpi 10 pt type has letters of this size, ink from 0 to 1, (H, W); None if too few to tell."""
    pitch = stroke_pitch(ink)
    return None if pitch is None else float(np.interp(pitch, _PITCHES, _RESOLUTIONS))


def stroke_pitch(ink: np.ndarray) -> float | None:
    """How far apart strokes are inside letters, in pixels, ink from 0 to 1, (H, W); None where there are hardly any.

    The distances are those between the starts of neighbouring runs of ink, along rows and columns. So bold and light
    letters of a size measure much the same, and spaces, fractions and other large gaps do not count.
    """
    marked = ink > STROKE_INK
    by_ink = _mean_distance(marked)
    by_strokes = _mean_distance(marked & (ink >= np.minimum(_mean_around(ink), DARK)))
    return None if by_ink is None or by_strokes is None else max(by_strokes, by_ink / BLURRED)


def _mean_distance(marked: np.ndarray) -> float | None:
    distances = np.sort(np.concatenate([_run_distances(marked), _run_distances(marked.T)]))
    return float(distances[: int(INSIDE * distances.size)].mean()) if distances.size >= FEWEST else None


def _mean_around(ink: np.ndarray) -> np.ndarray:
    """Mean of each pixel and those around it; paper lies outside."""
    side = 2 * AROUND + 1
    sums = np.pad(np.pad(ink, AROUND).astype(np.float64).cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    rows = sums[side:] - sums[:-side]
    return (rows[:, side:] - rows[:, :-side]) / side**2


def _run_distances(marked: np.ndarray) -> np.ndarray:
    """Between the starts of neighbouring runs in each row."""
    rows, starts = np.nonzero(marked[:, 1:] & ~marked[:, :-1])
    return np.diff(starts)[np.diff(rows) == 0]


__all__ = ['resolution', 'stroke_pitch']
