"""Do two pictures of formulas look the same: the image metrics of Deng et al., and a strict version of them.

    compare(ink(label_picture), ink(predicted_picture))

"What You Get Is What You See" (arXiv 1609.04938), with the constants of its code, harvardnlp/im2markup
`scripts/evaluation/evaluate_image.py` at 32e60e0. Pictures are cropped to what is not white and made black and white at
128; each column of pixels is one symbol; the lower picture is padded at its bottom.

- Edit distance: Levenshtein's, of columns that are equal to the last pixel. Corpus score: 1 - sum(distances) /
  sum(max(widths)). A missing prediction is as far away as the label is wide.
- Match: columns that differ in fewer than 5 pixels are one symbol (each takes the first symbol it is close to, in order
  of appearance, the label first). The pictures match unless an alignment at the least distance replaces or deletes 5 or
  more columns of the label in a row.
- Match without spaces: the same after all blank columns are left out.

In that code columns which only the prediction has never count, however many: `x` matches `x+1`. The strict match counts
a block by its longer side. Alignments at the least distance are not unique; these are rapidfuzz's.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image
from rapidfuzz.distance import Levenshtein

_BLOCK = 5  # columns in a row
_NEAR = 5  # pixels of a column


@dataclass(frozen=True)
class ImageComparison:
    """How a predicted picture compares with the label's."""

    distance: int
    """columns to insert, delete or replace"""
    width: int
    """columns of the wider picture"""
    match: bool
    match_without_spaces: bool
    strict_match: bool
    strict_match_without_spaces: bool


def ink(image: Image.Image) -> np.ndarray:
    """Where a grey picture (mode L, black on white) is dark, cropped to all that is not white; bool, (H, W)."""
    levels = np.asarray(image)
    touched = levels < 255
    rows, columns = np.flatnonzero(touched.any(axis=1)), np.flatnonzero(touched.any(axis=0))
    if not rows.size:
        return np.zeros((0, 0), bool)
    return levels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] <= 128


def compare(label: np.ndarray, prediction: np.ndarray | None) -> ImageComparison:
    """Compare two pictures as `ink` returns them; None is a missing prediction."""
    if prediction is None or not prediction.size:
        width = label.shape[1]
        return ImageComparison(width, width, not width, not width, not width, not width)
    height = max(label.shape[0], prediction.shape[0])
    first, second = _columns(label, height), _columns(prediction, height)
    width = max(len(first), len(second))
    if np.array_equal(first, second):
        return ImageComparison(0, width, True, True, True, True)
    exact = np.unique(np.concatenate([first, second]), axis=0, return_inverse=True)[1]
    distance = Levenshtein.distance(exact[: len(first)].tolist(), exact[len(first) :].tolist())
    match, strict = _matches(first, second)
    packed, packed_strict = _matches(first[first.any(axis=1)], second[second.any(axis=1)])
    return ImageComparison(distance, width, match, packed, strict, packed_strict)


def _columns(dark: np.ndarray, height: int) -> np.ndarray:
    """Columns of a picture as rows of 64-bit words, (W, ceil(height / 64))."""
    padded = np.zeros((dark.shape[1], -(-height // 64) * 64), bool)
    padded[:, : dark.shape[0]] = dark.T
    return np.packbits(padded, axis=1).view(np.uint64)


def _matches(first: np.ndarray, second: np.ndarray) -> tuple[bool, bool]:
    """Whether two lists of columns match, by Deng et al. and strictly."""
    symbols = _symbols(np.concatenate([first, second]))
    blocks = Levenshtein.opcodes(symbols[: len(first)], symbols[len(first) :])
    changes = [(b.src_end - b.src_start, b.dest_end - b.dest_start) for b in blocks if b.tag != 'equal']
    return all(old < _BLOCK for old, _ in changes), all(max(change) < _BLOCK for change in changes)


def _symbols(columns: np.ndarray) -> list[int]:
    """A number for each column, the same for those that hardly differ."""
    _, first_seen, inverse = np.unique(columns, axis=0, return_index=True, return_inverse=True)
    by_appearance = np.argsort(first_seen)
    distinct = columns[first_seen[by_appearance]]
    near = np.zeros((len(distinct), len(distinct)), np.uint16)
    for word in distinct.T:
        near += np.bitwise_count(word[:, None] ^ word[None])
    is_near = near < _NEAR
    symbols = np.arange(len(distinct))
    founder = np.zeros(len(distinct), bool)
    for number, row in enumerate(is_near):
        found = int(np.argmax(row[:number] & founder[:number])) if number else 0
        if number and founder[found] and row[found]:
            symbols[number] = found
        else:
            founder[number] = True
    names = np.empty(len(distinct), np.intp)
    names[by_appearance] = symbols
    return names[inverse.ravel()].tolist()
