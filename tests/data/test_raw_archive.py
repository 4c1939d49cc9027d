"""The archive as it is distributed: pages become the pictures that im2latex's own preprocessing makes of them."""

import gzip
import io
import logging
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.augment import DEFAULT
from data.dataset import DataError, load
from data.raw_archive import MARGIN, crop_page

PAGE = (1654, 2339)  # A4 at 200 dpi
INK = (301, 400, 560, 443)
NAMES = ('zero', 'one', 'two')


def page(box: tuple[int, int, int, int] | None = INK) -> Image.Image:
    """A palette as in the archive: white and wholly transparent, then black of several opacities."""
    image = Image.new('P', PAGE, 0)
    image.putpalette([255] * 3 + [0] * 9)
    image.info['transparency'] = b'\x00\x22\x88\xff'
    if box:
        image.paste(1, box)
        image.paste(3, (box[0] + 2, box[1] + 2, box[2] - 2, box[3] - 2))
    return image


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, 'PNG')
    return buffer.getvalue()


@pytest.fixture(params=['archive', 'folder'])
def raw(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """As Zenodo record 56198: Latin-1 formulas, one with a carriage return, index files, pages."""
    folder = tmp_path / 'raw'
    folder.mkdir()
    (folder / 'im2latex_formulas.lst').write_bytes('a\rb\n\xe4\nx^2\n'.encode('latin-1'))
    (folder / 'im2latex_train.lst').write_text('1 one basic\n2 two basic\n7 two basic\n')
    (folder / 'im2latex_validate.lst').write_text('0 zero basic\n2 missing basic\n2 blank basic\n2 broken basic\n')
    files = {name: png(page((INK[0], INK[1], INK[2] + 50 * i, INK[3]))) for i, name in enumerate(NAMES)}
    files |= {'blank': png(page(None)), 'broken': png(page())[:200]}
    with tarfile.open(folder / 'formula_images.tar.gz', 'w:gz') as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(f'formula_images/{name}.png')
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo('formula_images/missing.png')
        link.type, link.linkname = tarfile.SYMTYPE, '/etc/passwd'
        tar.addfile(link)
    if request.param == 'folder':
        (folder / 'formula_images.tar.gz').unlink()
        (folder / 'formula_images').mkdir()
        for name, content in files.items():
            (folder / 'formula_images' / f'{name}.png').write_bytes(content)
    return folder


def test_crop_page() -> None:
    picture = crop_page(page())
    assert picture is not None
    # Every touched pixel is black, whatever its opacity; then as im2latex does: margin, and half the size.
    large = Image.new('L', (260 + 2 * MARGIN, 44 + 2 * MARGIN), 255)
    large.paste(0, (MARGIN, MARGIN, MARGIN + 259, MARGIN + 43))
    expected = large.resize((large.width // 2, large.height // 2), Image.Resampling.LANCZOS)
    assert (picture.mode, picture.size) == ('L', expected.size)
    assert picture.tobytes() == expected.tobytes()
    assert crop_page(page(None)) is None


def test_pages_are_cropped_once(raw: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    source = load(raw, 'train', cache=tmp_path / 'cache')
    assert source.labels() == ['\xe4', 'x^2']
    assert [source[i]['image'].size for i in (0, 1)] == [(163, 30), (188, 30)]
    look = source.look(1, 1.0, np.random.default_rng(0), DEFAULT.scaled(0))
    assert look.image.tobytes() == source[1]['image'].tobytes()
    assert np.asarray(look.image).min() == 0
    stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / 'cache').rglob('*.png')}
    assert len(stamps) == 2
    next((tmp_path / 'cache').rglob('*.txt')).unlink()  # as if interrupted before the end
    min(stamps).unlink()
    again = load(raw, 'train', cache=tmp_path / 'cache')
    assert [again[i]['image'].tobytes() for i in (0, 1)] == [source[i]['image'].tobytes() for i in (0, 1)]
    assert max(stamps).stat().st_mtime_ns == stamps[max(stamps)]
    assert len(load(raw, 'train', limit=1, cache=tmp_path / 'cache')) == 1
    with caplog.at_level(logging.WARNING):
        assert load(raw, 'validation', cache=tmp_path / 'cache').labels() == ['a\rb']
    assert '3 of 4 pages are missing, blank or broken' in caplog.text


def test_what_cannot_be_read(raw: Path, tmp_path: Path) -> None:
    cache = tmp_path / 'cache'
    with pytest.raises(DataError, match='no split'):
        load(raw, 'test', cache=cache)
    (raw / 'im2latex_test.lst').write_text('one basic\n')
    with pytest.raises(DataError, match=r'im2latex_test\.lst, line 1: expected'):
        load(raw, 'test', cache=cache)
    archive = raw / 'formula_images.tar.gz'
    if archive.exists():
        content = archive.read_bytes()
        for broken in (content[:-100], b'nothing of the kind', gzip.compress(b'nothing of the kind' * 100)):
            archive.write_bytes(broken)
            with pytest.raises(DataError, match=r'formula_images\.tar\.gz: cannot be read'):
                load(raw, 'validation', cache=cache)
        archive.unlink()
        with pytest.raises(DataError, match='neither formula_images/'):
            load(raw, 'train', cache=cache)
