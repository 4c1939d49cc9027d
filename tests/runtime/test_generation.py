"""The runtime gives what `modeling.generation_im2latex` gives, without importing torch."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import modeling.generation_im2latex as torch_generation
from modeling.checkpoint_im2latex import CheckpointError
from runtime import model as runtime_model
from runtime.decoding import forced
from runtime.generation import NoGraphsError, _groups, load, predict

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted(path.parent.parent for path in ROOT.glob('checkpoints/*/onnx/encoder_model.onnx'))
EXAMPLES = sorted((ROOT / 'examples').glob('*.png'))


def assert_same(found: Any, wanted: Any) -> None:
    assert [(item.latex, item.error, item.is_complete) for item in found] == [
        (item.latex, item.error, item.is_complete) for item in wanted
    ]
    assert [item.score for item in found] == pytest.approx([item.score for item in wanted], abs=1e-4)
    for item, other in zip(found, wanted, strict=True):
        assert [token.text for token in item.tokens] == [token.text for token in other.tokens]
        probabilities = [token.probability for token in other.tokens]
        assert [token.probability for token in item.tokens] == pytest.approx(probabilities, abs=1e-3)
        assert_same(item.alternatives, other.alternatives)


@pytest.mark.parametrize('beams', [1, 3])
@pytest.mark.parametrize('tokens', [7, 63, 1000])
def test_same_as_generate(
    exported_checkpoint: Path, formula_images: list[Image.Image], beams: int, tokens: int
) -> None:
    """More tokens than the cache has room for at first, and more than the decoder has positions."""
    pictures = [*formula_images, *formula_images[:1]]
    wanted = torch_generation.predict(*torch_generation.load(exported_checkpoint, 'cpu'), pictures, beams, tokens)
    assert tokens > 7 or not all(item.is_complete for item in wanted)
    assert_same(predict(*load(exported_checkpoint), pictures, beams, tokens), wanted)


@pytest.mark.parametrize(('beams', 'n_best'), [(None, 2), (1, 4), (5, 3)])
def test_the_same_alternatives(
    exported_checkpoint: Path, formula_images: list[Image.Image], beams: int | None, n_best: int
) -> None:
    options = {'num_beams': beams, 'max_new_tokens': 9, 'n_best': n_best}
    wanted = torch_generation.predict(*torch_generation.load(exported_checkpoint, 'cpu'), formula_images, **options)
    found = predict(*load(exported_checkpoint), formula_images, **options)
    assert_same(found, wanted)
    assert any(item.alternatives for item in found) and all(len(item.alternatives) < n_best for item in found)
    with pytest.raises(ValueError, match='n_best'):
        predict(*load(exported_checkpoint), formula_images, n_best=0)


@pytest.mark.parametrize('n_best', [1, 3])
def test_the_same_further_looks(
    exported_checkpoint: Path, formula_images: list[Image.Image], tmp_path: Path, n_best: int
) -> None:
    pictures = [*formula_images, Image.new('L', (30, 30)), *formula_images]
    once = torch_generation.predict(*torch_generation.load(exported_checkpoint, 'cpu'), pictures, n_best=n_best)
    folder = tmp_path / 'checkpoint'
    shutil.copytree(exported_checkpoint, folder)
    config = json.loads((folder / 'config.json').read_text())
    doubt = sorted(item.score for item in once)[-2]
    looks = {'looks': [{'below': doubt, 'enlarge': 0.5}, {'below': doubt, 'enlarge': 0.7}]}
    (folder / 'config.json').write_text(json.dumps(config | looks))
    model, processor = torch_generation.load(folder, 'cpu')
    twice = torch_generation.predict(model, processor, pictures, n_best=n_best)
    assert [item.error for item in twice] == [item.error for item in once]
    assert any(new.score != old.score for new, old in zip(twice, once, strict=True))
    assert_same(predict(*load(folder), pictures, n_best=n_best), twice)
    model.save_pretrained(tmp_path / 'saved')
    assert looks.items() <= json.loads((tmp_path / 'saved' / 'config.json').read_text()).items()


def test_weighing_a_reading_finds_what_reading_it_found(
    exported_checkpoint: Path, formula_images: list[Image.Image]
) -> None:
    model, processor = load(exported_checkpoint)
    readings = predict(model, processor, formula_images)
    for image, reading in zip(formula_images, readings, strict=True):
        [ink] = processor.image_processor.prepare_each([image], 1.0)
        some = [reading, replace(reading, tokens=reading.tokens[:2])]
        own, shorter = forced(model, ink, [processor.ids(item) for item in some])
        probabilities = [token.probability for token in reading.tokens]
        assert np.exp(own[: len(probabilities)]) == pytest.approx(probabilities, abs=1e-4)
        count = len(some[1].tokens)
        assert shorter[:count] == pytest.approx(own[:count], abs=1e-4) and len(shorter) == count + 1
        by_torch = torch_generation._forced(*torch_generation.load(exported_checkpoint, 'cpu'), ink, some)
        assert own == pytest.approx(by_torch[0], abs=1e-3) and shorter == pytest.approx(by_torch[1], abs=1e-3)


@pytest.mark.parametrize(('beams', 'n_best'), [(1, 1), (4, 4)])
@pytest.mark.parametrize('checkpoint', SHIPPED, ids=lambda path: path.name)
def test_shipped_graphs_belong_to_the_shipped_weights(checkpoint: Path, beams: int, n_best: int) -> None:
    pictures = [Image.open(path) for path in EXAMPLES]
    options = {'num_beams': beams, 'n_best': n_best}
    wanted = torch_generation.predict(*torch_generation.load(checkpoint, 'cpu'), pictures, **options)
    assert_same(predict(*load(checkpoint), pictures, **options), wanted)
    eight_bits = predict(*load(checkpoint, 'int8'), pictures, **options)
    assert sum(a.latex == b.latex for a, b in zip(eight_bits, wanted, strict=True)) >= len(pictures) - 1


@pytest.mark.parametrize('beams', [1, 3])
def test_cache_grows(
    exported_checkpoint: Path, formula_images: list[Image.Image], monkeypatch: pytest.MonkeyPatch, beams: int
) -> None:
    model, processor = load(exported_checkpoint)
    wanted = predict(model, processor, formula_images, beams, 40)
    monkeypatch.setattr(runtime_model, 'CAPACITY', 3)
    assert predict(model, processor, formula_images, beams, 40) == wanted


def test_neither_neighbours_nor_threads_change_an_answer(
    exported_checkpoint: Path, formula_images: list[Image.Image]
) -> None:
    pictures = formula_images * 3
    wanted = [predict(*load(exported_checkpoint), [picture])[0] for picture in formula_images] * 3
    for threads in (1, 3):
        assert_same(predict(*load(exported_checkpoint, threads=threads), pictures), wanted)


def test_groups_hold_every_picture_once_and_like_sizes_together() -> None:
    sizes = {i: (7 * i) % 31 for i in range(3, 31)}
    for most, threads in ((4, 1), (16, 2), (100, 1), (100, 5)):
        groups = _groups(sizes, most, threads)
        assert [sizes[i] for group in groups for i in group] == sorted(sizes.values())
        assert max(map(len, groups)) <= most
    assert _groups({}, 4, 2) == []
    assert len(_groups({0: 5, 1: 6}, 16, 8)) == 1


def test_bad_pictures_do_not_disturb_the_others(
    exported_checkpoint: Path, formula_images: list[Image.Image], tmp_path: Path
) -> None:
    formula_images[0].save(tmp_path / 'cut.png')
    (tmp_path / 'cut.png').write_bytes((tmp_path / 'cut.png').read_bytes()[:-60])
    blank, cut = Image.new('L', (50, 20), 255), Image.open(tmp_path / 'cut.png')
    pictures = [blank, formula_images[0], None, cut, formula_images[1]]
    found = predict(*load(exported_checkpoint), pictures)
    wanted = torch_generation.predict(
        *torch_generation.load(exported_checkpoint, 'cpu'), [*pictures[:3], None, pictures[4]]
    )
    assert_same([found[i] for i in (0, 1, 2, 4)], [wanted[i] for i in (0, 1, 2, 4)])
    assert (found[3].latex, found[3].score) == ('', 0) and found[3].error
    assert predict(*load(exported_checkpoint), []) == []


def test_load_says_what_is_wrong(exported_checkpoint: Path, tiny_checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(NoGraphsError, match=r'export_onnx\.py'):
        load(tiny_checkpoint)
    with pytest.raises(CheckpointError, match='no such folder'):
        load(tmp_path / 'nowhere')
    broken = tmp_path / 'broken'
    shutil.copytree(exported_checkpoint, broken)
    (broken / 'onnx' / 'decoder_model.onnx').write_bytes(b'no graph')
    with pytest.raises(CheckpointError, match='broken') as caught:
        load(broken)
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize(
    'setting', [{'do_sample': True}, {'repetition_penalty': 1.2}, {'early_stopping': True}, {'eos_token_id': [2, 3]}]
)
def test_what_is_not_done_here_is_refused(exported_checkpoint: Path, tmp_path: Path, setting: dict[str, Any]) -> None:
    folder = tmp_path / 'other'
    shutil.copytree(exported_checkpoint, folder)
    file = folder / 'generation_config.json'
    file.write_text(json.dumps(json.loads(file.read_text()) | setting))
    with pytest.raises(CheckpointError, match='needs torch'):
        load(folder)


def test_its_requirements_are_all_it_takes(exported_checkpoint: Path, environment_with: Any) -> None:
    """Not even what they bring along, but for a checkpoint on the Hub."""
    lines = (ROOT / 'requirements-cpu.txt').read_text().splitlines()
    environment = environment_with([line for line in lines if not line.startswith('#')], brought=False)
    for checkpoint, status in ((exported_checkpoint, 0), ('owner/name', 2)):
        command = [sys.executable, 'predict.py', 'examples/euler.png', '--checkpoint', str(checkpoint)]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == status, done.stderr
    assert len(done.stderr.splitlines()) == 1 and 'huggingface_hub' in done.stderr
