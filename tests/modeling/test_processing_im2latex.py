"""The processor: tensors out of pictures and LaTeX, LaTeX out of ids, and itself out of a folder."""

from pathlib import Path

import pytest
import torch
from PIL import Image

from modeling import Im2LatexProcessor


def test_labels_are_the_inputs_shifted(tiny_processor: Im2LatexProcessor, formulas: list[str]) -> None:
    batch = tiny_processor(text=formulas)
    tokenizer = tiny_processor.tokenizer
    assert (batch['decoder_input_ids'][:, 0] == tokenizer.bos_token_id).all()
    for inputs, labels in zip(batch['decoder_input_ids'], batch['labels'], strict=True):
        count = int((labels != -100).sum())
        assert labels[count - 1] == tokenizer.eos_token_id
        assert torch.equal(inputs[1:count], labels[: count - 1])
        assert (labels[count:] == -100).all()


@pytest.mark.parametrize('step', [1, 4, 16])
def test_padded_lengths(tiny_processor: Im2LatexProcessor, formulas: list[str], step: int) -> None:
    plain, padded = tiny_processor.encode(formulas), tiny_processor.encode(formulas, pad_to_multiple_of=step)
    length = plain['labels'].shape[1]
    assert padded['labels'].shape[1] % step == 0
    assert torch.equal(padded['labels'][:, :length], plain['labels'])
    assert (padded['labels'][:, length:] == -100).all()


def test_both_directions(
    tiny_processor: Im2LatexProcessor, formula_images: list[Image.Image], formulas: list[str], tmp_path: Path
) -> None:
    tiny_processor.save_pretrained(tmp_path)
    loaded = Im2LatexProcessor.from_pretrained(tmp_path)
    for processor in (tiny_processor, loaded):
        batch = processor(images=formula_images, text=formulas)
        assert batch['pixel_values'].shape[0] == batch['labels'].shape[0] == len(formulas)
        assert processor.post_process(batch['labels'].where(batch['labels'] >= 0, 0)) == formulas
    assert loaded.image_processor.to_dict() == tiny_processor.image_processor.to_dict()


def test_nothing_given(tiny_processor: Im2LatexProcessor) -> None:
    with pytest.raises(ValueError, match='images='):
        tiny_processor()
