"""The builder from end to end: sources in, a folder that load_dataset reads out."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import datasets
import numpy as np
import pytest
from PIL import Image

from data.build import main
from data.dataset import load
from data.fonts import FONTS
from data.render import render

ROOT = Path(__file__).parents[2]
FIXTURE = ROOT / 'tests' / 'fixtures' / 'paper'
FORMULAS = [{'latex': f'{{a}}_{{{n}}} + \\frac{{{n}}}2', 'paper': f'p{n % 7}', 'kind': 'inline'} for n in range(40)]
POISON = [{'latex': r'\def\x{\x}\nosuch'}, {'latex': 'x_1_2'}, {'latex': r'\hspace{9000pt}x'}]


def formulas(path: Path, rows: list[dict[str, str]]) -> Path:
    path.write_text(''.join(json.dumps(row) + '\n' for row in rows))
    return path


def read(folder: Path, split: str) -> datasets.Dataset:
    return datasets.load_dataset(str(folder), split=split, cache_dir=str(folder.parent / 'cache'))


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob('*.parquet'))}


@pytest.fixture(scope='module')
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp('build')
    source = formulas(folder / 'f.jsonl', FORMULAS + POISON + FORMULAS[:5])
    arguments = [str(source), str(FIXTURE), '--out', str(folder / 'out'), '--fonts', 'cm', 'lm', '--shard', '10']
    assert main([*arguments, '--validation', '0.3', '--dpi', '100', '150', '--workers', '2', '--license', 'mit']) == 0
    return folder / 'out'


def test_load_dataset_reads_it(built: Path) -> None:
    train, validation = read(built, 'train'), read(built, 'validation')
    rows = [*train, *validation]
    given = [row for row in rows if row['source'] == 'f.jsonl']
    assert len(given) == 40 and {row['kind'] for row in given} == {'inline'}
    assert not set(train['paper']) & set(validation['paper'])
    assert {row['source'] for row in rows} == {'f.jsonl', 'paper'}
    assert {(row['font'], row['dpi']) for row in rows} == {(f, d) for f in ('cm', 'lm') for d in (100, 150)}
    for row in given[:10]:
        assert row['latex'].startswith('a_') and row['source_latex'].startswith('{a}_')
        picture = render(row['source_latex'], row['dpi'], preamble=FONTS[row['font']].preamble)
        assert row['image'].mode == 'L' and row['image'].size == picture.size
        assert np.abs(np.asarray(row['image'], int) - np.asarray(picture, int)).mean() < 2
    assert len(load(built, 'validation')) == len(validation), 'training reads it, too'


def test_the_card(built: Path) -> None:
    card = (built / 'README.md').read_text()
    assert 'license: mit' in card and 'n<1K' in card and 'split: validation' in card
    assert '| label: duplicate | 5 |' in card
    assert '| TeX: Double subscript | 1 |' in card
    assert f'num_examples: {len(read(built, "train"))}' in card


def test_poison_costs_itself_only(built: Path) -> None:
    dropped = [json.loads(path.read_text())['dropped'] for path in (built / '.build').glob('t*.json')]
    assert sum(sum(counts.values()) for counts in dropped) <= len(POISON)
    assert not list(built.rglob('*.part'))


def test_goes_on_after_a_kill(built: Path, tmp_path: Path) -> None:
    out = tmp_path / 'out'
    shutil.copytree(built, out)
    expected = content(out)
    removed = sorted(out.rglob('*.parquet'))[1::2]
    for path in removed:
        path.unlink()
    kept = {path: path.stat().st_mtime_ns for path in out.rglob('*.parquet')}
    (out / 'README.md').unlink()
    command = (built / 'README.md').read_text().split('```sh\n')[1].split('\n```')[0]
    arguments = shlex.split(command)[3:]
    arguments[arguments.index('--out') + 1] = str(out)
    assert main(arguments) == 0
    assert content(out) == expected
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert (out / 'README.md').exists()
    assert main([*arguments, '--shard', '11']) == 2


@pytest.mark.skipif(sys.platform != 'linux', reason='looks for processes the Linux way')
def test_a_killed_build_leaves_nothing_half_done(tmp_path: Path) -> None:
    source = formulas(tmp_path / 'f.jsonl', [{'latex': f'x^{{{n}}}'} for n in range(4000)])
    out = tmp_path / 'out'
    command = [sys.executable, '-m', 'data.build', str(source), '--out', str(out), '--fonts', 'cm', '--shard', '20']
    with subprocess.Popen([*command, '--workers', '1'], cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while len(list(out.rglob('*.parquet'))) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    shards = list(out.rglob('*.parquet'))
    assert shards and not (out / 'README.md').exists()
    assert all(
        datasets.Dataset.from_parquet(str(path), cache_dir=str(tmp_path / 'c')).num_rows == 20 for path in shards[:3]
    )
    deadline = time.monotonic() + 20
    while (running := children(str(out))) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not running, 'workers end with their parent'


def children(mark: str) -> list[str]:
    found = []
    for path in Path('/proc').glob('[0-9]*/environ'):
        try:
            if f'PWD={ROOT}'.encode() in path.read_bytes() and mark.encode() in (path.parent / 'cmdline').read_bytes():
                found.append(path.parent.name)
        except OSError:
            continue
    return found


def test_pictures_are_copied_or_drawn_anew(tmp_path: Path) -> None:
    pictures = tmp_path / 'pictures' / 'train'
    pictures.mkdir(parents=True)
    image = Image.new('RGBA', (40, 20))
    image.paste((0, 0, 0, 255), (5, 5, 35, 15))
    image.save(pictures / 'a.png')
    (pictures / 'b.png').write_bytes(b'broken')
    lines = [{'file_name': f'{name}.png', 'latex': latex} for name, latex in (('a', '{x}'), ('b', 'y'))]
    formulas(pictures / 'metadata.jsonl', lines)
    arguments = [str(tmp_path / 'pictures'), '--fonts', 'cm', '--workers', '1', '--out']
    assert main([*arguments, str(tmp_path / 'copied')]) == 0
    [row] = read(tmp_path / 'copied', 'train')
    assert (row['latex'], row['font'], row['dpi'], row['image'].size) == ('x', '', None, (40, 20))
    assert '| picture: cannot be read | 1 |' in (tmp_path / 'copied' / 'README.md').read_text()
    assert main([*arguments, str(tmp_path / 'drawn'), '--typeset']) == 0
    rows = list(read(tmp_path / 'drawn', 'train'))
    assert sorted(row['latex'] for row in rows) == ['x', 'y'] and rows[0]['font'] == 'cm'


def test_several_looks_and_exclusions(tmp_path: Path) -> None:
    (tmp_path / 'f.txt').write_bytes('x\n\\mbox{\xe4}\n\ny\n'.encode('latin-1'))
    held_out = formulas(tmp_path / 'held.jsonl', [{'latex': '{y}'}])
    arguments = [
        str(tmp_path / 'f.txt'),
        '--out',
        str(tmp_path / 'out'),
        '--exclude',
        str(held_out),
        '--validation',
        '0',
    ]
    assert main([*arguments, '--fonts', 'cm', 'lm', '--looks', '2', '--workers', '1']) == 0
    rows = list(read(tmp_path / 'out', 'train'))
    assert [(row['source_latex'], row['font']) for row in rows if row['source_latex'] == 'x'] in (
        [('x', 'cm'), ('x', 'lm')],
        [('x', 'lm'), ('x', 'cm')],
    )
    assert len(rows) == 2, 'the letter with dots has no label, and y is held out'


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['none.jsonl'], 'none.jsonl'),
        (['nosuch/folder/'], 'no such file or folder'),
        (['empty'], 'neither pictures nor formulas nor LaTeX sources'),
        (['bad.jsonl'], 'line 1: expected'),
        (['blank.txt'], 'none of 1 formulas can be used'),
        (['f.txt', '--fonts', 'nosuch'], 'no font nosuch'),
        (['f.txt', '--dpi', '5'], '--dpi must be'),
        (['f.txt', '--validation', '2'], 'shares'),
        (['f.txt', '--out', 'full'], 'not empty'),
    ],
)
def test_mistakes_are_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(ROOT))
    for name, text in (('f.txt', 'x'), ('bad.jsonl', '{}'), ('blank.txt', '%'), ('full/a', '')):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / 'empty').mkdir()
    try:
        out = [] if '--out' in arguments else ['--out', 'out']
        fonts = [] if '--fonts' in arguments else ['--fonts', 'cm']
        status = main([*arguments, *out, *fonts, '--workers', '1'])
    except SystemExit as error:
        status = int(error.code or 0)
    assert status == 2
    assert message in capsys.readouterr().err
    assert os.listdir(tmp_path / 'full') == ['a']
