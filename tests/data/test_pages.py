"""The store of typeset formulas: build, resume, read, and the benchmark of what it is made with."""

import json
import lzma
import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from benchmarks.render import main as benchmark
from data.pages import UNSHOWN, TypesetPages, build_pages, main, read_formulas
from data.render import render

LATEX = [f'x_{{{i}}} + \\frac{{{i}}}{{2}}' for i in range(25)]
BAD = {4: r'\nosuch', 11: r'\frac{', 12: r'\iffalse'}
ROWS = [{'latex': BAD.get(i, latex), 'kind': 'display', 'n': i} for i, latex in enumerate(LATEX)]
KEPT = [i for i in range(len(ROWS)) if i not in BAD]


def write(path: Path, rows: list[dict]) -> Path:  # type: ignore[type-arg]
    opener = lzma.open if path.suffix == '.xz' else open
    with opener(path, 'wt', encoding='utf-8') as file:
        file.write(''.join(json.dumps(row) + '\n' for row in rows))
    return path


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp('pages')
    first, second = write(folder / 'a.jsonl', ROWS[:7]), write(folder / 'b.jsonl.xz', ROWS[7:])
    summary = build_pages([first, second], folder / 'store', shard=4)
    assert (summary['formulas'], summary['pages'], summary['dropped']) == (25, 22, 3)
    assert ('! Undefined control sequence.', 1) in summary['errors']
    return folder / 'store'


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_round_trip(folder: Path) -> None:
    pages = TypesetPages(folder)
    assert len(pages) == len(KEPT)
    for index, n in enumerate(KEPT):
        row = pages.row(index)
        assert (row['n'], row['latex'], row['label'], row['kind']) == (n, LATEX[n], LATEX[n], 'display')
        assert pages.latex(index) == LATEX[n]
        assert pages.size_pt[index] == pytest.approx([row['height_pt'], row['width_pt']])
        assert pages.image(index, dpi=100).tobytes() == render(LATEX[n], dpi=100).tobytes()
    assert pages.row(-1) == pages.row(len(pages) - 1)
    assert pages.image(-1).tobytes() == pages.image(len(pages) - 1).tobytes()
    for outside in (len(pages), -len(pages) - 1):
        with pytest.raises(IndexError):
            pages.image(outside)


def test_sizes_are_those_of_the_pictures(folder: Path) -> None:
    pages = TypesetPages(folder)
    assert pages.size_pt.shape == (len(pages), 2)
    sizes = [pages.image(i, dpi=200).size[::-1] for i in range(len(pages))]
    assert np.array(sizes) == pytest.approx(pages.size_pt * 200 / 72, abs=1.1)


def test_the_input_may_bring_its_label(tmp_path: Path) -> None:
    source = write(tmp_path / 'f.jsonl', [{'latex': r'{a}\over b', 'label': r'\frac{a}{b}', 'page': 'seven'}])
    build_pages([source], tmp_path / 'store')
    row = TypesetPages(tmp_path / 'store').row(0)
    assert (row['latex'], row['label'], row['page']) == (r'{a}\over b', r'\frac{a}{b}', 0)


def test_resumes_where_it_stopped(folder: Path, tmp_path: Path) -> None:
    source = write(tmp_path / 'f.jsonl', ROWS)
    build_pages([source], tmp_path / 'store', shard=4, limit=8)
    first = (tmp_path / 'store' / '00000.pdf').stat().st_mtime_ns
    (tmp_path / 'store' / '00001.pdf').unlink()  # as if interrupted before the last file of the shard
    summary = build_pages([source], tmp_path / 'store', shard=4, workers=1)
    assert (summary['pages'], summary['dropped']) == (22, 3)
    assert (tmp_path / 'store' / '00000.pdf').stat().st_mtime_ns == first
    assert content(tmp_path / 'store') == content(folder)


def test_refuses_a_folder_of_other_formulas(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = content(folder)
    source = write(tmp_path / 'f.jsonl', [{'latex': 'y'}])
    assert main([str(source), '--out', str(folder)]) == 2
    assert 'holds other formulas' in capsys.readouterr().err
    assert content(folder) == before


def test_another_font_draws_other_pictures_of_the_same_formulas(tmp_path: Path) -> None:
    source = write(tmp_path / 'f.jsonl', [{'latex': r'\sum x'}, {'latex': r'\mathscr{L}'}])
    build_pages([source], tmp_path / 'cm')
    summary = build_pages([source], tmp_path / 'fourier', font='fourier')
    assert (summary['pages'], summary['errors']) == (1, [(UNSHOWN, 1)])
    cm, fourier = TypesetPages(tmp_path / 'cm'), TypesetPages(tmp_path / 'fourier')
    assert (cm.latex(0), cm.row(0).get('font')) == (fourier.latex(0), None)
    assert fourier.row(0)['font'] == 'fourier'
    assert cm.image(0).tobytes() != fourier.image(0).tobytes()
    with pytest.raises(ValueError, match='another font'):
        build_pages([source], tmp_path / 'fourier', font='pazo')


def test_a_line_may_name_the_font_of_another_picture(tmp_path: Path) -> None:
    source = write(tmp_path / 'f.jsonl', [{'latex': 'x', 'font': 'times'}, {'latex': 'y', 'font': 3}])
    for font in ('cm', 'fourier'):
        for _ in range(2):  # the second finds the shard of the first
            assert build_pages([source], tmp_path / font, font=font)['pages'] == 2
        assert [TypesetPages(tmp_path / font).row(n)['font'] for n in range(2)] == [font, font]


@pytest.mark.parametrize('method', ['fork', 'spawn'])
def test_travels_to_worker_processes(folder: Path, method: str) -> None:
    pages = TypesetPages(folder)
    here = pages.image(3, dpi=100).tobytes()
    assert len(pickle.dumps(pages)) < 10_000
    with ProcessPoolExecutor(1, multiprocessing.get_context(method)) as pool:
        assert pool.submit(pages.latex, 3).result() == pages.latex(3)
        assert pool.submit(pages.image, 3, 100).result().tobytes() == here
    assert pages.image(3, dpi=100).tobytes() == here


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write(tmp_path / 'f.jsonl.xz', ROWS)
    assert main([str(source), '--out', str(tmp_path / 'store'), '--shard', '10', '--limit', '20']) == 0
    assert capsys.readouterr().out.startswith('20 formulas: 17 pages, 3 dropped\n')
    assert len(TypesetPages(tmp_path / 'store')) == 17
    dropped = [json.loads(line) for line in (tmp_path / 'store' / '00000.dropped').read_text().splitlines()]
    assert dropped == [{'latex': r'\nosuch', 'error': r'! Undefined control sequence. (\nosuch)'}]


@pytest.mark.parametrize(
    'text', ['no json\n', '[]\n', '{"latex": 3}\n', '{"latex": "y", "label": null}\n', '{"formula": "x"}\n']
)
def test_malformed_lines_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    (tmp_path / 'f.jsonl').write_text('{"latex": "x"}\n' + text)
    assert main([str(tmp_path / 'f.jsonl'), '--out', str(tmp_path / 'store')]) == 2
    assert 'f.jsonl, line 2: expected' in capsys.readouterr().err


@pytest.mark.parametrize('end', [-20, 40, 4])
def test_cut_off_files_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str], end: int) -> None:
    file = write(tmp_path / 'f.jsonl.xz', ROWS)
    file.write_bytes(file.read_bytes()[:end])
    with pytest.raises(ValueError, match=r'f\.jsonl\.xz: cut off'):
        list(read_formulas([file]))
    assert main([str(file), '--out', str(tmp_path / 'store')]) == 2
    assert 'cut off' in capsys.readouterr().err


def test_labels_in_one_pass(folder: Path) -> None:
    pages = TypesetPages(folder)
    assert pages.labels() == [pages.latex(i) for i in range(len(pages))]
    assert pages.labels(5) == pages.labels()[:5]


@pytest.mark.skipif(not Path('/proc/self/fd').exists(), reason='counts open files the Linux way')
def test_keeps_no_files_open(folder: Path) -> None:
    before = len(list(Path('/proc/self/fd').iterdir()))
    pages = TypesetPages(folder)
    for index in range(len(pages)):
        pages.image(index, dpi=50)
        pages.latex(index)
    assert len(list(Path('/proc/self/fd').iterdir())) == before


def test_documents_are_closed_beyond_a_number(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [TypesetPages(folder).image(i, dpi=50).size for i in range(0, len(KEPT), 5)]
    monkeypatch.setattr('data.pages.OPEN_DOCUMENTS', 2)
    pages = TypesetPages(folder)
    assert [pages.image(i, dpi=50).size for i in range(0, len(KEPT), 5)] == expected
    assert len(pages._documents) == 2


def test_missing_files_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / 'none.jsonl'), '--out', str(tmp_path / 'store')]) == 2
    assert 'none.jsonl' in capsys.readouterr().err
    with pytest.raises(ValueError, match='no typeset pages'):
        TypesetPages(tmp_path / 'store')


def test_benchmark(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write(tmp_path / 'f.jsonl', [{'latex': latex} for latex in LATEX * 2])
    assert benchmark([str(source), '--workers', '1', '--rounds', '1', '--document', '20']) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith('50 formulas, 1 processes, 100 dpi, 1 rounds')
    assert [line.split()[0] for line in lines[2:]] == ['typeset', 'rasterise', 'both']
    assert benchmark([str(tmp_path / 'none.jsonl')]) == 2
