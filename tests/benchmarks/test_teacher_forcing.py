import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks import teacher_forcing
from benchmarks.robustness import Labelled
from benchmarks.teacher_forcing import batches, cells, compared, half_interval, likelihood, main
from metrics import score
from modeling.generation_im2latex import load


@pytest.fixture
def examples(formulas: Sequence[str], formula_images: Sequence[Image.Image]) -> list[dict]:
    return [{'image': image, 'latex': latex} for image, latex in zip(formula_images, formulas, strict=True)]


def test_every_example_is_in_one_batch(
    formulas: Sequence[str], formula_images: Sequence[Image.Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teacher_forcing, 'BATCH', 2)
    monkeypatch.setattr(score, 'WINDOW', 3)
    blank = Image.new('L', (80, 40), 255)
    found = batches(Labelled(dict(enumerate([*formula_images, blank, None])), [*formulas, 'x', 'y']), range(6))
    assert sorted(example['latex'] for batch in found for example in batch) == sorted(formulas)
    assert [len(batch) for batch in found] == [2, 1, 1]


def test_nats_of_the_label(tiny_checkpoint: Path, examples: list[dict]) -> None:
    found = likelihood(str(tiny_checkpoint), [examples[:3], examples[3:]])
    model, processor = load(tiny_checkpoint)
    for (nats, _), example in zip(found, examples, strict=True):
        batch = processor(images=example['image'], text=example['latex'])
        labels = batch.pop('labels')
        with torch.inference_mode():
            logs = model(**batch).logits.log_softmax(dim=-1).gather(2, labels[..., None])
        assert nats == pytest.approx(-logs.sum().item(), rel=0.02)  # perhaps in bf16


def test_all_right_but_for_padding() -> None:
    logits = torch.zeros(3, 3, 5)
    labels = torch.tensor([[1, 2, -100], [1, 2, 3], [1, 3, -100]])
    logits[:, 0, 1] = logits[:, 1, 2] = logits[1, 2, 3] = 9
    found = compared(logits, labels)
    assert found[:, 1].tolist() == [1, 1, 0]
    assert found[0, 0] < found[1, 0] < 0.01 < 9 < found[2, 0]


def test_intervals_are_of_the_difference() -> None:
    rng = np.random.default_rng(0)
    hard = rng.exponential(5, 1000)  # formulas differ far more than checkpoints do
    assert half_interval(hard + 0.1, hard, rng) == pytest.approx(0, abs=1e-9)
    assert 0.04 < half_interval(hard + rng.normal(0, 1, 1000), hard, rng) < 0.08
    found = np.stack((hard, hard < 5), axis=1)
    assert cells(found, found) == f'{hard.mean():.3f} ± 0.000 | {100 * (hard < 5).mean():.1f} ± 0.0'


def test_a_table_of_checkpoints(tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = tmp_path / 'formulas.jsonl'
    lines.write_text(''.join(json.dumps({'latex': latex}) + '\n' for latex in ('x^2', r'\frac{a}{b}', 'a+b')))
    command = [str(tiny_checkpoint), str(tiny_checkpoint), '--data', str(lines), '--dpi', '50', '--typeset', '2']
    assert main(command) == 0
    head, _, first, second = capsys.readouterr().out.splitlines()
    assert head == '| checkpoint | as given, 3: nats | all right, % | 50 dpi, 2: nats | all right, % |'
    assert first == second
    assert first.count('± 0.0') == 4


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (['nowhere', '--data', 'none.parquet'], 'none.parquet'),
        (['nowhere', '--data', 'formulas.jsonl'], 'nowhere'),
    ],
)
def test_says_what_is_missing(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path('formulas.jsonl').write_text('{"latex": "x"}\n')
    assert main(arguments) == 2
    assert said in capsys.readouterr().err


def test_numbers_must_be_positive() -> None:
    with pytest.raises(SystemExit):
        main(['a', '--data', 'b', '--dpi', '0'])
