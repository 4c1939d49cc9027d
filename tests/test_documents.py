"""What the documents tell a reader to type: the README's Python runs, and commands name what is there."""

import re
import runpy
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / 'README.md', *sorted((ROOT / 'docs').glob('*.md')), ROOT / 'hub_card' / 'README.md']
# A script of the root or a module of a package, and what follows it up to the end of the command.
COMMAND = re.compile(r'(?:python|accelerate launch|torchrun \S+ \d) ((?:\w+\.py\b|-m [a-z_]+\.\w+)[^|&#`\n]*)')


def commands() -> dict[str, set[str]]:
    """Script or module, and every flag that a document gives it."""
    found: dict[str, set[str]] = {}
    for document in DOCUMENTS:
        for command in COMMAND.findall(document.read_text(encoding='utf-8').replace('\\\n', ' ')):
            script, *rest = command.removeprefix('-m ').split()
            found.setdefault(script, set()).update(word for word in rest if re.match('--[a-z]', word))
    return found


@pytest.mark.filterwarnings('ignore:.*found in sys.modules')  # other tests have imported them
@pytest.mark.parametrize('script', sorted(commands()))
def test_flags_are_there(script: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, 'argv', [script, '--help'])
    with pytest.raises(SystemExit) as end:
        if script.endswith('.py'):
            runpy.run_path(str(ROOT / script), run_name='__main__')
        else:
            runpy.run_module(script, run_name='__main__', alter_sys=True)
    assert end.value.code == 0
    assert commands()[script] <= set(re.findall(r'--[a-z][\w-]*', capsys.readouterr().out))


def test_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / 'checkpoints').symlink_to(ROOT / 'checkpoints')
    shutil.copy(ROOT / 'examples' / 'euler.png', tmp_path / 'formula.png')
    monkeypatch.chdir(tmp_path)
    snippets = re.findall(r'^```python\n(.*?)^```', (ROOT / 'README.md').read_text(encoding='utf-8'), re.M | re.S)
    assert snippets
    for snippet in snippets:
        names: dict = {}
        exec(compile(snippet, 'README.md', 'exec'), names)
        assert names['prediction'].latex and 0 < names['prediction'].score <= 1
