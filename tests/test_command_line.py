"""After `make predict` alone there is no torch: what needs more says so in one line."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    'command',
    [
        ['train.py', '--data', 'formulas.jsonl', '--run-dir', 'runs/none'],
        ['evaluate.py', '--checkpoint', 'checkpoints/small', '--data', 'formulas.jsonl'],
        ['export_onnx.py', 'tests'],
    ],
    ids=lambda command: command[0],
)
def test_missing_packages_are_named(environment_with: Any, command: list[str]) -> None:
    lines = (ROOT / 'requirements-cpu.txt').read_text(encoding='utf-8').splitlines()
    environment = environment_with([line for line in lines if not line.startswith('#')])
    found = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert found.returncode == 2 and not found.stdout
    assert found.stderr.count('\n') == 1 and 'is not installed' in found.stderr and 'requirements' in found.stderr
