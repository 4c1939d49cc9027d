"""Growing a model: the larger one computes what the smaller one does, and can learn what it could not."""

import copy

import pytest
import torch

from modeling import Im2LatexConfig, Im2LatexModel
from training.grow import grow

VOCABULARY = 40
SMALL = {'hidden_size': 16, 'decoder_layers': 2, 'attention_heads': 2, 'ffn_size': 24}


def config(**sizes: object) -> Im2LatexConfig:
    wanted = {'stride': (16, 8), 'max_length': 32, 'dropout': 0.0, **SMALL, **sizes}
    return Im2LatexConfig.from_sizes(VOCABULARY, **wanted)  # type: ignore[arg-type]


@pytest.fixture(scope='module')
def small() -> Im2LatexModel:
    """With every parameter away from the zeros and ones that it begins with."""
    torch.manual_seed(0)
    model = Im2LatexModel(config())
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return model.eval()


def batch() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    mask = torch.ones(2, 32, 64, dtype=torch.long)
    mask[1, :, 32:] = 0
    return {
        'pixel_values': torch.rand(2, 1, 32, 64, generator=generator),
        'pixel_mask': mask,
        'decoder_input_ids': torch.randint(3, VOCABULARY, (2, 9), generator=generator),
    }


@pytest.mark.parametrize(
    'sizes',
    [
        {},
        {'hidden_size': 32, 'attention_heads': 4, 'ffn_size': 48},
        {'hidden_size': 64, 'attention_heads': 8},
        {'decoder_layers': 5},
        {'ffn_size': 72},
        {'backbone': 'resnet34'},
        {'hidden_size': 32, 'attention_heads': 4, 'ffn_size': 96, 'decoder_layers': 3, 'backbone': 'resnet34'},
    ],
    ids=str,
)
def test_a_larger_model_computes_the_same(small: Im2LatexModel, sizes: dict[str, object]) -> None:
    larger = grow(small, config(**sizes)).eval()
    with torch.no_grad():
        wanted, found = (model(**batch()).logits for model in (small, larger))
    torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-4)
    assert not sizes or larger.num_parameters() > small.num_parameters()


def test_copies_part_in_training(small: Im2LatexModel) -> None:
    larger = grow(small, config(hidden_size=32, attention_heads=4, ffn_size=48, decoder_layers=3)).train()
    optimizer = torch.optim.SGD(larger.parameters(), lr=0.1)
    inputs = batch()
    for _ in range(2):  # what a new layer adds is zero: the first step moves that alone, the second all of it
        optimizer.zero_grad()
        larger(**inputs, labels=inputs['decoder_input_ids']).loss.backward()
        optimizer.step()
    for name, parameter in larger.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name
    embedding = larger.get_input_embeddings().weight.detach().unflatten(1, (-1, 2))
    assert (embedding[:, :, 0] - embedding[:, :, 1]).abs().max() > 1e-4


@pytest.mark.parametrize(
    ('sizes', 'reason'),
    [
        ({'hidden_size': 24, 'attention_heads': 3}, 'whole multiples'),
        ({'ffn_size': 12}, 'whole multiples'),
        ({'hidden_size': 32, 'attention_heads': 2}, 'attention_heads must be 4'),
        ({'decoder_layers': 1}, 'decoder_layers must be 2 or more'),
        ({'stride': (8, 8)}, 'stride must be'),
    ],
)
def test_sizes_out_of_reach(small: Im2LatexModel, sizes: dict[str, object], reason: str) -> None:
    before = copy.deepcopy(small.state_dict())
    with pytest.raises(ValueError, match=reason):
        grow(small, config(**sizes))
    torch.testing.assert_close(small.state_dict(), before)
