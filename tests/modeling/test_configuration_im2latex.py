"""The configuration survives JSON and refuses what no model can be built with."""

from pathlib import Path
from typing import Any

import pytest

from modeling import Im2LatexConfig, Im2LatexEncoderConfig


def test_round_trip(tiny_config: Im2LatexConfig, tmp_path: Path) -> None:
    tiny_config.save_pretrained(tmp_path)
    loaded = Im2LatexConfig.from_pretrained(tmp_path)
    assert loaded.to_dict() == tiny_config.to_dict()
    assert isinstance(loaded.encoder, Im2LatexEncoderConfig)


def test_the_decoder_is_one_from_plain_dicts_too() -> None:
    plain = Im2LatexConfig(encoder={'hidden_size': 32}, decoder={'d_model': 32}).decoder
    built = Im2LatexConfig.from_sizes(10, hidden_size=32, attention_heads=2).decoder
    for config in (plain, built):
        assert config.model_type == 'mbart'
        assert config.is_decoder
        assert config.add_cross_attention


@pytest.mark.parametrize(
    ('values', 'message'),
    [
        ({'stride': [4, 8]}, 'stride'),
        ({'stride': [8]}, 'stride'),
        ({'hidden_size': 30}, 'hidden_size'),
        ({'backbone': 'resnet50'}, 'backbone'),
        ({'backbone': 18}, 'backbone'),
    ],
)
def test_impossible_values(values: dict[str, Any], message: str) -> None:
    with pytest.raises(Exception, match=message):
        Im2LatexEncoderConfig(**values)
