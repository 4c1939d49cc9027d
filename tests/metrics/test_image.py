"""Image metrics of Deng et al. on pictures made by hand: a column is written as the number of its dark pixels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from metrics.image import ImageComparison, _columns, _symbols, compare, ink

HEIGHT = 70  # more than a word of 64 bits


def picture(*columns: int) -> np.ndarray:
    """Columns that differ in ten pixels for each step of their number; 0 is blank."""
    dark = np.zeros((HEIGHT, len(columns)), bool)
    for position, number in enumerate(columns):
        dark[: 10 * number, position] = True
    return dark


A, B, C = [1] * 6, [2] * 6, [3] * 6
BLANK = [0] * 6


@pytest.mark.parametrize(
    ('label', 'prediction', 'distance', 'width', 'matches'),
    [
        # matches: with spaces, without, and both strictly
        ([*A, *B], [*A, *B], 0, 12, 'yyyy'),
        ([*A, *B], [*A, *C], 6, 12, 'nnnn'),
        ([*A, *B], [*A, *B[:2]], 4, 12, 'yyyy'),  # four columns in a row are forgiven
        ([*A, *B], [*A, *B[:1]], 5, 12, 'nnnn'),
        ([*A, *B], [*A, *B, *C], 6, 18, 'yynn'),  # what only the prediction has counts strictly alone
        ([*A, *BLANK, *B], [*A, *B], 6, 18, 'nyny'),
        ([*A, *B], [*A, *BLANK, *B], 6, 18, 'yyny'),
        ([*A, *B], [*A, 3, 3, 3, 3, *B], 4, 16, 'yyyy'),
    ],
)
def test_truth_table(label: list[int], prediction: list[int], distance: int, width: int, matches: str) -> None:
    found = compare(picture(*label), picture(*prediction))
    assert (found.distance, found.width) == (distance, width)
    values = (
        found.match, found.match_without_spaces, found.strict_match, found.strict_match_without_spaces
    )  # fmt: skip
    assert ''.join('y' if value else 'n' for value in values) == matches


def test_missing_prediction() -> None:
    assert compare(picture(*A), None) == ImageComparison(6, 6, False, False, False, False)


def test_columns_that_hardly_differ_are_one_symbol_but_not_equal() -> None:
    label = picture(*A)
    nearly, far = label.copy(), label.copy()
    nearly[60:64], far[60:65] = True, True
    assert compare(label, nearly).match and compare(label, nearly).distance == 6
    assert not compare(label, far).match


def test_the_lower_picture_is_padded_at_its_bottom() -> None:
    assert compare(picture(*A), picture(*A)[:20]).distance == 0
    assert compare(picture(*A)[:20], picture(*A)).strict_match


def test_ink() -> None:
    image = Image.new('L', (9, 7), 255)
    image.putpixel((2, 1), 0)
    image.putpixel((5, 4), 200)  # not white, but light
    dark = ink(image)
    assert dark.shape == (4, 4) and dark.sum() == 1 and dark[0, 0]
    assert not ink(Image.new('L', (9, 7), 255)).size


@given(arrays(bool, st.tuples(st.just(12), st.integers(1, 12))))
def test_symbols_as_defined(dark: np.ndarray) -> None:
    """Each column takes the symbol of the first founder of one that it is close to."""
    founders: list[np.ndarray] = []
    expected = []
    for column in dark.T:
        if (known := next((i for i, seen in enumerate(founders) if (seen == column).all()), None)) is None:
            known = next((i for i, seen in enumerate(founders) if (seen ^ column).sum() < 5), None)
        if known is None:
            known = len(founders)
            founders.append(column)
        expected.append(known)
    found = _symbols(_columns(dark, 12))
    assert [found.index(symbol) for symbol in found] == [expected.index(symbol) for symbol in expected]
