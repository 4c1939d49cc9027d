"""Doubtful pictures are read again, and the better reading stays."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from modeling.looks_im2latex import Look, is_lost, look
from modeling.picture_im2latex import PicturePreparation
from modeling.prediction_im2latex import Prediction, Token

LOOK = Look(below=0.9, enlarge=1.4)


def reading(latex: str, score: float, *others: tuple[str, float]) -> Prediction:
    return Prediction(latex, score, alternatives=tuple(Prediction(*other) for other in others))


CUT_OFF = replace(reading('xxxx', 0.95), is_complete=False)


@pytest.mark.parametrize(
    ('first', 'second', 'best'),
    [
        (reading('x', 0.5), reading('y', 0.6), replace(reading('y', 0.6), agreement=0.0)),
        (reading('x', 0.5), reading('y', 0.4), replace(reading('x', 0.5), agreement=0.0)),
        (reading('x', 0.5), reading('x', 0.4), replace(reading('x', 0.5), agreement=1.0)),
        (reading('x', 0.9), None, reading('x', 0.9)),
        # One that was cut off is doubtful whatever its score, and any other is better.
        (CUT_OFF, reading('x', 0.2), replace(reading('x', 0.2), agreement=0.0)),
        (CUT_OFF, replace(CUT_OFF, score=0.8), CUT_OFF),
        (Prediction('', 0.0, error='blank'), None, Prediction('', 0.0, error='blank')),
        (reading('x', 0.5), Prediction('', 0.0, error='blank'), reading('x', 0.5)),
        (
            reading('x', 0.5, ('z', 0.3)),
            reading('y', 0.6, ('x', 0.2)),
            replace(reading('y', 0.6, ('x', 0.5)), agreement=0.0),
        ),
        (reading('x', 0.5, ('z', 0.3)), reading('x', 0.6, ('y', 0.1)), reading('x', 0.6, ('z', 0.3))),
    ],
)
def test_the_better_reading_stays(first: Prediction, second: Prediction | None, best: Prediction) -> None:
    known = {1.0: first, 1.4: second}
    assert look(['picture'], prepared, lambda pictures, _: [known[by] for _, by in pictures], [LOOK]) == [best]


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
        assert (before or [])[-1:] == ([reading('c1.0', 0.6)] if read else [])
        read.extend(pictures)
        return [reading(f'{image}{by}', scores[image, by]) for image, by in pictures]

    found = look(['a', 'b', 'c'], prepared, reading_of, [LOOK, Look(below=0.7, enlarge=2.0)])
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
