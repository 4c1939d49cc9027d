"""evaluate.py as a user calls it, on a parquet file of pictures that are good, blank and broken."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import datasets
import pytest
from PIL import Image

import evaluate
from data.dataset import load as load_data
from metrics import pictures, text
from metrics.evaluation import Evaluation
from metrics.score import CONVENTIONS, picture_batches, score
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
    options = ['--num-beams', '2', '--batch-size', '2', '--max-new-tokens', '8', '--workers', '1']
    done = subprocess.run(
        [*map(str, command), *options], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    return {
        'out': done.stdout,
        'err': done.stderr,
        'summary': json.loads((out / 'scores.json').read_text()),
        'predictions': [json.loads(line) for line in (out / 'predictions.jsonl').read_text().splitlines()],
        'report': (out / 'report.html').read_text(),
        'folder': out,
    }


def given(result: dict[str, Any]) -> list[dict[str, Any]]:
    return [item for item in result['predictions'] if item['pictures'] == 'given']


def test_every_picture_counts(result: dict[str, Any]) -> None:
    assert [item['index'] for item in given(result)] == [0, 1, 2, 3, 4]
    assert result['summary']['samples'] == result['summary']['scores']['all']['normalised']['samples'] == 5
    assert result['summary']['unreadable'] == 2
    for item in given(result):
        assert (item['error'] is not None) == (item['index'] >= 3)
        assert item['error'] is None or (item['prediction'], item['score']) == ('', 0)
        assert 0 <= item['score'] <= 1 and item['distance'] >= 0
    assert 'picture 3 counts as an empty prediction' in result['err']
    assert 'picture 4 counts as an empty prediction' in result['err']


def test_backends_score_the_same(parquet: Path, exported_checkpoint: Path, tmp_path: Path) -> None:
    found = {}
    for name, how in {'torch': ['torch'], 'onnx': ['onnx'], 'processes': ['onnx', '--processes', '2']}.items():
        out = tmp_path / name
        options = ['--data', parquet, '--out', out, '--text-only', '--max-new-tokens', '8', '--batch-size', '2']
        assert evaluate.main(['--checkpoint', str(exported_checkpoint), *map(str, options), '--backend', *how]) == 0
        found[name] = json.loads((out / 'scores.json').read_text())
        assert (found[name]['backend'], found[name]['max_new_tokens']) == (how[0], 8)
    assert found['onnx']['scores'] == found['torch']['scores'] == found['processes']['scores']
    assert found['processes']['device'] == 'cpu, 2 processes of one thread'


@pytest.mark.parametrize(
    ('name', 'asked', 'split'),
    [
        ('im2latex-100k-test.parquet', None, 'test'),
        ('im2latex-100k-test.parquet', 'test', 'test'),
        ('im2latex-100k-test.parquet', 'validation', None),
        ('train-0.parquet', None, 'train'),
        ('formulas.parquet', None, ''),
        ('formulas.parquet', 'test', 'test'),
        ('latest.parquet', 'validation', 'validation'),
    ],
)
def test_a_file_is_the_split_that_its_name_says(
    name: str, asked: str | None, split: str | None, tmp_path: Path, capsys: Any
) -> None:
    (tmp_path / name).touch()
    command = ['--checkpoint', 'x', '--data', str(tmp_path / name), *(['--split', asked] if asked else [])]
    if split is None:
        with pytest.raises(SystemExit, match='2'):
            evaluate.parse_args(command)
        assert f'{name} holds the split test' in capsys.readouterr().err
    else:
        assert (evaluate.parse_args(command).split or '') == split


def test_what_was_read_outlives_a_failure(
    parquet: Path, tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Typesetting fails after the reading: the same scores come of what was kept, with all that is known of it."""

    def fails(*args: Any, **kwargs: Any) -> None:
        raise OSError('no space left on device')

    arguments = ['--checkpoint', str(tiny_checkpoint), '--data', str(parquet), '--max-new-tokens', '4']
    with monkeypatch.context() as patch, pytest.raises(OSError, match='no space'):
        patch.setattr(Evaluation, 'of', fails)
        evaluate.main([*arguments, '--out', str(tmp_path / 'failed')])
    assert evaluate.main([*arguments, '--out', str(tmp_path / 'whole')]) == 0
    again = ['--predictions', str(tmp_path / 'failed' / 'predictions.jsonl'), '--out', str(tmp_path / 'again')]
    assert evaluate.main(again) == 0
    whole, scored = (json.loads((tmp_path / name / 'scores.json').read_text()) for name in ('whole', 'again'))
    timed = {'seconds', 'pictures_per_second'}
    assert (tmp_path / 'again' / 'reading.json').read_text() == (tmp_path / 'failed' / 'reading.json').read_text()
    (tmp_path / 'again' / 'predictions.jsonl').rename(tmp_path / 'again' / 'other.jsonl')
    assert evaluate.how_they_were_read(tmp_path / 'again' / 'other.jsonl') == {}
    assert scored.pop('predictions') == 'predictions.jsonl'
    assert {key: scored[key] for key in scored.keys() - timed} == {key: whole[key] for key in whole.keys() - timed}


def test_summary(result: dict[str, Any], parquet: Path, tiny_checkpoint: Path) -> None:
    summary = result['summary']
    expected = {
        'checkpoint': tiny_checkpoint.name,
        'data': 'validation.parquet',
        'split': 'validation',
        'num_beams': 2,
        'max_new_tokens': 8,
        'batch_size': 2,
        'definitions': {'text': text.DEFINITIONS, 'pictures': pictures.DEFINITIONS, 'conventions': CONVENTIONS},
    }
    assert {key: summary[key] for key in expected} == expected
    assert summary['seconds'] > 0 and summary['pictures_per_second'] > 0
    assert set(summary['scores']) == {'all', 'without_operatorname', 'retypeset'}
    for part in summary['scores'].values():
        assert set(part) == {*CONVENTIONS, 'pictures'}
        assert all(list(part[name]) == list(text.DEFINITIONS) for name in CONVENTIONS)
        assert list(part['pictures']) == list(pictures.DEFINITIONS)
    assert summary['scores']['without_operatorname']['as_given']['samples'] == 4


def test_nothing_written_says_where_things_lie(
    result: dict[str, Any], parquet: Path, tiny_checkpoint: Path, tmp_path: Path, capsys: Any
) -> None:
    """scores.json goes to the Hub with the weights."""
    predictions = result['folder'] / 'predictions.jsonl'
    again = ['--predictions', str(predictions), '--data', str(parquet), '--text-only', '--out', str(tmp_path / 'again')]
    assert evaluate.main(again) == 0
    scores = json.loads((tmp_path / 'again' / 'scores.json').read_text())
    assert (scores['predictions'], scores['data']) == ('predictions.jsonl', 'validation.parquet')
    assert f'<title>{tiny_checkpoint.name} on validation.parquet</title>' in result['report']
    for folder in (result['folder'], tmp_path / 'again'):
        for path in folder.iterdir():
            text = path.read_text()
            assert str(parquet.parent) not in text and str(tiny_checkpoint.parent) not in text


def test_sources_are_recorded_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / 'secret' / 'formulas'
    folder.mkdir(parents=True)
    monkeypatch.setenv('HOME', str(tmp_path))
    monkeypatch.chdir(folder)
    for source in (str(folder), f'{folder}/', '.', '../formulas', '~/secret/formulas'):
        assert evaluate.shareable(source) == 'formulas'
    for source in ('someone/formulas', evaluate.DATA):
        assert evaluate.shareable(source) == source


def test_labels_are_read_again_as_typeset_here(result: dict[str, Any]) -> None:
    again = [item for item in result['predictions'] if item['pictures'] == 'retypeset']
    assert [item['index'] for item in again] == [0, 1, 2, 3, 4]
    assert all(item['error'] is None for item in again)  # the broken picture and the blank one have labels
    assert [item['latex'] for item in again] == [item['latex'] for item in given(result)]


def test_table(result: dict[str, Any]) -> None:
    head, rule, *rows = [line for line in result['out'].splitlines() if line.startswith('|')]
    assert 'without operatorname' in head and set(rule) <= set('|-: ')
    assert len({line.count('|') for line in (head, rule, *rows)}) == 1
    assert any('ExpRate@CDM' in row for row in rows)
    assert 'pictures/s' in result['out']


def test_report_needs_nothing_beside_it(result: dict[str, Any]) -> None:
    page = result['report']
    assert page.startswith('<!doctype html>') and 'data:image/png;base64,' in page
    links = re.findall(r'(?:src|href)="([^"]{0,20})', page)
    assert links and all(link.startswith('data:image/png') for link in links)
    assert 'Where it is weak' in page and 'CDM' in page


def test_predictions_scored_again(result: dict[str, Any], tmp_path: Path, capsys: Any) -> None:
    arguments = ['--predictions', str(result['folder'] / 'predictions.jsonl'), '--workers', '1']
    assert evaluate.main([*arguments, '--out', str(tmp_path)]) == 0
    capsys.readouterr()
    assert json.loads((tmp_path / 'scores.json').read_text())['scores'] == result['summary']['scores']
    assert (tmp_path / 'predictions.jsonl').read_text() == (result['folder'] / 'predictions.jsonl').read_text()


def test_predictions_of_another_program(tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / 'mine.jsonl'
    file.write_text('{"latex": "x^2", "prediction": "x^{2}"}\n{"latex": "y", "prediction": "z"}\n')
    assert evaluate.main(['--predictions', str(file), '--text-only']) == 0
    assert '| canonical | exact match | 0.5 | 0.5 |' in capsys.readouterr().out


def test_limit_does_not_typeset_what_it_leaves_out(
    tiny_checkpoint: Path, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    file = tmp_path / 'formulas.jsonl'
    file.write_text(''.join(json.dumps({'latex': f'x+{number}'}) + '\n' for number in range(9)))
    arguments = ['--checkpoint', str(tiny_checkpoint), '--data', str(file), '--max-new-tokens', '4', '--text-only']
    assert evaluate.main([*arguments, '--limit', '2']) == 0
    assert '2 pictures in' in capsys.readouterr().out
    [pages] = (tmp_path / 'cache').rglob('00000.jsonl')
    assert len(pages.read_text().splitlines()) == 2


def test_without_tex(tiny_checkpoint: Path, parquet: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('PATH', '')
    arguments = ['--checkpoint', str(tiny_checkpoint), '--data', str(parquet), '--max-new-tokens', '4']
    assert evaluate.main(arguments) == 2
    assert '--text-only' in capsys.readouterr().err
    assert evaluate.main([*arguments, '--text-only']) == 0


def test_scores_are_those_of_the_loop_that_training_uses(
    result: dict[str, Any], parquet: Path, tiny_checkpoint: Path
) -> None:
    model, processor = load(tiny_checkpoint)
    source = load_data(parquet, split='validation')
    batches = picture_batches(source, range(len(source)), 3)
    scores = score(model, processor, batches, predict=predict, num_beams=2, max_new_tokens=8)
    expected = result['summary']['scores']
    for name, part in evaluate.parts({'given': Evaluation(scores)}).items():
        assert part.summary() == {convention: expected[name][convention] for convention in CONVENTIONS}
    found = [item['prediction'] for item in given(result)]
    assert [item.prediction for item in scores.predictions] == found


def test_limit_takes_pictures_from_all_over(parquet: Path, tiny_checkpoint: Path, capsys: Any) -> None:
    arguments = ['--checkpoint', str(tiny_checkpoint), '--data', str(parquet), '--max-new-tokens', '4', '--text-only']
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


@pytest.mark.parametrize('content', ['', 'not json', '{"latex": "x"}', '{"latex": "x", "prediction": null}', '[1]'])
def test_file_without_predictions(tmp_path: Path, capsys: Any, content: str) -> None:
    file = tmp_path / 'predictions.jsonl'
    file.write_text(content)
    assert evaluate.main(['--predictions', str(file), '--text-only']) == 2
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1 and 'predictions.jsonl' in err


def test_no_such_file_of_predictions(capsys: Any) -> None:
    assert evaluate.main(['--predictions', 'nowhere.jsonl', '--text-only']) == 2
    assert 'nowhere.jsonl: No such file' in capsys.readouterr().err
