"""evaluate.py as a user calls it, on a parquet file of pictures that are good, blank and broken."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import datasets
import pytest
from PIL import Image

import evaluate
from data.dataset import load as load_data
from metrics.score import picture_batches, score
from metrics.text import DEFINITIONS
from modeling.generation_im2latex import load, predict

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope='module')
def parquet(tmp_path_factory: pytest.TempPathFactory, formula_images: list[Image.Image], formulas: list[str]) -> Path:
    """Three pictures (one labelled with `\\operatorname`), a blank one and a broken file, in this order."""

    def png(image: Image.Image) -> bytes:
        buffer = io.BytesIO()
        image.save(buffer, 'PNG')
        return buffer.getvalue()

    files = [png(image) for image in formula_images[:3]] + [png(Image.new('L', (80, 40), 255)), b'broken']
    rows = {
        'image': [{'bytes': file, 'path': None} for file in files],
        'latex': [formulas[0], r'\operatorname { s n } x', formulas[2], 'x', 'y'],
    }
    features = datasets.Features({'image': datasets.Image(), 'latex': datasets.Value('string')})
    path = tmp_path_factory.mktemp('data') / 'validation.parquet'
    datasets.Dataset.from_dict(rows, features=features).to_parquet(str(path))
    return path


@pytest.fixture(scope='module')
def result(parquet: Path, tiny_checkpoint: Path) -> dict[str, Any]:
    out = parquet.parent / 'runs' / 'out'
    command = [sys.executable, ROOT / 'evaluate.py', '--checkpoint', tiny_checkpoint, '--data', parquet, '--out', out]
    options = ['--num-beams', '2', '--batch-size', '2', '--max-new-tokens', '8']
    done = subprocess.run(
        [*map(str, command), *options], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    return {
        'out': done.stdout,
        'err': done.stderr,
        'summary': json.loads((out / 'scores.json').read_text()),
        'predictions': [json.loads(line) for line in (out / 'predictions.jsonl').read_text().splitlines()],
    }


def test_every_picture_counts(result: dict[str, Any]) -> None:
    assert [item['index'] for item in result['predictions']] == [0, 1, 2, 3, 4]
    assert result['summary']['samples'] == result['summary']['scores']['all']['normalised']['samples'] == 5
    assert result['summary']['unreadable'] == 2
    for item in result['predictions']:
        assert (item['error'] is not None) == (item['index'] >= 3)
        assert item['error'] is None or (item['prediction'], item['score']) == ('', 0)
        assert 0 <= item['score'] <= 1 and item['distance'] >= 0
    assert 'picture 3 counts as an empty prediction' in result['err']
    assert 'picture 4 counts as an empty prediction' in result['err']


def test_summary(result: dict[str, Any], parquet: Path, tiny_checkpoint: Path) -> None:
    summary = result['summary']
    expected = {
        'checkpoint': str(tiny_checkpoint),
        'data': str(parquet),
        'split': 'validation',
        'num_beams': 2,
        'max_new_tokens': 8,
        'batch_size': 2,
        'definitions': DEFINITIONS,
    }
    assert {key: summary[key] for key in expected} == expected
    assert summary['seconds'] > 0 and summary['pictures_per_second'] > 0
    assert set(summary['scores']) == {'all', 'without_operatorname'}
    for part in summary['scores'].values():
        assert all(list(values) == list(DEFINITIONS) for values in part.values())
    assert summary['scores']['without_operatorname']['as_given']['samples'] == 4


def test_table(result: dict[str, Any]) -> None:
    head, rule, *rows = [line for line in result['out'].splitlines() if line.startswith('|')]
    assert 'exact match' in head and set(rule) <= set('|-: ')
    assert len(rows) == 4 and len({line.count('|') for line in (head, rule, *rows)}) == 1
    assert 'pictures/s' in result['out']


def test_scores_are_those_of_the_loop_that_training_uses(
    result: dict[str, Any], parquet: Path, tiny_checkpoint: Path
) -> None:
    model, processor = load(tiny_checkpoint)
    source = load_data(parquet, split='validation')
    batches = picture_batches(source, range(len(source)), 3)
    scores = score(model, processor, batches, predict=predict, num_beams=2, max_new_tokens=8)
    assert evaluate.report(scores) == result['summary']['scores']
    found = [item['prediction'] for item in result['predictions']]
    assert [item.prediction for item in scores.predictions] == found


def test_limit_takes_pictures_from_all_over(parquet: Path, tiny_checkpoint: Path, capsys: Any) -> None:
    arguments = ['--checkpoint', str(tiny_checkpoint), '--data', str(parquet), '--max-new-tokens', '4']
    assert evaluate.main([*arguments, '--limit', '2']) == 0
    assert '2 pictures in' in capsys.readouterr().out


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--checkpoint', 'nowhere/at/all'], 'nowhere/at/all: no such folder'),
        (['--data', 'nowhere/at/all.parquet'], 'nowhere/at/all.parquet'),
        (['--limit', '0'], '--limit'),
        (['--num-beams', 'x'], '--num-beams'),
        (['--slow'], '--slow'),
    ],
)
def test_wrong_usage(tiny_checkpoint: Path, parquet: Path, capsys: Any, arguments: list[str], message: str) -> None:
    capsys.readouterr()
    try:
        status = evaluate.main(['--checkpoint', str(tiny_checkpoint), '--data', str(parquet), *arguments])
    except SystemExit as exit_:
        status = int(exit_.code or 0)
    out, err = capsys.readouterr()
    assert (status, out) == (2, '')
    assert len(err.splitlines()) == 1 and message in err
