"""The exported Space starts from its own files alone, with the model in the cache, and reads a picture.

IM2LATEX_TEST_PYTHON names another interpreter than that of the tests: one in a virtual environment that was made with
`pip install gradio==SDK_VERSION -r requirements.txt` in the exported folder, as the Hub makes it.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from huggingface_hub import SpaceCardData
from huggingface_hub.repocard import RepoCard

from hub_card.export import export_space
from hub_card.model_folder import ExportError
from hub_card.space_folder import write_space_folder

ROOT = Path(__file__).resolve().parents[2]
REPO_ID = 'someone/im2latex-small'
PYTHON = os.environ.get('IM2LATEX_TEST_PYTHON', sys.executable)


@pytest.fixture
def space(tmp_path: Path) -> Path:
    export_space(ROOT / 'checkpoints' / 'small', tmp_path / 'space', REPO_ID)
    return tmp_path / 'space'


def test_front_matter(space: Path) -> None:
    data = SpaceCardData(**RepoCard.load(space / 'README.md', ignore_metadata_errors=False).data.to_dict())
    assert data.sdk == 'gradio' and (space / str(data.app_file)).is_file()
    assert data.models == data['preload_from_hub'] == [REPO_ID]
    assert re.fullmatch(r'6\.\d+\.\d+', str(data.sdk_version)) and re.fullmatch(r'3\.\d+', data['python_version'])
    assert len(data['short_description']) <= 60, 'the Hub refuses more'


def test_requirements_are_those_of_the_image(space: Path) -> None:
    lines = (space / 'requirements.txt').read_text().splitlines()
    names = {re.split(r'[<>= ]', line)[0] for line in lines}
    assert {'gradio', 'fastapi', 'pillow', 'numpy', 'onnxruntime', 'latex2mathml'} <= names
    assert not {'torch', 'transformers', 'datasets', 'pytest'} & names


def test_holds_what_it_runs(space: Path) -> None:
    names = {path.name for path in space.iterdir()}
    assert {'README.md', 'LICENSE', 'app.py', 'space.py', 'modeling', 'runtime', 'serving', 'examples'} <= names
    assert not {'data', 'training', 'metrics', 'checkpoints', 'train.py'} & names
    assert (space / 'app.py').read_bytes() == (ROOT / 'app.py').read_bytes()


def test_starts_and_reads(space: Path, offline: dict[str, str], exported: Path) -> None:
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = str(free.getsockname()[1])
    with subprocess.Popen(
        [PYTHON, 'space.py'], cwd=space, env={**offline, 'SPACE_ID': 'someone/demo', 'IM2LATEX_PORT': port},
        stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            for _ in range(600):
                try:
                    page = httpx.get(f'http://127.0.0.1:{port}')
                    break
                except httpx.HTTPError:
                    assert process.poll() is None, process.stderr and process.stderr.read()
                    time.sleep(0.2)
            picture = (exported / 'examples' / 'euler.png').read_bytes()
            answer = httpx.post(f'http://127.0.0.1:{port}/predict', files={'file': picture}, timeout=60)
        finally:
            process.terminate()
    assert page.status_code == 200 and 'gradio' in page.text
    assert answer.status_code == 200 and answer.json()['latex']


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match='there is no demo to export'):
        write_space_folder(tmp_path / 'space', REPO_ID, root=tmp_path)
    shutil.copy(ROOT / 'app.py', tmp_path)
    with pytest.raises(ExportError, match='which says what the demo needs'):
        write_space_folder(tmp_path / 'space', REPO_ID, root=tmp_path)
