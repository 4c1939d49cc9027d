"""The exported folder: the same bytes every time, the card as the Hub takes it, and the model as a user meets it."""

import filecmp
import functools
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from huggingface_hub import ModelCard, ModelCardData
from PIL import Image

from hub_card import export
from hub_card.card import count_parameters
from modeling.generation_im2latex import load, predict
from runtime import generation as graphs

ROOT = Path(__file__).resolve().parents[2]
SMALL = ROOT / 'checkpoints' / 'small'
REPO_ID = 'someone/im2latex-small'


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The export of the released checkpoint."""
    folder = tmp_path_factory.mktemp('hub') / 'model'
    export.export_model(SMALL, folder, REPO_ID)
    return folder


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    """The folder behind HTTP."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f'http://127.0.0.1:{server.server_port}'
        server.shutdown()


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob('*') if path.is_file())


def test_same_bytes_every_time(folder: Path, tmp_path: Path) -> None:
    export.export_model(SMALL, tmp_path / 'again', REPO_ID)
    names = files(folder)
    assert files(tmp_path / 'again') == names
    assert filecmp.cmpfiles(folder, tmp_path / 'again', names, shallow=False)[0] == names


def test_ships_code_and_weights_as_they_are(folder: Path) -> None:
    for source in (ROOT / 'modeling').glob('*_im2latex.py'):
        assert (folder / source.name).read_bytes() == source.read_bytes()
    for name in ('model.safetensors', 'tokenizer.json', 'scores.json', 'onnx/encoder_model.onnx'):
        assert (folder / name).read_bytes() == (SMALL / name).read_bytes()
    assert {'LICENSE', 'README.md', 'generation_config.json', 'examples/euler.png'} <= set(files(folder))
    assert not list(folder.parent.glob('*.partial'))


def test_card_is_what_the_hub_takes(folder: Path) -> None:
    """`ModelCard.validate` asks the Hub; the schema of the scores is held by the way there and back."""
    card = ModelCard.load(folder / 'README.md')
    data = card.data
    assert (data.library_name, data.pipeline_tag, data.license) == ('transformers', 'image-to-text', 'mit')
    assert data.model_name == 'im2latex-small'
    again = ModelCardData(**yaml.safe_load(data.to_yaml()), ignore_metadata_errors=False)
    assert again.eval_results == data.eval_results
    scores = json.loads((SMALL / 'scores.json').read_text())['scores']['all']
    found = {result.metric_name: result.metric_value for result in data.eval_results}
    assert found['Exact match, canonical LaTeX'] == pytest.approx(scores['normalised']['exact_match'], abs=1e-4)
    assert found['BLEU-4, labels as given'] == pytest.approx(scores['as_given']['bleu'], abs=1e-4)


def test_card_shows_every_score_and_picture(folder: Path) -> None:
    text = (folder / 'README.md').read_text()
    for part in json.loads((SMALL / 'scores.json').read_text())['scores'].values():
        for scores in part.values():
            for value in scores.values():
                assert (f'{value:,}' if isinstance(value, int) else f'{value:.4g}') in text
    for line in text.splitlines():
        if line.startswith('| ![]('):
            assert (folder / line.split('(')[1].split(')')[0]).is_file()
    assert '{{' not in text.replace('{{The', '') and '{%' not in text


def test_the_project_loads_it_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without being asked whether to run the folder's code: it is the project's own."""
    model, processor = load(folder)
    assert capsys.readouterr().out == ''
    assert count_parameters(folder) == sum(item.numel() for item in model.parameters())
    picture = Image.open(folder / 'examples' / 'euler.png')
    assert predict(model, processor, [picture])[0].latex == r'e^{i\pi}+1=0'
    assert graphs.predict(*graphs.load(folder), [picture])[0].latex == r'e^{i\pi}+1=0'


def test_without_scores(tiny_checkpoint: Path, tmp_path: Path) -> None:
    """As training leaves it: no graphs, no scores, nothing about training."""
    export.export_model(tiny_checkpoint, tmp_path / 'model', 'someone/tiny')
    card = ModelCard.load(tmp_path / 'model' / 'README.md')
    assert card.data.eval_results is None and 'No scores have been recorded' in card.text


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (lambda path: (path / 'tokenizer.json').unlink(), 'not a checkpoint, it has no tokenizer.json'),
        (lambda path: (path / 'config.json').write_text('{'), 'config.json: cannot be read as JSON'),
        (lambda path: (path / 'scores.json').write_text('{"data": "x"}'), 'scores.json has no split'),
    ],
)
def test_what_is_missing_is_said(change, message, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(SMALL, tmp_path / 'small')
    change(tmp_path / 'small')
    assert export.main([str(tmp_path / 'small'), '--out', str(tmp_path / 'out')]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count('\n') == 1
    assert not (tmp_path / 'out' / 'model').exists()


def test_other_peoples_folders_are_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / 'model').mkdir()
    (tmp_path / 'model' / 'thesis.tex').write_text('precious')
    assert export.main([str(SMALL), '--out', str(tmp_path)]) == 2
    assert 'is there and no export' in capsys.readouterr().err
    assert (tmp_path / 'model' / 'thesis.tex').exists()


def put_in_cache(folder: Path, home: Path) -> None:
    """Makes it the snapshot that a download of the repository would leave."""
    cache = home / 'hub' / f'models--{REPO_ID.replace("/", "--")}'
    revision = '0123456789abcdef0123456789abcdef01234567'
    (cache / 'refs').mkdir(parents=True)
    (cache / 'refs' / 'main').write_text(revision)
    shutil.copytree(folder, cache / 'snapshots' / revision)


def test_as_a_user(folder: Path, address: str, tmp_path: Path) -> None:
    """Snippets of the card, every way to call the pipeline, saving and loading: offline, outside the project."""
    put_in_cache(folder, tmp_path / 'home')
    work = tmp_path / 'work'
    shutil.copytree(folder / 'examples', work / 'my-formulas')
    (work / 'my-formulas' / 'labels.jsonl').write_text(
        '{"file_name": "euler.png", "latex": "e^{i\\\\pi}+1=0"}\n{"file_name": "zeta.png", "latex": "x"}\n'
    )
    kept = {name: os.environ[name] for name in ('PATH', 'LANG', 'LD_LIBRARY_PATH') if name in os.environ}
    environment = {
        **kept, 'HOME': str(tmp_path), 'HF_HOME': str(tmp_path / 'home'), 'HF_HUB_OFFLINE': '1', 'OMP_NUM_THREADS': '1',
        'CUDA_VISIBLE_DEVICES': '',
    }  # fmt: skip
    script = Path(__file__).with_name('as_a_user.py')
    command = [sys.executable, '-I', script, folder / 'README.md', folder, f'{address}/examples/euler.png']
    done = subprocess.run(
        command, cwd=work, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=500
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads((work / 'report.json').read_text())

    assert found['importable'] == []
    euler = [{'generated_text': r'e^{i\pi}+1=0'}]
    assert found['snippets'][:2] == ['e^{i\\pi}+1=0\n'] * 2 and len(found['snippets']) == 3
    assert found['dtype'] == 'torch.float32'
    assert found['one'] == [euler] * 4
    for answers in found['many'][:3]:
        assert len(answers) == 3 and answers[0] == answers[2] == euler and answers[1][0]['generated_text'][:4] == '\\int'
    assert found['many'][3][0] == [{'generated_text': 'e^'}]
    assert found['without_task'] == euler
    assert found['again'] == [euler] * 2
    assert found['steps'] >= 2 and len(found['fine_tuned']) == 1
    assert len(found['forgotten']) == 3 and all('trust_remote_code=True' in message for message in found['forgotten'])
