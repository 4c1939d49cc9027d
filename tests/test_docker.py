"""The steps of the Dockerfile without Docker: the files it copies, and no others, start and answer."""

import ast
import json
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
STEPS = (ROOT / 'Dockerfile').read_text(encoding='utf-8').replace('\\\n', ' ')
COPIED = [
    (ROOT / source, target)
    for sources, target in re.findall(r'^COPY (.+) (\S+)$', STEPS, re.M)
    for source in sources.split()
]
NAMED = [
    line
    for path, _ in COPIED
    if path.name.startswith('requirements')
    for line in path.read_text(encoding='utf-8').splitlines()
    if not line.startswith('#')
]
REQUIREMENTS = [line for line in NAMED if not line.startswith('-r ')]


def test_what_is_copied_runs_and_is_healthy(tmp_path: Path, exported_checkpoint: Path, environment_with: Any) -> None:
    """With the packages that are installed, and no others."""
    for source, target in COPIED:
        if source.name == 'checkpoints':
            weights = shutil.ignore_patterns('*.safetensors')
            shutil.copytree(exported_checkpoint, tmp_path / target / 'small', ignore=weights)
        elif source.is_dir():
            shutil.copytree(source, tmp_path / target, ignore=shutil.ignore_patterns('__pycache__'))
        else:
            shutil.copy(source, tmp_path / target)
    [health], [command] = (re.findall(rf'^{name} .*?(\[.*\])$', STEPS, re.M) for name in ('HEALTHCHECK', 'CMD'))
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = str(free.getsockname()[1])
    environment = environment_with(REQUIREMENTS)
    environment |= {'IM2LATEX_HOST': '127.0.0.1', 'IM2LATEX_PORT': port, 'HF_HUB_OFFLINE': '1'}
    environment.pop('IM2LATEX_CHECKPOINT', None)
    start = [sys.executable, *json.loads(command)[1:]]
    check = [sys.executable, *json.loads(health)[1:]]
    with subprocess.Popen(start, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            for _ in range(120):
                healthy = subprocess.run(check, cwd=tmp_path, env=environment, capture_output=True).returncode == 0
                if healthy or process.poll() is not None:
                    break
                time.sleep(0.5)
            assert healthy, process.stderr and process.stderr.read()
            with urllib.request.urlopen(f'http://127.0.0.1:{port}/version') as answer:
                assert json.load(answer)['backend'] == 'onnx'
            picture = (ROOT / 'examples' / 'euler.png').read_bytes()
            request = urllib.request.Request(
                f'http://127.0.0.1:{port}/predict?n_best=2&format=mathml', picture, {'Content-Type': 'image/png'}
            )
            with urllib.request.urlopen(request) as answer:
                assert {'latex', 'tokens', 'alternatives'} <= json.load(answer).keys()
            with urllib.request.urlopen(f'http://127.0.0.1:{port}/') as answer:
                assert b'gradio' in answer.read()
        finally:
            process.terminate()


def imported(path: Path) -> Iterator[str]:
    """First parts of the names that a file, or the files of a package, import absolutely."""
    for file in path.glob('*.py') if path.is_dir() else [path]:
        for node in ast.walk(ast.parse(file.read_text(encoding='utf-8'))):
            if isinstance(node, ast.Import):
                yield from (alias.name.split('.')[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.split('.')[0]


def test_requirements_name_what_is_imported() -> None:
    """Every package that is copied imports only what the copied files of requirements name, or what is copied too."""
    assert {line.removeprefix('-r ') for line in NAMED if line.startswith('-r ')} <= {path.name for path, _ in COPIED}
    code = [path for path, _ in COPIED if path.suffix == '.py' or (path / '__init__.py').is_file()]
    tops = {top for path in code for top in imported(path)} - set(sys.stdlib_module_names)
    packages = {'PIL': 'pillow', 'pydantic': 'pydantic-settings', 'starlette': 'fastapi', 'h11': 'uvicorn'}
    # With torch it reads where torch is installed; tokenizers brings what downloads from the Hub.
    tops -= {'torch', 'timm', 'transformers', 'huggingface_hub'}
    named = {re.split('[<>=]', line)[0] for line in REQUIREMENTS}
    missing = {top for top in tops if packages.get(top, top.replace('_', '-')) not in named}
    assert missing == {path.stem for path in code} & tops
