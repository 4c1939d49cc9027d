"""The demo as a folder that is a Space of the Hub: `app.py`, what it imports of the project, requirements, examples."""

import ast
import itertools
import re
import shlex
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from packaging.requirements import Requirement

from .model_folder import ROOT, ExportError, templates

APP = 'app.py'
# What the Space runs: the demo with the model that it is the demo of, unless it is told of another.
START = """\"\"\"Starts the demo with {model}.\"\"\"

import os

os.environ.setdefault('IM2LATEX_CHECKPOINT', '{model}')

from app import main  # noqa: E402

if __name__ == '__main__':
    raise SystemExit(main())
"""
PYTHON_VERSION = '3.12'


def write_space_folder(folder: Path, model: str, root: Path = ROOT) -> None:
    """Writes the Space.

    Args:
        folder: an empty one.
        model: `owner/name` of the model on the Hub, which the Space has downloaded before it starts.
        root: the project.

    Raises:
        ExportError: the project has no app.py, or does not say what it needs.
    """
    if not (root / APP).is_file():
        raise ExportError(f'{root / APP}: no such file, there is no demo to export')
    options, requirements = _installed(root / 'Dockerfile')
    ignored = shutil.ignore_patterns('__pycache__', '*.pyc', '*.pyi')
    for path in [*_imported(root / APP, root), root / 'examples']:
        if path.is_dir():
            shutil.copytree(path, folder / path.name, ignore=ignored)
        else:
            shutil.copyfile(path, folder / path.name)
    shutil.copyfile(root / 'LICENSE', folder / 'LICENSE')
    (folder / 'space.py').write_text(START.format(model=model), encoding='utf-8')
    lines = [*options, *map(str, requirements)]
    (folder / 'requirements.txt').write_text(''.join(f'{line}\n' for line in lines), encoding='utf-8')
    values = {'model': model, 'sdk_version': _oldest('gradio', requirements), 'python_version': PYTHON_VERSION}
    card = templates().get_template('space.md').render(values)
    (folder / 'README.md').write_text(card + '\n', encoding='utf-8')


def _installed(dockerfile: Path) -> tuple[list[str], list[Requirement]]:
    """What the Dockerfile installs, which is all that the demo needs: options of pip, and packages."""
    found = None
    if dockerfile.is_file():
        steps = dockerfile.read_text(encoding='utf-8').replace('\\\n', ' ')
        found = re.search(r'^RUN pip install (.*-r .*)$', steps, re.M)
    if found is None:
        raise ExportError(f'{dockerfile}: has no `RUN pip install -r ...`, which says what the demo needs')
    pairs = list(itertools.pairwise(shlex.split(found[1])))
    options = [f'{name} {value}' for name, value in pairs if 'index-url' in name]
    files = [dockerfile.parent / value for name, value in pairs if name == '-r']
    return options, sorted({item for file in files for item in _requirements(file)}, key=str)


def _requirements(file: Path) -> Iterator[Requirement]:
    """The packages that a file of requirements names, and those of the files that it refers to."""
    if not file.is_file():
        raise ExportError(f'{file}: no such file')
    for line in file.read_text(encoding='utf-8').splitlines():
        text = line.partition('#')[0].strip()
        if text.startswith('-r '):
            yield from _requirements(file.with_name(text.removeprefix('-r ').strip()))
        elif text:
            yield Requirement(text)


def _oldest(name: str, requirements: Iterable[Requirement]) -> str:
    """The oldest version that requirements allow of a package, as `1.2.0`."""
    specifiers = (specifier for item in requirements if item.name == name for specifier in item.specifier)
    version = next((item.version for item in specifiers if item.operator in ('>=', '==')), None)
    if version is None:
        raise ExportError(f'the requirements of the demo name no oldest version of {name}')
    return '.'.join([*version.split('.'), '0', '0'][:3])


def _imported(app: Path, root: Path) -> list[Path]:
    """The script, and the scripts and packages of the project that it imports, directly or not."""
    found: dict[Path, None] = {}
    waiting = [app]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found[path] = None
        for name in _names(path.rglob('*.py') if path.is_dir() else [path]):
            package, module = root / name, root / f'{name}.py'
            if (package / '__init__.py').is_file():
                waiting.append(package)
            elif module.is_file():
                waiting.append(module)
    return sorted(found)


def _names(files: Iterable[Path]) -> Iterator[str]:
    """First parts of the names that files import absolutely."""
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding='utf-8'))):
            if isinstance(node, ast.Import):
                yield from (alias.name.split('.')[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.split('.')[0]
