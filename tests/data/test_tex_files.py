"""Papers in folders and archives, in all the layouts they come in."""

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from data.tables import DataError
from data.tex_files import LIMIT, find_papers, is_tex_source, read_paper

MAIN = b'\\documentclass{article} $x$'


def tar(files: dict[str, bytes], mode: str = 'w') -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo('link.tex')
        link.type, link.linkname = tarfile.SYMTYPE, '/etc/passwd'
        archive.addfile(link)
    return buffer.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, 'w') as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def written(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def papers(path: Path) -> dict[str, list[str]]:
    return {paper.name: sorted(read_paper(paper)) for paper in find_papers(path)}


def test_a_folder_of_papers(tmp_path: Path) -> None:
    files = {'a/main.tex': MAIN, 'a/parts/b.tex': b'', 'a/a.sty': b'', 'a/fig.png': b'', 'deep/er/main.tex': MAIN}
    written(tmp_path, files | {'c.tar.gz': tar({'main.tex': MAIN}, 'w:gz'), 'd.zip': zipped({'d/main.tex': MAIN})})
    (tmp_path / 'a' / 'link.tex').symlink_to('/etc/passwd')
    assert papers(tmp_path) == {
        'a': ['a/a.sty', 'a/main.tex', 'a/parts/b.tex'],
        'deep/er': ['deep/er/main.tex'],
        'c': ['main.tex'],
        'd/d': ['d/main.tex'],
    }
    assert is_tex_source(tmp_path) and not is_tex_source(written(tmp_path / 'none', {'a.txt': b''}))


def test_one_paper_and_loose_files(tmp_path: Path) -> None:
    one = written(tmp_path / 'one', {'main.tex': MAIN, 'macros.tex': b'', 'parts/a.tex': b''})
    assert papers(one) == {'one': ['macros.tex', 'main.tex', 'parts/a.tex']}
    many = written(tmp_path / 'many', {'a.tex': MAIN, 'b.tex': MAIN, 'macros.tex': b''})
    assert papers(many) == {'a': ['a.tex', 'macros.tex'], 'b': ['b.tex', 'macros.tex']}
    assert papers(many / 'a.tex') == {'a': ['a.tex']}


@pytest.mark.parametrize('mode', ['w', 'w:gz'])
def test_arxiv_bulk_files(tmp_path: Path, mode: str) -> None:
    files = {
        '2001/2001.00001.gz': gzip.compress(tar({'paper.tex': MAIN, 'aux/a.tex': b'', 'fig.eps': b''})),
        '2001/2001.00002.gz': gzip.compress(MAIN),
        '2001/2001.00003.pdf': b'%PDF',
        '2001/2001.00004.gz': gzip.compress(b'%PDF'),
        '2001/2001.00005.gz': gzip.compress(MAIN)[:20],
    }
    path = tmp_path / 'arXiv_src_2001_001.tar'
    path.write_bytes(tar(files, mode))
    found = list(find_papers(path))
    assert [paper.name for paper in found] == ['2001.00001', '2001.00002', '2001.00004', '2001.00005']
    assert [sorted(read_paper(paper)) for paper in found[:3]] == [
        ['aux/a.tex', 'paper.tex'],
        ['2001/2001.00002.tex'],
        [],
    ]
    with pytest.raises(DataError):
        read_paper(found[3])


def test_folders_in_one_archive(tmp_path: Path) -> None:
    for name, pack in (('p.tgz', tar), ('p.zip', zipped)):
        (tmp_path / name).write_bytes(pack({'a/main.tex': MAIN, 'a/b/c.tex': b'x', 'b/main.tex': MAIN}))
        assert papers(tmp_path / name) == {'p/a': ['a/b/c.tex', 'a/main.tex'], 'p/b': ['b/main.tex']}


def test_bombs_are_not_unpacked(tmp_path: Path) -> None:
    bomb = gzip.compress(b'x' * (LIMIT + 1))
    written(tmp_path, {'a.gz': bomb, 'b.zip': zipped({'main.tex': b' ' * (LIMIT + 1)}), 'c/main.tex': MAIN})
    found = {paper.name: paper for paper in find_papers(tmp_path)}
    assert sorted(read_paper(found['c'])) == ['c/main.tex']
    for name in ('a', 'b.zip'):
        with pytest.raises(DataError):
            read_paper(found[name])


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match='no such file or folder'):
        list(find_papers(tmp_path / 'none'))
    (tmp_path / 'a.tar').write_bytes(tar({'main.tex': MAIN * 1000})[:700])
    with pytest.raises(DataError, match=r'a\.tar: cannot be read'):
        list(find_papers(tmp_path / 'a.tar'))
