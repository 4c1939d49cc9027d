"""The metric for the `evaluate` library, loaded as a stranger loads it: by path, far from the repository."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

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
PAGE = """
import json, runpy, sys
import gradio
path, predictions, references = json.loads(sys.argv[1])
page = runpy.run_path(path)['page']()
refused = []
try:
    page.fn('x', 'x\\ny', True)
except gradio.Error as error:
    refused.append(error.message)
print(json.dumps([page.fn(predictions, references, True), refused, page.article]))
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
    canonical, raw = _run(SCRIPT, [str(METRIC / f'{NAME}.py'), PREDICTIONS, REFERENCES], tmp_path, 'evaluate')
    for found, prepare in ((canonical, normalize), (raw, str)):
        sides = [[tokenize(prepare(latex)) for latex in side] for side in (PREDICTIONS, REFERENCES)]
        assert found == pytest.approx(text_scores(*sides).summary())
    assert canonical['exact_match'] == 0.5


def test_page_scores_lines(tmp_path: Path) -> None:
    """The Space's page, built with the Gradio that is installed; it counts lines before it compares them."""
    texts = ['\n'.join(PREDICTIONS) + '\n', '\n'.join(REFERENCES)]  # the last prediction is empty, and a line
    found, refused, about = _run(PAGE, [str(METRIC / 'app.py'), *texts], tmp_path, 'evaluate', 'gradio')
    sides = [[tokenize(normalize(latex)) for latex in side] for side in (PREDICTIONS, REFERENCES)]
    assert found == pytest.approx(text_scores(*sides).summary())
    assert refused == ['1 predictions and 2 references: it takes as many of both']
    assert about.startswith('\n# Scores of LaTeX formulas')


def test_space_installs_a_gradio_that_the_project_knows() -> None:
    front = yaml.safe_load((METRIC / 'README.md').read_text().split('---\n')[1])
    lines = (METRIC / 'requirements.txt').read_text().splitlines()
    [declared] = [line for line in lines if line.startswith('gradio')]
    assert declared in (ROOT / 'requirements-app.txt').read_text().splitlines()
    assert Requirement(declared).specifier.contains(front['sdk_version'])


def _run(script: str, arguments: list, folder: Path, *libraries: str) -> list:
    """What a script prints last, in a process of its own: here `import evaluate` would find our script of that name."""
    options: dict = {'cwd': folder, 'env': _environment(folder), 'capture_output': True, 'text': True}
    probe = [sys.executable, '-P', '-c', f'import {", ".join(libraries)}; evaluate.load']
    if subprocess.run(probe, **options).returncode:
        pytest.skip(f'not installed: {" or ".join(libraries)}')
    done = subprocess.run([sys.executable, '-P', '-c', script, json.dumps(arguments)], **options, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != 'PYTHONPATH'}
    offline = {'HF_HUB_OFFLINE': '1', 'HF_EVALUATE_OFFLINE': '1', 'GRADIO_ANALYTICS_ENABLED': 'False'}
    return kept | offline | {'HF_HOME': str(folder / 'hub')}
