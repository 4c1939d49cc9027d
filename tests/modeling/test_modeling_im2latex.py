"""The model: padding changes nothing, saving loses nothing, the cache agrees with the whole pass, and it learns."""

import importlib.util
import inspect
from pathlib import Path

import pytest
import torch
from PIL import Image

from modeling import Im2LatexConfig, Im2LatexModel, Im2LatexProcessor
from modeling.encoder_im2latex import sinusoid_2d


@pytest.mark.parametrize('stride', [(16, 16), (16, 8), (8, 16), (8, 8)])
@pytest.mark.parametrize('size', [(16, 16), (32, 80), (64, 48)])
def test_shapes(stride: tuple[int, int], size: tuple[int, int]) -> None:
    config = Im2LatexConfig.from_sizes(11, stride=stride, hidden_size=32, decoder_layers=1, attention_heads=2)
    model = Im2LatexModel(config).eval()
    cells = size[0] // stride[0] * (size[1] // stride[1])
    encoded = model.encoder(torch.rand(2, 1, *size))
    assert encoded.last_hidden_state.shape == (2, cells, 32)
    assert encoded.attention_mask.shape == (2, cells)
    output = model(pixel_values=torch.rand(2, 1, *size), decoder_input_ids=torch.ones(2, 5, dtype=torch.long))
    assert output.logits.shape == (2, 5, 11)


def test_sizes_off_the_grid_are_refused(tiny_model: Im2LatexModel) -> None:
    with pytest.raises(ValueError, match='multiples of 16'):
        tiny_model.encoder(torch.rand(1, 1, 17, 32))


@pytest.mark.parametrize('stride', [(16, 16), (16, 8), (8, 8)])
@pytest.mark.parametrize('corner', [(0, 0), (16, 48), (32, 0)])
def test_padding_and_neighbours_change_nothing(
    tiny_config: Im2LatexConfig, tiny_model: Im2LatexModel, stride: tuple[int, int], corner: tuple[int, int]
) -> None:
    tiny_config.encoder.stride = list(stride)
    model = Im2LatexModel(tiny_config).eval().double()  # exact, not nearly: rounding must not hide a leak
    model.load_state_dict(tiny_model.state_dict())
    ids = torch.randint(4, model.config.decoder.vocab_size, (1, 7))
    alone = torch.rand(1, 1, 32, 96, dtype=torch.double)
    top, left = corner
    # What lies outside the mask is noise: not even that may reach the picture.
    batch = torch.rand(3, 1, 80, 160, dtype=torch.double)
    mask = torch.zeros(3, 80, 160, dtype=torch.long)
    batch[1, :, top : top + 32, left : left + 96] = alone[0]
    mask[1, top : top + 32, left : left + 96] = 1
    mask[0], mask[2, :48, :64] = 1, 1

    encoded = model.encoder(batch, mask)
    cells = encoded.last_hidden_state[1][encoded.attention_mask[1] == 1]
    assert (cells - model.encoder(alone).last_hidden_state[0]).abs().max() < 1e-6  # positions are in single precision
    expected = model(pixel_values=alone, decoder_input_ids=ids).logits[0]
    together = model(pixel_values=batch, pixel_mask=mask, decoder_input_ids=ids.expand(3, -1)).logits[1]
    assert (expected - together).abs().max() < 1e-6


def test_generation_does_not_depend_on_neighbours(
    tiny_model: Im2LatexModel, tiny_processor: Im2LatexProcessor, formula_images: list[Image.Image]
) -> None:
    for beams in (1, 3):
        together = tiny_model.generate(**tiny_processor(images=formula_images), num_beams=beams, max_new_tokens=12)
        for image, row in zip(formula_images, together, strict=True):
            alone = tiny_model.generate(**tiny_processor(images=image), num_beams=beams, max_new_tokens=12)[0]
            assert tiny_processor.post_process([row]) == tiny_processor.post_process([alone])


def test_positions_are_those_of_the_picture() -> None:
    mask = torch.zeros(2, 4, 6, dtype=torch.long)
    mask[0] = 1
    mask[1, 1:3, 2:5] = 1
    positions = sinusoid_2d(mask, 16, torch.float32)
    assert torch.equal(positions[0, :2, :3], positions[1, 1:3, 2:5])
    inside = positions[0].flatten(0, 1)
    assert len(inside.unique(dim=0)) == 24


def test_cache_and_whole_pass_agree(tiny_model: Im2LatexModel) -> None:
    pixels = torch.rand(2, 1, 32, 64)
    options = {'max_new_tokens': 10, 'do_sample': False}
    with_cache = tiny_model.generate(pixel_values=pixels, use_cache=True, **options)
    without = tiny_model.generate(pixel_values=pixels, use_cache=False, **options)
    assert torch.equal(with_cache, without)
    greedy = tiny_model(pixel_values=pixels, decoder_input_ids=with_cache[:, :-1]).logits.argmax(-1)
    ended = (with_cache[:, 1:] == tiny_model.config.eos_token_id).cumsum(1) > 0
    assert ((greedy == with_cache[:, 1:]) | ended).all()


def test_save_and_load(tiny_model: Im2LatexModel, tmp_path: Path) -> None:
    tiny_model.save_pretrained(tmp_path)
    loaded = Im2LatexModel.from_pretrained(tmp_path)
    again = tmp_path / 'again'
    loaded.save_pretrained(again)
    inputs = {'pixel_values': torch.rand(1, 1, 32, 64), 'decoder_input_ids': torch.tensor([[1, 5, 6]])}
    expected = tiny_model(**inputs).logits
    for model in (loaded, Im2LatexModel.from_pretrained(again)):
        assert torch.equal(model(**inputs).logits, expected)
        assert model.decoder.lm_head.weight is model.get_input_embeddings().weight


def test_a_configuration_from_another_module_is_taken(tiny_config: Im2LatexConfig) -> None:
    """transformers loads a local folder's files into separate modules: the config's class is then a twin of ours."""

    spec = importlib.util.spec_from_file_location('twin', inspect.getfile(Im2LatexConfig))
    twin = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(twin)
    model = Im2LatexModel(twin.Im2LatexConfig.from_dict(tiny_config.to_dict()))
    assert type(model.config) is Im2LatexConfig


def test_loss_is_that_of_shifted_labels(
    tiny_model: Im2LatexModel, tiny_processor: Im2LatexProcessor, formula_images: list[Image.Image], formulas: list[str]
) -> None:
    inputs = tiny_processor(images=formula_images, text=formulas)
    given = tiny_model(**inputs)
    shifted = inputs.pop('decoder_input_ids')
    own = tiny_model(**inputs)
    assert torch.allclose(given.loss, own.loss)
    tokens = (inputs['labels'] != -100).sum()
    summed = tiny_model(**inputs, decoder_input_ids=shifted, num_items_in_batch=tokens)
    assert torch.allclose(given.loss, summed.loss)


def test_gradient_reaches_every_parameter(
    tiny_model: Im2LatexModel, tiny_processor: Im2LatexProcessor, formula_images: list[Image.Image], formulas: list[str]
) -> None:
    tiny_model.train()
    tiny_model(**tiny_processor(images=formula_images, text=formulas)).loss.backward()
    for name, parameter in tiny_model.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize('beams', [1, 3])
def test_what_is_kept_of_earlier_tokens_changes_no_answer(
    tiny_model: Im2LatexModel, tiny_processor: Im2LatexProcessor, formula_images: list[Image.Image], beams: int
) -> None:
    """A cache that does not reach the decoder goes unnoticed: it reads on as if there were no tokens before."""
    options = {**tiny_processor(images=formula_images), 'num_beams': beams, 'max_new_tokens': 12}
    assert torch.equal(tiny_model.generate(**options), tiny_model.generate(**options, use_cache=False))


def test_overfits_four_formulas(
    tiny_config: Im2LatexConfig,
    tiny_processor: Im2LatexProcessor,
    formula_images: list[Image.Image],
    formulas: list[str],
) -> None:
    torch.manual_seed(1)
    tiny_config.decoder.dropout = 0.0
    model = Im2LatexModel(tiny_config).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    batch = tiny_processor(images=formula_images, text=formulas)
    for _ in range(120):
        loss = model(**batch).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if loss < 0.01:
            break
    model.eval()
    ids = model.generate(pixel_values=batch['pixel_values'], pixel_mask=batch['pixel_mask'], max_new_tokens=30)
    assert tiny_processor.post_process(ids) == formulas


def test_attention_may_be_asked_for(tiny_checkpoint: Path) -> None:
    """What is asked for goes to both parts, though the encoder has no attention."""
    model = Im2LatexModel.from_pretrained(tiny_checkpoint, attn_implementation='sdpa')
    assert model.decoder.config._attn_implementation == 'sdpa'
    model.set_attn_implementation('eager')
    assert model.decoder.config._attn_implementation == 'eager'
