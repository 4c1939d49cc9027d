"""One canvas for all: every picture on it whole, on the encoder's grid, its mask round it."""

import numpy as np
import pytest
import torch
from PIL import Image

from data.collator import TOKEN_STEP, Collator
from data.sampler import GRID
from modeling import Im2LatexModel, Im2LatexProcessor


@pytest.mark.parametrize('place_at_random', [True, False])
def test_batch(
    tiny_processor: Im2LatexProcessor, formulas: list[str], formula_images: list[Image.Image], place_at_random: bool
) -> None:
    examples = [{'image': image, 'latex': latex} for image, latex in zip(formula_images, formulas, strict=True)]
    batch = Collator(tiny_processor, place_at_random=place_at_random)(examples)
    pixels, mask = batch['pixel_values'][:, 0], batch['pixel_mask']
    assert pixels.shape == mask.shape
    assert pixels.shape[1] % GRID[0] == 0
    assert pixels.shape[2] % GRID[1] == 0
    assert batch['labels'].shape[1] % TOKEN_STEP == 0
    assert batch['latex'] == formulas
    for image, canvas, inside in zip(formula_images, pixels, mask, strict=True):
        expected = tiny_processor.image_processor.prepare(image)
        rows, columns = (torch.nonzero(inside.any(dim=axis)).ravel() for axis in (1, 0))
        assert rows[0] % 16 == columns[0] % 16 == 0
        assert np.array_equal(canvas[rows][:, columns].numpy(), expected)
        assert canvas[inside == 0].abs().sum() == 0


def test_letters_come_out_as_large_as_the_example_says(
    tiny_processor: Im2LatexProcessor, formula_images: list[Image.Image]
) -> None:
    image = formula_images[0].convert('L')
    half = image.resize((image.width // 2, image.height // 2), Image.Resampling.BOX)
    known = {'image': half, 'latex': 'x', 'enlarge': 2.0, 'fit': False}
    expected = tiny_processor.image_processor.prepare(half, enlarge=2.0, fit=False)
    batch = Collator(tiny_processor, place_at_random=False)([known])
    assert np.array_equal(batch['pixel_values'][0, 0, : expected.shape[0], : expected.shape[1]].numpy(), expected)


def test_place_does_not_matter_to_the_model(
    tiny_processor: Im2LatexProcessor, tiny_model: Im2LatexModel, formulas: list[str], formula_images: list[Image.Image]
) -> None:
    examples = [{'image': image, 'latex': latex} for image, latex in zip(formula_images, formulas, strict=True)]
    logits = []
    for place_at_random in (True, False):
        batch = Collator(tiny_processor, place_at_random=place_at_random)(examples)
        del batch['latex']
        logits.append(tiny_model(**batch).logits)
    assert (logits[0] - logits[1]).abs().max() < 1e-4


def test_pictures_that_cannot_be_used(
    tiny_processor: Im2LatexProcessor, formulas: list[str], formula_images: list[Image.Image]
) -> None:
    blank = {'image': Image.new('L', (50, 30), 255), 'latex': 'x'}
    batch = Collator(tiny_processor)([blank, {'image': formula_images[0], 'latex': formulas[0]}])
    assert batch['latex'] == formulas[:1]
    assert len(batch['pixel_values']) == len(batch['labels']) == 1
    broken = {'image': None, 'latex': 'y'}
    batch = Collator(tiny_processor)([blank, broken])
    assert batch['pixel_values'].shape == (1, 1, *GRID)
    assert (batch['labels'] >= 0).sum() == 1, 'the end of the formula alone: the loss stays finite'
