"""The exported model as a user meets it: another process, offline, far from the project.

IM2LATEX_TEST_PYTHON names another interpreter than that of the tests, one with the oldest transformers for example.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from modeling.generation_im2latex import load, predict

PYTHON = os.environ.get('IM2LATEX_TEST_PYTHON', sys.executable)


def test_as_a_user(exported: Path, offline: dict[str, str], serve: Callable[[Path], str], tmp_path: Path) -> None:
    """Snippets of the card, every way to call the pipeline, saving, loading, and what is said without remote code."""
    work = tmp_path / 'work'
    shutil.copytree(exported / 'examples', work / 'my-formulas')
    (work / 'my-formulas' / 'labels.jsonl').write_text(
        '{"file_name": "euler.png", "latex": "e^{i\\\\pi}+1=0"}\n{"file_name": "zeta.png", "latex": "x"}\n'
    )
    script = Path(__file__).with_name('as_a_user.py')
    command = [PYTHON, '-I', script, exported / 'README.md', exported, f'{serve(exported)}/examples/euler.png']
    done = subprocess.run(
        command, cwd=work, env=offline, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=500
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads((work / 'report.json').read_text())

    model, processor = load(exported, device='cpu')
    pictures = [Image.open(exported / 'examples' / f'{name}.png') for name in ('euler', 'gauss', 'euler')]

    def expected(**options: int) -> list[list[dict[str, str]]]:
        return [[{'generated_text': item.latex}] for item in predict(model, processor, pictures, **options)]

    euler = expected()[0]
    assert found['importable'] == []
    assert found['snippets'][:2] == [euler[0]['generated_text'] + '\n'] * 2 and len(found['snippets']) == 3
    assert found['dtype'] == 'torch.float32'
    assert found['one'] == [euler] * 4
    assert found['many'] == [expected(), expected(), expected(num_beams=2), expected(max_new_tokens=2)]
    assert found['without_task'] == euler
    assert found['again'] == [euler] * 2
    assert found['steps'] >= 2 and len(found['fine_tuned']) == 1
    assert len(found['forgotten']) == 3 and all('trust_remote_code=True' in message for message in found['forgotten'])
