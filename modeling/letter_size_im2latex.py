"""How large the letters of a picture are: the resolution at which 10 pt type has such letters. numpy only.

How it was found, and what it is worth: docs/experiments.md, "The size of letters".
"""

import numpy as np

# How far apart strokes are in pixels, as `stroke_pitch` measures it, where 10 pt type was drawn at a resolution in dpi:
# between the medians of Computer Modern as it is drawn and as im2latex-100k has it, bolder. Single formulas differ by
# 11 % (standard deviation), other fonts by up to 12 %.
_PITCHES = (2.3, 2.7, 2.95, 3.55, 6.2, 11.5, 54.3)
_RESOLUTIONS = (40, 50, 70, 100, 200, 400, 2000)
# Ink from which on a pixel belongs to a stroke; which of the distances between strokes lie inside letters, the
# shortest, not between letters and symbols; and how many distances it takes to say something.
STROKE_INK, INSIDE, FEWEST = 0.25, 0.4, 8


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
    distances = np.sort(np.concatenate([_run_distances(marked), _run_distances(marked.T)]))
    return float(distances[: int(INSIDE * distances.size)].mean()) if distances.size >= FEWEST else None


def _run_distances(marked: np.ndarray) -> np.ndarray:
    """Between the starts of neighbouring runs in each row."""
    rows, starts = np.nonzero(marked[:, 1:] & ~marked[:, :-1])
    return np.diff(starts)[np.diff(rows) == 0]


__all__ = ['resolution', 'stroke_pitch']
