"""The metric for the `evaluate` library, loaded as a stranger loads it: by path, far from the repository."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from data.latex import normalize, tokenize
from metrics.text import text_scores

ROOT = Path(__file__).resolve().parents[1]
NAME = 'im2latex_metric'
METRIC = ROOT / 'hub_card' / 'metric'
PREDICTIONS = [r'\frac{a}b', r'x_1^2', r'\alpha+\beta', '']
REFERENCES = [r'{a \over b}', r'x^{2}_{1}', r'\alpha-\beta', 'x']
SCRIPT = """
import json, sys, evaluate
path, predictions, references = json.loads(sys.argv[1])
metric = evaluate.load(path)
print(json.dumps([
    metric.compute(predictions=predictions, references=references, canonical=canonical) for canonical in (True, False)
]))
"""


def test_files_are_those_of_the_project() -> None:
    """One source: what lies beside the metric are links."""
    shared = {path.name: path.resolve() for path in METRIC.glob('*.py') if path.name not in {'app.py', f'{NAME}.py'}}
    expected = [ROOT / 'metrics' / 'text.py', ROOT / 'data' / 'token_spans.py', *(ROOT / 'data').glob('latex*.py')]
    assert shared == {path.name: path for path in expected}


def test_every_file_is_imported_on_a_line_of_its_own() -> None:
    """The library copies what it finds at the beginning of a line, and what has no comment behind it."""
    lines = (METRIC / f'{NAME}.py').read_text().splitlines()
    for path in METRIC.glob('*.py'):
        if path.stem not in {NAME, 'app'}:
            [line] = [line for line in lines if line.startswith(f'from .{path.stem} import ')]
            assert '#' not in line


def test_loaded_by_path(tmp_path: Path) -> None:
    # Here `import evaluate` would find the script of that name, in a process of its own it does not.
    probe = [sys.executable, '-P', '-c', 'import evaluate; evaluate.load']
    if subprocess.run(probe, cwd=tmp_path, env=_environment(tmp_path), capture_output=True).returncode:
        pytest.skip('the evaluate library is not installed')
    arguments = json.dumps([str(METRIC / f'{NAME}.py'), PREDICTIONS, REFERENCES])
    done = subprocess.run(
        [sys.executable, '-P', '-c', SCRIPT, arguments],
        cwd=tmp_path, env=_environment(tmp_path), capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    canonical, raw = json.loads(done.stdout.splitlines()[-1])
    for found, prepare in ((canonical, normalize), (raw, str)):
        sides = [[tokenize(prepare(latex)) for latex in side] for side in (PREDICTIONS, REFERENCES)]
        assert found == pytest.approx(text_scores(*sides).summary())
    assert canonical['exact_match'] == 0.5


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != 'PYTHONPATH'}
    return kept | {'HF_HOME': str(folder / 'hub'), 'HF_HUB_OFFLINE': '1', 'HF_EVALUATE_OFFLINE': '1'}
