"""The shape of the project: who may import whom, and what may ship to the Hub."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = {
    'modeling': set(),
    'data': set(),
    'metrics': {'data'},
    'training': {'data', 'metrics', 'modeling'},
    'runtime': {'modeling'},
    'serving': {'modeling', 'runtime'},
    'benchmarks': {'data', 'metrics', 'modeling', 'runtime', 'serving', 'training'},
}
SHARED = 'command_line'  # imported by scripts, imports nothing
SCRIPTS = sorted(path.stem for path in ROOT.glob('*.py') if path.stem != SHARED)
OURS = set(PACKAGES) | set(SCRIPTS) | {SHARED}
SHIPPED = {'numpy', 'PIL', 'timm', 'torch', 'transformers', 'huggingface_hub'}


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Name of every imported module and its level: 0 is absolute."""
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, 0) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or '', node.level


@pytest.mark.parametrize('package', PACKAGES)
def test_packages_import_downwards_only(package: str) -> None:
    for path in (ROOT / package).glob('*.py'):
        for name, level in imports(path):
            assert level <= 1, f'{path.name} reaches above its package'
            top = name.split('.')[0]
            if level == 0 and top in OURS:
                assert top in PACKAGES[package], f'{path.name} imports {name}'


@pytest.mark.parametrize('script', SCRIPTS)
def test_scripts_import_no_script(script: str) -> None:
    names = {name.split('.')[0] for name, _ in imports(ROOT / f'{script}.py')}
    assert not names & set(SCRIPTS)


def test_what_scripts_share_needs_nothing() -> None:
    assert not {name.split('.')[0] for name, _ in imports(ROOT / f'{SHARED}.py')} & OURS


@pytest.mark.parametrize('script', ['predict', 'app'])
def test_reading_needs_no_training(script: str) -> None:
    names = {name.split('.')[0] for name, _ in imports(ROOT / f'{script}.py')}
    assert names & set(PACKAGES) <= {'modeling', 'runtime', 'serving'}


def test_what_ships_imports_what_the_hub_allows() -> None:
    """The Hub's loader copies flat siblings only, and asks the user to install every other top-level name."""
    import sys

    for path in (ROOT / 'modeling').glob('*.py'):
        for name, level in imports(path):
            if level:
                assert name and '.' not in name, f'{path.name}: from .{name} is not copied'
            else:
                top = name.split('.')[0]
                assert top in SHIPPED or top in sys.stdlib_module_names, f'{path.name} imports {name}'


def test_packages_hold_no_files_of_data() -> None:
    for package in PACKAGES:
        assert {path.suffix for path in (ROOT / package).iterdir() if path.is_file()} <= {'.py', '.pyi', '.jinja'}


def test_tests_are_no_packages() -> None:
    assert not list((ROOT / 'tests').rglob('__init__.py'))
