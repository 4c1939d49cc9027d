r"""Character Detection Matching (CDM): which glyphs of a prediction's picture are in the label's, at their places.

    score = compare(page_glyphs(document, 0), page_glyphs(document, 1))      # label, prediction
    score.f1, score.is_exact

Wang et al., "CDM: A Reliable Metric for Fair and Accurate Formula Recognition Evaluation" (arXiv 2409.03643), with the
constants of its code, opendatalab/UniMERNet `cdm/` at 9bfea71:

1. Label and prediction are typeset, and the characters of both paired one to one at the least total cost
   1 * token + 0.05 * position + 0.15 * order (`linear_sum_assignment`). token: 0 for one character, 0.05 for characters
   that look alike, else 1. position: L1 distance of the boxes, each in parts of its picture's size (ink and 8 px), over
   4. order: distance of the characters' ranks, each in parts of its own number of characters.
2. Pairs that do not lie as the others do are dropped: up to five rounds, each of 50 random pairs of pairs, look for a
   shift and scale of the boxes' centres which most of the pairs left follow to less than 20 px, and keep these; lines
   may so move apart from one another. Two pairs or fewer are all kept.
3. Of what is kept, pairs with a token cost of 1 do not count. F1 = 2 * pairs / (characters of both).

CDM is the mean of F1 over formulas; ExpRate@CDM the share with an F1 of 1. A prediction that cannot be typeset scores
0; a label that cannot is left out.

Where this differs from the published code, all but the first because glyphs are read from the PDF and not by colouring
the tokens of the source:

- Random pairs are drawn from a fixed seed; F1 is not rounded to three digits.
- The unit is the glyph. `\neq` and `\longrightarrow` are two, `\underbrace` is six, `\ldots` three (as published). An
  extensible delimiter or a root and its rule is one.
- The order is that in which TeX draws (`x_1^2` and `x^2_1` alike), not that of the source.
- Boxes are outlines, not pixels, of 10 pt type scaled to the published 12 pt at 200 dpi; the pixel around a box is left
  out.
- The faces of a letter are one character, and so are the sizes of a delimiter or operator, as published. What is drawn
  alike is alike under any name; of the published look-alikes only those that are drawn differently are listed here.
- Every horizontal rule is one and the same character: a fraction's, `\overline`'s, and `\hline`'s, which is skipped as
  published. Vertical rules are skipped.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import linear_sum_assignment

from data.glyphs import Box, Glyph

PIXELS_PER_POINT: Final = 200 / 72 * 12 / 10
_MARGIN: Final = 8 / PIXELS_PER_POINT
_TOLERANCE: Final = 20 / PIXELS_PER_POINT
_ROUNDS, _TRIALS, _SEED = 5, 50, 42
_TOKEN, _POSITION, _ORDER = 1.0, 0.05, 0.15
_ALIKE: Final = 0.05

RULE: Final = '\N{HORIZONTAL LINE EXTENSION}'
# Codes of cmex10 (PostScript names in its encoding vector): sizes of one delimiter or operator.
_SIZES: Final = {
    '(': '00 10 12 20', ')': '01 11 13 21', '[': '02 68 14 22', ']': '03 69 15 23', '⌊': '04 6a 16 24',
    '⌋': '05 6b 17 25', '⌈': '06 6c 18 26', '⌉': '07 6d 19 27', '{': '08 6e 1a 28', '}': '09 6f 1b 29',
    '⟨': '0a 44 1c 2a', '⟩': '0b 45 1d 2b', '/': '0e 2e 1e 2c', '\\': '0f 2f 1f 2d', '|': '0c', '∥': '0d',
    '√': '70 71 72 73', '⊔': '46 47', '∮': '48 49', '⊙': '4a 4b', '⊕': '4c 4d', '⊗': '4e 4f', '∑': '50 58',
    '∏': '51 59', '∫': '52 5a', '∪': '53 5b', '∩': '54 5c', '⊎': '55 5d', '∧': '56 5e', '∨': '57 5f', '∐': '60 61',
    'ˆ': '62 63 64', '˜': '65 66 67',
}  # fmt: skip
# Pieces of which tall delimiters are built: named ones by Unicode's private codes (Adobe Glyph List), others as above.
_PIECES: Final = {
    '(': 'f8eb f8ec f8ed', ')': 'f8f6 f8f7 f8f8', '[': 'f8ee f8ef f8f0', ']': 'f8f9 f8fa f8fb', '{': 'f8f1 f8f2 f8f3',
    '}': 'f8fc f8fd f8fe', '': 'f8f4', '|': 'f8e6 0c 3f', '∥': '0d 77', '√': 'f8e5 74 75 76', '↑': '78', '↓': '79',
    '⇑': '7e', '⇓': '7f',
}  # fmt: skip
_LOOK_ALIKE: Final = {
    '·': '.', '⋅': '.', '′': "'", '’': "'", '∗': '*', '⊤': 'T', 'ϵ': 'ε', 'ϑ': 'θ', 'ϖ': 'π', 'ϱ': 'ρ', 'ς': 'σ',
    'ϕ': 'φ', 'ϰ': 'κ',
}  # fmt: skip


def _table(rows: dict[str, str]) -> dict[int, str]:
    """Codes as `Glyph` has them to characters."""
    codes = {code: character for character, row in rows.items() for code in row.split()}
    return {int(code, 16) if len(code) > 2 else -1 - int(code, 16): character for code, character in codes.items()}


_SIZE_OF: Final = _table(_SIZES)
_PIECE_OF: Final = _table(_PIECES)


@dataclass(frozen=True)
class Character:
    """What counts as one: a glyph, a delimiter made of several, a horizontal rule."""

    name: str
    """the character where there is one, else a name that no other glyph has"""
    box: Box


@dataclass(frozen=True)
class CharacterMatch:
    """Which characters of a label and of a prediction have found each other; what is not listed has not."""

    label: tuple[Character, ...]
    prediction: tuple[Character, ...]
    pairs: tuple[tuple[int, int], ...]
    """positions in `label` and `prediction` of the pairs that count"""

    @property
    def f1(self) -> float:
        """2 * pairs / (characters of both), 0 to 1; 1 for two empty pages."""
        count = len(self.label) + len(self.prediction)
        return 2 * len(self.pairs) / count if count else 1.0

    @property
    def is_exact(self) -> bool:
        """Whether every character has found its partner."""
        return len(self.pairs) == len(self.label) == len(self.prediction)


def characters(glyphs: Iterable[Glyph]) -> tuple[Character, ...]:
    """The characters that glyphs and rules make up, in their order."""
    found: list[Character] = []
    last_is_piece = False
    for glyph in glyphs:
        name, is_piece = _name(glyph)
        last = found[-1] if found else None
        if not glyph.font:
            left, bottom, right, top = glyph.box
            if last and last.name == '√' and abs(left - last.box[2]) < 1 and abs(top - last.box[3]) < 1:
                found[-1] = Character('√', _union(last.box, glyph.box))
            elif right - left >= top - bottom:
                found.append(Character(name, glyph.box))
        elif last and is_piece and last_is_piece and _is_below(last.box, glyph.box):
            found[-1] = Character(last.name or name, _union(last.box, glyph.box))
        else:
            found.append(Character(name, glyph.box))
        last_is_piece = is_piece
    return tuple(found)


def compare(label: Iterable[Glyph], prediction: Iterable[Glyph]) -> CharacterMatch:
    """Pair the characters of two pages."""
    first, second = characters(label), characters(prediction)
    if not first or not second:
        return CharacterMatch(first, second, ())
    boxes = _boxes(first), _boxes(second)  # (N, 4), (M, 4)
    token = _token_cost(first, second)  # (N, M)
    relative = [_relative(part) for part in boxes]
    position = np.abs(relative[0][:, None] - relative[1][None]).mean(axis=2)
    order = np.abs(np.arange(len(first))[:, None] / len(first) - np.arange(len(second))[None] / len(second))
    rows, columns = linear_sum_assignment(_TOKEN * token + _POSITION * position + _ORDER * order)
    centres = [(part[:, :2] + part[:, 2:]) / 2 for part in boxes]
    kept = _consistent(centres[0][rows], centres[1][columns]) & (token[rows, columns] < 1)
    return CharacterMatch(first, second, tuple(zip(rows[kept].tolist(), columns[kept].tolist(), strict=True)))


def _name(glyph: Glyph) -> tuple[str, bool]:
    """The character's name, and whether it may be a piece of a larger one."""
    if not glyph.font:
        return RULE, False
    if glyph.font.startswith('CMEX'):
        if glyph.code in _PIECE_OF:
            return _PIECE_OF[glyph.code], True
        if glyph.code in _SIZE_OF:
            return _SIZE_OF[glyph.code], False
    return chr(glyph.code) if glyph.code > 0 else f'{glyph.font.rstrip("0123456789")}:{-1 - glyph.code}', False


def _is_below(upper: Box, lower: Box) -> bool:
    """Whether a piece goes on where the one above it ends."""
    return abs(upper[1] - lower[3]) < 1 and lower[0] < upper[2] and upper[0] < lower[2]


def _union(first: Box, second: Box) -> Box:
    return (
        min(first[0], second[0]),
        min(first[1], second[1]),
        max(first[2], second[2]),
        max(first[3], second[3]),
    )


def _boxes(items: Sequence[Character]) -> np.ndarray:
    return np.array([item.box for item in items])


def _relative(boxes: np.ndarray) -> np.ndarray:
    """Boxes in parts of the picture's size."""
    low, high = boxes[:, :2].min(axis=0) - _MARGIN, boxes[:, 2:].max(axis=0) + _MARGIN
    return (boxes - np.tile(low, 2)) / np.tile(high - low, 2)


def _token_cost(first: Sequence[Character], second: Sequence[Character]) -> np.ndarray:
    numbers: dict[str, int] = {}

    def numbered(names: Iterable[str]) -> np.ndarray:
        return np.array([numbers.setdefault(name, len(numbers)) for name in names])

    names = [[item.name for item in items] for items in (first, second)]
    same, alike = (
        np.equal.outer(numbered(part[0]), numbered(part[1]))
        for part in (names, [[_LOOK_ALIKE.get(name, name) for name in part] for part in names])
    )
    return np.where(same, 0.0, np.where(alike, _ALIKE, 1.0))


def _consistent(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Which of N pairs of points (N, 2) some shift and scale maps onto one another, as step 2 says; (N,) of bool."""
    kept = np.full(len(source), len(source) <= 2)
    generator = np.random.default_rng(_SEED)
    for _ in range(_ROUNDS):
        left = np.flatnonzero(~kept)
        if len(left) <= 2:
            break
        inliers = _largest_group(source[left], target[left], generator)
        if not inliers.any():
            break
        kept[left[inliers]] = True
    return kept


def _largest_group(source: np.ndarray, target: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """RANSAC (Fischler and Bolles 1981): the pairs that follow the best of `_TRIALS` transformations; (N,) of bool.

    A transformation comes from two pairs: the shift of their middle, the ratio of their distances. As in the published
    code it scales about the centre of all points, not of the two it comes from.
    """
    count = len(source)
    first = generator.integers(count, size=_TRIALS)
    second = (first + generator.integers(1, count, size=_TRIALS)) % count
    shift = ((target - source)[first] + (target - source)[second]) / 2  # (T, 2)
    lengths = [np.linalg.norm(points[first] - points[second], axis=1) / 2 for points in (target, source)]
    scale = lengths[0] / (lengths[1] + 1e-10)
    centre = source.mean(axis=0)
    moved = scale[:, None, None] * (source - centre)[None] + centre + shift[:, None]  # (T, N, 2)
    residuals = np.linalg.norm(moved - target[None], axis=2)  # (T, N)
    inliers = residuals < _TOLERANCE
    best = np.lexsort((np.square(residuals).sum(axis=1), -inliers.sum(axis=1)))[0]
    return np.asarray(inliers[best])
