"""Pushing, as a process of its own, to a stand-in for the Hub that keeps what it is sent.

The stand-in speaks the part of the Hub's HTTP interface that huggingface_hub uses without Xet, the storage protocol
that it prefers where hf_xet is installed: repositories are made and listed, files announced, large ones put, commits
made of them.
"""

import base64
import hashlib
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

import train
from hub_card import export, push
from training.args import TrainArgs

ROOT = Path(__file__).resolve().parents[2]
SMALL = ROOT / 'checkpoints' / 'small'
METRIC = ROOT / 'hub_card' / 'metric'
TOKEN = 'hf_me'


class Hub(http.server.ThreadingHTTPServer):
    """Repositories by kind and id, each with its files."""

    def __init__(self) -> None:
        super().__init__(('127.0.0.1', 0), Answers)
        self.address = f'http://127.0.0.1:{self.server_port}'
        self.repositories: dict[str, dict[str, bytes]] = {}
        self.stored: dict[str, bytes] = {}
        """large files by SHA-256"""
        self.created: list[dict] = []


class Answers(http.server.BaseHTTPRequestHandler):
    server: Hub

    def log_message(self, *_) -> None: ...

    def answer(self, status: int, **content) -> None:
        self.send(status, content)

    def send(self, status: int, content: dict | list) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        """The files of a repository."""
        path = self.path.partition('?')[0]
        files = self.server.repositories.get(path.removeprefix('/api/').removesuffix('/tree/main'))
        if not path.endswith('/tree/main') or files is None:
            return self.answer(404, error=f'no {path}')
        self.send(200, [{'type': 'file', 'path': name, 'size': len(files[name]), 'oid': '0' * 40} for name in files])

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers['Content-Length']))
        assert hashlib.sha256(content).hexdigest() == self.path.removeprefix('/storage/')
        self.server.stored[self.path.removeprefix('/storage/')] = content
        self.answer(200)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers['Content-Length']))
        path = self.path.partition('?')[0]
        if self.headers.get('Authorization') != f'Bearer {TOKEN}':
            self.answer(401, error='Invalid credentials')
        elif path == '/api/validate-yaml':
            errors = [{'message': '"license" is none'}] if 'models/me/refused' in self.server.repositories else []
            self.answer(400 if errors else 200, errors=errors, warnings=[])
        elif path == '/api/repos/create':
            self.create(json.loads(body))
        elif path.endswith('/preupload/main'):
            files = json.loads(body)['files']
            modes = [{'path': file['path'], 'shouldIgnore': False, 'uploadMode': mode(file)} for file in files]
            self.answer(200, files=modes)
        elif path.endswith('/info/lfs/objects/batch'):
            objects = json.loads(body)['objects']
            for item in objects:
                item['actions'] = {'upload': {'href': f'{self.server.address}/storage/{item["oid"]}'}}
            self.answer(200, transfer='basic', objects=objects)
        elif path.endswith('/commit/main'):
            repository = path.removeprefix('/api/').removesuffix('/commit/main')
            self.commit(repository, [json.loads(line) for line in body.splitlines()])
        else:
            self.answer(404, error=f'no {path}')

    def create(self, wanted: dict) -> None:
        if wanted['organization'] != 'me':
            return self.answer(403, error="You don't have the rights to create a repository under this namespace")
        self.server.created.append(wanted)
        repository = f'{wanted.get("type", "model")}s/{wanted["organization"]}/{wanted["name"]}'
        known = repository in self.server.repositories
        self.server.repositories.setdefault(repository, {})
        self.answer(409 if known else 200, url=f'{self.server.address}/{repository.removeprefix("models/")}')

    def commit(self, repository: str, lines: list[dict]) -> None:
        files = self.server.repositories[repository]
        for value in (line['value'] for line in lines if line['key'] == 'deletedFile'):
            del files[value['path']]
        for value in (line['value'] for line in lines if line['key'] == 'file'):
            files[value['path']] = base64.b64decode(value['content'])
        for value in (line['value'] for line in lines if line['key'] == 'lfsFile'):
            files[value['path']] = self.server.stored[value['oid']]
        self.answer(200, commitUrl=f'{self.server.address}/{repository}/commit/{len(files):040x}', commitOid='0' * 40)


def mode(file: dict) -> str:
    return 'lfs' if Path(file['path']).suffix in ('.safetensors', '.onnx', '.png') else 'regular'


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def run(arguments: list[str], home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A script of the project, for a user who has never logged in."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(('HF_', 'HUGGING_FACE_'))}
    given = {**kept, 'HF_HOME': str(home), 'HF_HUB_DISABLE_XET': '1', 'OMP_NUM_THREADS': '1', **environment}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, timeout=300)


def contents(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob('*') if path.is_file() and '__pycache__' not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def test_everything_arrives(hub: Hub, tmp_path: Path) -> None:
    """Model, Space and metric, byte by byte; and once more into repositories that are there."""
    names = ['--repo-id', 'me/model', '--space', 'me/demo', '--metric', 'me/metric']
    command = ['-m', 'hub_card.push', str(SMALL), *names]
    for _ in range(2):
        done = run([*command, '--private'], tmp_path, HF_ENDPOINT=hub.address, HF_TOKEN=TOKEN)
        assert done.returncode == 0, done.stderr
        assert [line.split('/commit/')[0] for line in done.stdout.splitlines()] == [
            f'{hub.address}/{name}' for name in ('models/me/model', 'spaces/me/demo', 'spaces/me/metric')
        ]
    export.export_model(SMALL, tmp_path / 'model', 'me/model')
    export.export_space(SMALL, tmp_path / 'space', 'me/model')
    assert hub.repositories == {
        'models/me/model': contents(tmp_path / 'model'),
        'spaces/me/demo': contents(tmp_path / 'space'),
        'spaces/me/metric': contents(METRIC),
    }
    assert {item['visibility'] for item in hub.created} == {'private'}
    assert [item.get('sdk') for item in hub.created[:3]] == [None, 'gradio', 'gradio']


def test_nothing_of_other_weights_stays(hub: Hub, tiny_checkpoint: Path, tmp_path: Path) -> None:
    """Graphs are read before the weights: old ones beside new weights would be read without a word."""
    old = ('onnx/decoder_model.onnx', 'onnx/decoder_model_fp16.onnx', 'calibration.json', 'scores.json')
    other = {'examples/mine.png': b'theirs', 'my-scores.json': b'theirs'}
    hub.repositories['models/me/model'] = dict.fromkeys([*old, 'config.json'], b'old') | other
    environment = {'HF_ENDPOINT': hub.address, 'HF_TOKEN': TOKEN}
    done = run(['-m', 'hub_card.push', str(tiny_checkpoint), '--repo-id', 'me/model'], tmp_path, **environment)
    assert done.returncode == 0, done.stderr
    export.export_model(tiny_checkpoint, tmp_path / 'model', 'me/model')
    assert hub.repositories['models/me/model'] == contents(tmp_path / 'model') | other


def test_no_space_for_a_model_without_graphs(
    tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The Space has no torch and would not start."""
    shutil.copytree(tiny_checkpoint, tmp_path / 'tiny')
    (tmp_path / 'tiny' / 'onnx').mkdir()
    (tmp_path / 'tiny' / 'onnx' / 'encoder_model_int8.onnx').touch()
    arguments = [str(tmp_path / 'tiny'), '--repo-id', 'me/model', '--dry-run']
    assert push.main([*arguments, '--space', 'me/demo']) == 2
    output = capsys.readouterr()
    line = output.err.splitlines()[-1]
    assert output.out == '' and line.startswith(f'push: {tmp_path}/tiny: no ONNX graphs')
    assert line.endswith(f'run export_onnx.py {tmp_path}/tiny first')


def test_dry_run_lists_what_would_go(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [str(SMALL), '--repo-id', 'me/model', '--space', 'me/demo', '--metric', 'me/metric', '--dry-run']
    assert push.main(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    export.export_model(SMALL, tmp_path / 'model', 'me/model')
    files = contents(tmp_path / 'model')
    assert lines[0] == f'model me/model: {len(files)} files, {sum(map(len, files.values())):,} bytes'
    assert lines[1 : 1 + len(files)] == [f'{len(files[name]):>12,}  {name}' for name in sorted(files, key=Path)]
    deleted = lines[1 + len(files)]
    assert deleted.split()[0] == 'deleted' and ', '.join(push.OF_THE_WEIGHTS) in deleted
    assert [line.split(':')[0] for line in lines if line.startswith('space')] == ['space me/demo', 'space me/metric']


@pytest.mark.parametrize(
    ('repo_id', 'environment', 'message'),
    [
        ('me/model', {}, 'no token of the Hub: log in with `hf auth login`, or set HF_TOKEN'),
        ('model', {'HF_TOKEN': TOKEN}, 'model: a repository of the Hub is named owner/name'),
        ('me/../x', {'HF_TOKEN': TOKEN}, 'Repo id must'),
        ('me/model', {'HF_TOKEN': TOKEN, 'HF_HUB_OFFLINE': '1'}, 'HF_HUB_OFFLINE is set'),
        (
            'me/model',
            {'HF_TOKEN': TOKEN, 'HF_ENDPOINT': 'http://127.0.0.1:9'},
            ':9 could not be reached',
        ),
        (
            'me/model',
            {'HF_TOKEN': 'hf_wrong', 'HF_ENDPOINT': 'HUB'},
            'me/model: the Hub refused (401): Invalid credentials; may',
        ),
        ('you/model', {'HF_TOKEN': TOKEN, 'HF_ENDPOINT': 'HUB'}, "the Hub refused (403): You don't have the rights"),
        ('me/refused', {'HF_TOKEN': TOKEN, 'HF_ENDPOINT': 'HUB'}, 'Invalid metadata in README.md. - "license" is none'),
    ],
)
def test_what_is_wrong_is_said_in_a_line(repo_id, environment, message, hub: Hub, tmp_path: Path) -> None:
    given = {name: hub.address if value == 'HUB' else value for name, value in environment.items()}
    done = run(['-m', 'hub_card.push', str(SMALL), '--repo-id', repo_id], tmp_path, **given)
    assert done.returncode == 2 and done.stdout == ''
    [line] = done.stderr.splitlines()
    assert line.startswith('push: ') and message in line
    assert not any(hub.repositories.values())


def test_training_pushes_what_it_made(hub: Hub, tmp_path: Path) -> None:
    pictures = tmp_path / 'mine' / 'train'
    shutil.copytree(ROOT / 'examples', pictures)
    (pictures / 'labels.jsonl').write_text('{"file_name": "euler.png", "latex": "e^{i\\\\pi}+1=0"}\n')
    settings = f'--init-from {SMALL} --data {tmp_path}/mine --validation none --run-dir {tmp_path}/run --max-steps 1'
    command = [
        'train.py',
        *settings.split(),
        '--workers',
        '0',
        '--tracker',
        'none',
        '--cpu',
        '--push-to-hub',
        'me/mine',
    ]

    refused = run(command, tmp_path)
    assert refused.returncode == 2 and not (tmp_path / 'run').exists()
    assert refused.stderr.startswith('train.py: push_to_hub: no token of the Hub')

    done = run(command, tmp_path, HF_ENDPOINT=hub.address, HF_TOKEN=TOKEN)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f'{hub.address}/models/me/mine/commit/')
    arrived = hub.repositories['models/me/mine']
    assert arrived['model.safetensors'] == (tmp_path / 'run' / 'final' / 'model.safetensors').read_bytes()
    assert b'me/mine' in arrived['README.md'] and 'pipeline_im2latex.py' in arrived


def test_a_push_that_failed_can_be_done_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / 'best').mkdir()
    assert train.push(TrainArgs(run_dir=str(tmp_path), push_to_hub='me/mine')) == 2
    error = capsys.readouterr().err
    assert 'trained, but not pushed' in error and 'it has no generation_config.json' in error
    assert f'python -m hub_card.push {tmp_path}/best --repo-id me/mine' in error
