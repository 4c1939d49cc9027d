"""The proof by typesetting, and the commands over files of formulas."""

import io
import json
import shutil
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from data import canonical
from data.formulas import formulas_of

FORMULAS = [
    r'a\over b',
    r'\frac{a}{b}',
    r'\frac ab',
    r'x \, + y',
    r'x+y',
    r'\textsc{Ab}',
    r'\undefined',
    '{a',
    r'\frac',
]


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    lines, table = tmp_path / 'a.jsonl', tmp_path / 'b.parquet'
    lines.write_text(''.join(json.dumps({'latex': latex}) + '\n' for latex in FORMULAS))
    pyarrow.parquet.write_table(pyarrow.table({'formula': [r'x _ { 1 }', r'\mathrm { i f }']}), table)
    return [lines, table]


@pytest.mark.skipif(shutil.which('pdflatex') is None, reason='needs pdflatex')
def test_the_table(files: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    prove = pytest.importorskip('data.prove')
    out = tmp_path / 'exceptions.jsonl'
    assert prove.main([*map(str, files), '--limit', '100', '--processes', '1', '--out', str(out)]) == 0
    rows = [line.split(' | ') for line in capsys.readouterr().out.splitlines() if line.startswith('| ')]
    # Six of the nine formulas can be compared; small capitals are lossy; the fractions share a page.
    assert rows[2] == ['| a.jsonl', '9', '6', '100.00%', '83.33%', '4', '25.000%', '0.000% |']
    assert rows[3][1:5] == ['2', '2', '100.00%', '100.00%']
    assert [json.loads(line)['latex'] for line in out.read_text().splitlines()] == [r'\textsc{Ab}']


def test_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    prove = pytest.importorskip('data.prove')
    pyarrow.parquet.write_table(pyarrow.table({'other': ['x']}), tmp_path / 'c.parquet')
    for main in (prove.main, canonical.main):
        with pytest.raises(SystemExit, match='2'):
            main([str(tmp_path / 'c.parquet')])
        assert 'no column called' in capsys.readouterr().err


def test_formulas_of(files: list[Path], tmp_path: Path):
    (tmp_path / 'c.lst').write_bytes('a\rb\né\n'.encode('latin-1'))
    assert list(formulas_of(files[0])) == FORMULAS
    assert list(formulas_of(files[1])) == [r'x _ { 1 }', r'\mathrm { i f }']
    assert list(formulas_of(tmp_path / 'c.lst')) == ['a\rb', 'é']


def test_canonical_lines(files: list[Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    assert canonical.main([str(files[0]), '--spacing', 'all']) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines() == [r'\frac{a}{b}'] * 3 + [r'x\,+y', 'x+y', r'\mathrm{AB}', r'\frac{}{}']
    assert 'UnsupportedCommand' in printed.err and 'UnbalancedGroup' in printed.err
    monkeypatch.setattr('sys.stdin', io.StringIO('x\n{a\n'))
    assert canonical.main(['-']) == 0
    assert capsys.readouterr().out == 'x\n'


def test_canonical_lines_in_the_form_of_a_checkpoint(
    files: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [str(files[0]), '--form-of', str(tmp_path)]
    for content in (None, '{', '{"label_form": {"spaces": 1}}', '{}'):
        if content is not None:
            (tmp_path / 'config.json').write_text(content)
        with pytest.raises(SystemExit, match='2'):
            canonical.main(command)
        assert 'config.json' in capsys.readouterr().err
    (tmp_path / 'config.json').write_text('{"label_form": {"spacing": "all"}}')
    assert canonical.main(command) == 0
    found = capsys.readouterr().out
    assert canonical.main([str(files[0]), '--spacing', 'all']) == 0
    assert found == capsys.readouterr().out
