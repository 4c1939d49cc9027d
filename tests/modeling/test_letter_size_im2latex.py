"""The size of letters: how far apart their strokes are."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from modeling.letter_size_im2latex import stroke_pitch


def test_bold_letters_have_the_pitch_of_light_ones() -> None:
    clean = Image.new('L', (200, 60), 255)
    ImageDraw.Draw(clean).text((30, 16), 'f(x) = a+b', font=ImageFont.load_default(22), fill=0)
    light, bold = (1 - np.asarray(image, np.float32) / 255 for image in (clean, clean.filter(ImageFilter.MinFilter(3))))
    assert stroke_pitch(bold) == pytest.approx(stroke_pitch(light), rel=0.4)


@pytest.mark.parametrize(('width', 'gap'), [(1, 1), (1, 4), (3, 5), (9, 20)])
def test_stroke_pitch(width: int, gap: int) -> None:
    lines = np.tile(np.repeat(np.float32([0, 1]), (gap, width)), (30, 12))
    assert stroke_pitch(lines) == stroke_pitch(lines.T) == width + gap
    assert stroke_pitch(lines[:, : 2 * gap + width]) is None
    assert stroke_pitch(np.zeros((5, 5), np.float32)) is None
