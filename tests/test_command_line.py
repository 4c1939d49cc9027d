"""After `make predict` alone there is no torch: what needs more says so in one line."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]


CPU = [
    line
    for line in (ROOT / 'requirements-cpu.txt').read_text(encoding='utf-8').splitlines()
    if not line.startswith('#')
]


@pytest.mark.parametrize(
    ('command', 'installed', 'remedy'),
    [
        (['train.py', '--data', 'formulas.jsonl', '--run-dir', 'runs/none'], CPU, 'requirements.txt'),
        (['evaluate.py', '--checkpoint', 'checkpoints/small', '--data', 'formulas.jsonl'], CPU, 'requirements.txt'),
        (['export_onnx.py', 'tests'], CPU, 'requirements'),
        (['predict.py', 'examples'], [], 'requirements-cpu.txt'),
        (['app.py'], CPU, 'requirements-app.txt'),
    ],
    ids=lambda value: value[0] if value and value[0].endswith('.py') else '',
)
def test_missing_packages_are_named(
    environment_with: Any, command: list[str], installed: list[str], remedy: str
) -> None:
    environment = environment_with(installed)
    found = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert found.returncode == 2 and not found.stdout
    assert found.stderr.count('\n') == 1 and 'is not installed' in found.stderr and remedy in found.stderr
