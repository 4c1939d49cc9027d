"""Doubtful pictures are read again, and the better reading stays."""

import numpy as np
import pytest
from PIL import Image

from modeling.picture_im2latex import PicturePreparation
from modeling.prediction_im2latex import Prediction
from modeling.second_look_im2latex import SecondLook

LOOK = SecondLook(below=0.9, enlarge=1.4)


def reading(latex: str, score: float, *others: tuple[str, float]) -> Prediction:
    return Prediction(latex, score, alternatives=tuple(Prediction(*other) for other in others))


@pytest.mark.parametrize(
    ('first', 'second', 'best'),
    [
        (reading('x', 0.5), reading('y', 0.6), reading('y', 0.6)),
        (reading('x', 0.5), reading('y', 0.4), reading('x', 0.5)),
        (reading('x', 0.9), None, reading('x', 0.9)),
        (Prediction('', 0.0, error='blank'), None, Prediction('', 0.0, error='blank')),
        (reading('x', 0.5), Prediction('', 0.0, error='blank'), reading('x', 0.5)),
        (reading('x', 0.5, ('z', 0.3)), reading('y', 0.6, ('x', 0.2)), reading('y', 0.6, ('x', 0.5))),
        (reading('x', 0.5, ('z', 0.3)), reading('x', 0.6, ('y', 0.1)), reading('x', 0.6, ('z', 0.3))),
    ],
)
def test_the_better_reading_stays(first: Prediction, second: Prediction | None, best: Prediction) -> None:
    def read(images: list[str], enlarge: float) -> list[Prediction]:
        assert second is not None and images == ['picture'] and enlarge == 1.4
        return [second]

    assert LOOK.again([first], ['picture'], read) == [best]


def test_settings() -> None:
    known = {'second_look_below': 0.9, 'second_look_enlarge': 1.4}
    assert SecondLook.of(known) == LOOK
    assert SecondLook.of({}) is None and SecondLook.of({**known, 'second_look_below': None}) is None


def test_enlarging() -> None:
    picture = Image.fromarray(np.where(np.indices((60, 200)).sum(0) % 9 < 4, 0, 255).astype(np.uint8))
    preparation = PicturePreparation(max_height=128, max_width=320)
    plain, larger, largest = (preparation.prepare(picture, enlarge) for enlarge in (1.0, 1.4, 3.0))
    assert plain.shape == (80, 208) and larger.shape == (96, 304) and largest.shape == (112, 320)
    [same, reason] = preparation.prepare_each([picture, Image.new('L', (9, 9))], 1.4)
    assert np.array_equal(same, larger) and isinstance(reason, str)
