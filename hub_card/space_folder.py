"""The demo as a folder that is a Space of the Hub: `app.py`, what it imports of the project, its requirements, examples."""

import ast
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import jinja2
from packaging.requirements import Requirement

from .model_folder import ROOT, ExportError

APP = 'app.py'
# Of what reads pictures the first that is there; then of what serves them.
REQUIREMENTS = (('requirements-model.txt', 'requirements-cpu.txt'), ('requirements-app.txt',))
PYTHON_VERSION = '3.12'


def write_space_folder(folder: Path, model: str, root: Path = ROOT) -> None:
    """Writes the Space.

    Args:
        folder: an empty one.
        model: `owner/name` of the model on the Hub, which the Space has downloaded before it starts.
        root: the project.

    Raises:
        ExportError: the project has no app.py, or not its requirements.
    """
    if not (root / APP).is_file():
        raise ExportError(f'{root / APP}: no such file, there is no demo to export')
    requirements = list(_requirements(root))
    ignored = shutil.ignore_patterns('__pycache__', '*.pyc', '*.pyi')
    for path in [*_imported(root / APP, root), root / 'examples']:
        if path.is_dir():
            shutil.copytree(path, folder / path.name, ignore=ignored)
        else:
            shutil.copyfile(path, folder / path.name)
    shutil.copyfile(root / 'LICENSE', folder / 'LICENSE')
    (folder / 'requirements.txt').write_text(''.join(f'{item}\n' for item in requirements), encoding='utf-8')
    gradio = next((item for item in requirements if item.name == 'gradio'), None)
    oldest = next((spec.version for spec in gradio.specifier if spec.operator in ('>=', '==')), None) if gradio else None
    if oldest is None:
        raise ExportError(f'{root}: the requirements of the demo name no version of gradio')
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    card = environment.get_template('space.md').render(
        model=model, sdk_version='.'.join([*oldest.split('.'), '0', '0'][:3]), python_version=PYTHON_VERSION
    )
    (folder / 'README.md').write_text(card + '\n', encoding='utf-8')


def _requirements(root: Path) -> Iterator[Requirement]:
    for names in REQUIREMENTS:
        file = next((root / name for name in names if (root / name).is_file()), None)
        if file is None:
            raise ExportError(f'{root}: no {" or ".join(names)}, which says what the demo needs')
        for line in file.read_text(encoding='utf-8').splitlines():
            text = line.partition('#')[0].strip()
            if text and not text.startswith('-'):
                yield Requirement(text)


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
