"""Averaging checkpoints: the mean of all weights, the rest of the last one, and refusals that write nothing."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from data.tokenizer import build_tokenizer
from modeling import Im2LatexConfig, Im2LatexModel, Im2LatexProcessor
from modeling.generation_im2latex import load
from training import average


@pytest.fixture
def checkpoints(tmp_path: Path, tiny_config: Im2LatexConfig, tiny_processor: Im2LatexProcessor) -> list[Path]:
    folders = [tmp_path / 'first', tmp_path / 'second']
    for seed, folder in enumerate(folders):
        torch.manual_seed(seed)
        Im2LatexModel(tiny_config).to(torch.bfloat16).save_pretrained(folder)
        tiny_processor.save_pretrained(folder)
        (folder / 'train_args.json').write_text(json.dumps({'args': {'seed': seed}, 'step': 5, 'pictures': 40}))
        (folder / 'validation_scores.json').write_text('{}')
    return folders


def test_weights_are_means_and_the_rest_is_the_last_ones(checkpoints: list[Path], tmp_path: Path) -> None:
    out = tmp_path / 'out'
    assert average.main([*map(str, checkpoints), '--out', str(out)]) == 0
    first, second, mean = (load_file(folder / 'model.safetensors') for folder in (*checkpoints, out))
    for name, tensor in mean.items():
        assert tensor.dtype == first[name].dtype
        expected = (first[name].double() + second[name].double()) / 2
        torch.testing.assert_close(tensor, expected.to(tensor.dtype), rtol=0, atol=0)
    assert json.loads((out / 'train_args.json').read_text()) == {
        'args': {'seed': 1}, 'step': 5, 'pictures': 40, 'averaged': 2,
    }  # fmt: skip
    assert not (out / 'validation_scores.json').exists(), 'scores of other weights'
    model, processor = load(out)
    assert isinstance(model, Im2LatexModel)
    assert processor.tokenizer.get_vocab() == load(checkpoints[1])[1].tokenizer.get_vocab()


def test_what_does_not_fit_is_refused(
    checkpoints: list[Path], tmp_path: Path, tiny_config: Im2LatexConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*folders: Path) -> str:
        with pytest.raises(SystemExit) as stopped:
            average.main([*map(str, folders), '--out', str(tmp_path / 'out')])
        assert stopped.value.code == 2
        assert not (tmp_path / 'out').exists()
        return capsys.readouterr().err

    first, second = checkpoints
    assert 'two checkpoints' in refused(first)
    assert 'no model.safetensors' in refused(first, tmp_path)
    build_tokenizer(['x', 'y']).save_pretrained(second)
    assert 'another vocabulary' in refused(first, second)
    tiny_config.decoder.decoder_ffn_dim = 96
    Im2LatexModel(tiny_config).save_pretrained(second)
    (second / 'tokenizer.json').write_bytes((first / 'tokenizer.json').read_bytes())
    assert 'other sizes' in refused(first, second)
    tiny_config.decoder.decoder_ffn_dim = 64
    for folder, stride in ((first, [16, 16]), (second, [16, 8])):
        tiny_config.encoder.stride = stride
        Im2LatexModel(tiny_config).save_pretrained(folder)
    assert 'other sizes' in refused(first, second), 'the shapes of the tensors are the same'
    (first / 'model.safetensors').write_bytes(b'broken')
    assert 'can be read' in refused(first, second)
    (tmp_path / 'out').mkdir()
    with pytest.raises(SystemExit):
        average.main([str(first), str(second), '--out', str(tmp_path / 'out')])
    assert 'exists already' in capsys.readouterr().err
