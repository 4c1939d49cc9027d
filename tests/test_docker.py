"""The steps of the Dockerfile without Docker: the files it copies, and no others, start and answer."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STEPS = (ROOT / 'Dockerfile').read_text(encoding='utf-8').replace('\\\n', ' ')


def test_what_is_copied_runs_and_is_healthy(tmp_path: Path, tiny_checkpoint: Path) -> None:
    for sources, target in re.findall(r'^COPY (.+) (\S+)$', STEPS, re.M):
        for source in map(ROOT.__truediv__, sources.split()):
            if source.name == 'checkpoints':
                shutil.copytree(tiny_checkpoint, tmp_path / target / 'small')
            elif source.is_dir():
                shutil.copytree(source, tmp_path / target, ignore=shutil.ignore_patterns('__pycache__'))
            else:
                shutil.copy(source, tmp_path / target)
    [health], [command] = (re.findall(rf'^{name} .*?(\[.*\])$', STEPS, re.M) for name in ('HEALTHCHECK', 'CMD'))
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = str(free.getsockname()[1])
    environment = {**os.environ, 'IM2LATEX_HOST': '127.0.0.1', 'IM2LATEX_PORT': port, 'HF_HUB_OFFLINE': '1'}
    for path in ('PYTHONPATH', 'IM2LATEX_CHECKPOINT'):
        environment.pop(path, None)
    start = [sys.executable, *json.loads(command)[1:]]
    check = [sys.executable, *json.loads(health.replace(':7860', f':{port}'))[1:]]
    with subprocess.Popen(start, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            for _ in range(120):
                healthy = subprocess.run(check, cwd=tmp_path, env=environment, capture_output=True).returncode == 0
                if healthy or process.poll() is not None:
                    break
                time.sleep(0.5)
            assert healthy, process.stderr and process.stderr.read()
        finally:
            process.terminate()


def test_the_requirements_that_are_installed_are_all_it_takes() -> None:
    """Every package that is copied imports only what the copied files of requirements name, or what they bring."""
    copied = re.findall(r'requirements-\w+\.txt', ' '.join(re.findall('^COPY .*', STEPS, re.M)))
    named = ''.join((ROOT / name).read_text() for name in copied)
    assert set(re.findall('^-r (.+)$', named, re.M)) <= set(copied)
    code = ''.join(path.read_text() for folder in ('modeling', 'serving') for path in (ROOT / folder).glob('*.py'))
    tops = set(re.findall(r'^\s*(?:from|import) ([A-Za-z]\w*)', code, re.M)) - set(sys.stdlib_module_names)
    packages = {'PIL': 'pillow', 'pydantic': 'pydantic-settings', 'starlette': 'fastapi', 'h11': 'uvicorn'}
    brought = {'huggingface_hub', 'modeling'}
    missing = {top for top in tops - brought if packages.get(top, top).replace('_', '-') not in named}
    assert not missing
