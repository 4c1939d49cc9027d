"""Doubtful pictures are read again, and the reading counts that all looks find likeliest."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from modeling.looks_im2latex import Look, is_lost, look
from modeling.picture_im2latex import PicturePreparation
from modeling.prediction_im2latex import Prediction, Token

LOOK = Look(below=0.9, enlarge=1.4)


def reading(latex: str, score: float, *others: tuple[str, float]) -> Prediction:
    tokens = tuple(Token(letter, score) for letter in latex)
    return Prediction(latex, score, tokens=tokens, alternatives=tuple(reading(*other) for other in others))


def weighed(*scores: float) -> float:
    return math.prod(scores) ** (1 / len(scores))


LONG = 'abcdefghijklmnopqrstuvwxyz'
CUT_OFF = replace(reading('xxxx', 0.95), is_complete=False)
BLANK = Prediction('', 0.0, error='blank')
# What a look finds of the others' readings.
KNOWN = {
    (1.0, 'x'): 0.5, (1.0, 'y'): 0.1, (1.0, 'ab'): 0.6, (1.0, LONG): 0.6,
    (1.4, 'x'): 0.4, (1.4, 'z'): 0.01, (1.4, 'xx'): 0.3,
}  # fmt: skip


def weigh(pictures: Sequence[tuple[str, float]], readings: Sequence[Sequence[Prediction]]) -> list[list[list[float]]]:
    return [
        [[math.log(KNOWN[enlarge, one.latex])] * (len(one.latex) + 1) for one in some]
        for (_, enlarge), some in zip(pictures, readings, strict=True)
    ]


@pytest.mark.parametrize(
    ('first', 'second', 'best'),
    [
        # The surest reading is not the likeliest: the other look finds it less likely.
        (reading('x', 0.5), reading('y', 0.6), replace(reading('x', weighed(0.5, 0.4)), agreement=0.0)),
        (reading('xx', 0.5), reading('ab', 0.6), replace(reading('ab', weighed(0.6, 0.6)), agreement=0.0)),
        (reading('x', 0.5), reading('x', 0.4), replace(reading('x', weighed(0.5, 0.4)), agreement=1.0)),
        (reading('x', 0.9), None, reading('x', 0.9)),
        # Each token of a long one may be likelier, but it has so many.
        (reading('x', 0.5), reading(LONG, 0.85), replace(reading('x', weighed(0.5, 0.4)), agreement=0.0)),
        # One that was cut off is doubtful whatever its score, any other is better, and its look has no say.
        (CUT_OFF, reading('x', 0.2), replace(reading('x', 0.2), agreement=0.0)),
        (CUT_OFF, replace(CUT_OFF, score=0.8), CUT_OFF),
        (BLANK, None, BLANK),
        (reading('x', 0.5), BLANK, reading('x', 0.5)),
        (
            reading('x', 0.5, ('z', 0.3)),
            reading('y', 0.6, ('x', 0.2)),
            replace(reading('x', weighed(0.5, 0.2), ('y', weighed(0.1, 0.6))), agreement=0.0),
        ),
        (
            reading('x', 0.5, ('z', 0.3)),
            reading('x', 0.6, ('y', 0.1)),
            reading('x', weighed(0.5, 0.6), ('y', weighed(0.1, 0.1))),
        ),
    ],
)
def test_the_likeliest_reading_counts(first: Prediction, second: Prediction | None, best: Prediction) -> None:
    known = {1.0: first, 1.4: second}
    found = look(['picture'], prepared, lambda pictures, _: [known[by] for _, by in pictures], weigh, [LOOK])
    assert rounded(found[0]) == rounded(best)


def rounded(item: Prediction) -> Prediction:
    """To nine digits, since logarithms were taken, and without what one look finds."""
    tokens = tuple(Token(token.text, round(token.probability, 9)) for token in item.tokens)
    others = tuple(rounded(other) for other in item.alternatives)
    return replace(item, score=round(item.score, 9), tokens=tokens, alternatives=others, surest=None)


@pytest.mark.parametrize(
    ('first', 'second', 'surest'),
    [
        (reading('x', 0.5), reading('x', 0.4), 2 * math.log(0.5)),
        (reading('x', 0.5), reading('y', 0.6), 2 * math.log(0.5)),
        (reading('xx', 0.5), reading('ab', 0.6), 3 * math.log(0.6)),
        (reading('x', 0.95), None, None),
        (CUT_OFF, reading('x', 0.2), None),
    ],
)
def test_how_sure_the_surest_look_is(first: Prediction, second: Prediction | None, surest: float | None) -> None:
    known = {1.0: first, 1.4: second}
    found = look(['picture'], prepared, lambda pictures, _: [known[by] for _, by in pictures], weigh, [LOOK])
    assert found[0].surest == pytest.approx(surest)


@pytest.mark.parametrize(
    ('latex', 'lost'),
    [
        ('- x ' * 8, True),
        ('a = ' + 'X ^ { 2 } ' * 8 + '.', True),
        ('- x ' * 7 + '- y', False),
        ('0 ' * 8, True),
        (
            'x _ { 1 } + x _ { 2 } + x _ { 3 } + x _ { 4 } + x _ { 5 } + x _ { 6 } + x _ { 7 } + x _ { 8 } + x _ { 9 }',
            False,
        ),
        ('', False),
    ],
)
def test_a_reading_that_goes_in_circles_is_lost(latex: str, lost: bool) -> None:
    texts = latex.split()
    found = Prediction(''.join(texts), 0.99, tokens=tuple(Token(text, 0.99) for text in texts))
    assert is_lost(found) is lost
    assert is_lost(replace(found, is_complete=False))


def prepared(images: list[str], enlarge: float) -> list[tuple[str, float]]:
    return [(image, enlarge) for image in images]


def test_each_look_is_at_what_is_doubtful_still() -> None:
    scores = {('a', 1.0): 0.95, ('b', 1.0): 0.6, ('b', 1.4): 0.8, ('c', 1.0): 0.6, ('c', 1.4): 0.4, ('c', 2.0): 0.5}
    read: list[tuple[str, float]] = []

    def reading_of(pictures: list[tuple[str, float]], before: list[Prediction] | None) -> list[Prediction]:
        assert [one.latex for one in before or []][-1:] == (['c1.0'] if read else [])
        read.extend(pictures)
        return [reading(f'{image}{by}', scores[image, by]) for image, by in pictures]

    def own(_: Sequence[object], readings: Sequence[Sequence[Prediction]]) -> list[list[list[float]]]:
        return [[[math.log(one.score)] * (len(one.latex) + 1) for one in some] for some in readings]

    found = look(['a', 'b', 'c'], prepared, reading_of, own, [LOOK, Look(below=0.7, enlarge=2.0)])
    assert [(item.latex, item.agreement) for item in found] == [('a1.0', 1.0), ('b1.4', 0.0), ('c1.0', 0.0)] and sorted(
        read
    ) == sorted(scores)


def test_settings() -> None:
    assert Look.further({'looks': [{'below': 0.9, 'enlarge': 1.4}]}) == (LOOK,)
    assert Look.further({}) == Look.further({'looks': None}) == ()


def test_enlarging() -> None:
    picture = Image.fromarray(np.where(np.indices((60, 200)).sum(0) % 9 < 4, 0, 255).astype(np.uint8))
    preparation = PicturePreparation(max_height=128, max_width=320)
    plain, larger, largest = (preparation.prepare(picture, enlarge) for enlarge in (1.0, 1.4, 3.0))
    assert plain.shape == (80, 208) and larger.shape == (96, 304) and largest.shape == (112, 320)
    [same, reason] = preparation.prepare_each([picture, Image.new('L', (9, 9))], 1.4)
    assert np.array_equal(same, larger) and isinstance(reason, str)
