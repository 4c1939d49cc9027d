"""One loader a kind of source, one schema after it, and a clear word where there is none."""

import io
import json
import tarfile
from pathlib import Path

import datasets
import numpy as np
import pytest
from PIL import Image

from data.augment import DEFAULT
from data.dataset import DataError, Formulas, Pictures, load

PLAIN = DEFAULT.scaled(0)


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, 'PNG')
    return buffer.getvalue()


@pytest.fixture
def parquet(tmp_path: Path, formulas: list[str], formula_images: list[Image.Image]) -> Path:
    """As the Hub's im2latex-100k: columns image, formula, filename."""
    table = datasets.Dataset.from_dict(
        {
            'image': [{'bytes': png(image), 'path': None} for image in formula_images],
            'formula': formulas,
            'filename': [f'{i}.png' for i in range(len(formulas))],
        }
    ).cast_column('image', datasets.Image())
    path = tmp_path / 'im2latex-validation.parquet'
    table.to_parquet(path)
    return path


@pytest.fixture
def raw(tmp_path: Path, formula_images: list[Image.Image]) -> Path:
    """As Zenodo record 56198: Latin-1 formulas, one with a carriage return, index files, an archive of pages."""
    folder = tmp_path / 'raw'
    folder.mkdir()
    (folder / 'im2latex_formulas.lst').write_bytes('a\rb\n\xe4\nx^2\n'.encode('latin-1'))
    (folder / 'im2latex_train.lst').write_text('1 one basic\n2 two basic\n')
    (folder / 'im2latex_validate.lst').write_text('0 zero basic\n2 missing basic\n')
    with tarfile.open(folder / 'formula_images.tar.gz', 'w:gz') as tar:
        for name, image in zip(('zero', 'one', 'two'), formula_images, strict=False):
            content = png(image)
            info = tarfile.TarInfo(f'formula_images/{name}.png')
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return folder


def test_parquet(parquet: Path, formulas: list[str], formula_images: list[Image.Image]) -> None:
    for source in (load(parquet), load(parquet.parent, split='validation')):
        assert [source.latex(i) for i in range(len(source))] == formulas
        assert source[2]['latex'] == formulas[2]
        assert source[2]['image'].tobytes() == formula_images[2].tobytes()
        assert source.sizes.tolist() == [[image.height, image.width] for image in formula_images]
    assert len(load(parquet, limit=2)) == 2
    assert len(load(parquet, limit=99)) == len(formulas)


def test_raw_archive(raw: Path, tmp_path: Path, formula_images: list[Image.Image]) -> None:
    source = load(raw, 'train', cache=tmp_path / 'cache')
    assert [source.latex(i) for i in range(len(source))] == ['\xe4', 'x^2']
    assert source[1]['image'].convert('L').tobytes() == formula_images[2].tobytes()
    again = load(raw, 'validation', cache=tmp_path / 'cache')
    assert [again.latex(i) for i in range(len(again))] == ['a\rb'], 'a picture that is not there is left out'


def test_formulas_are_typeset_once(tmp_path: Path) -> None:
    file = tmp_path / 'formulas.jsonl'
    file.write_text(''.join(json.dumps({'latex': latex}) + '\n' for latex in ('x^2', r'\nonsense', r'\frac{a}{b}')))
    source = load(file, cache=tmp_path / 'cache')
    assert [source.latex(i) for i in range(len(source))] == ['x^2', r'\frac{a}{b}']
    assert source[1]['image'].height > source[0]['image'].height
    stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / 'cache').rglob('*.pdf')}
    load(file, cache=tmp_path / 'cache')
    assert stamps == {path: path.stat().st_mtime_ns for path in (tmp_path / 'cache').rglob('*.pdf')}


@pytest.mark.parametrize('scale', [0.6, 1.0, 2.0])
def test_looks_have_the_size_that_was_announced(parquet: Path, tmp_path: Path, scale: float) -> None:
    file = tmp_path / 'formulas.jsonl'
    file.write_text(json.dumps({'latex': r'\sum_{i=0}^{n} \frac{x_i}{2}'}) + '\n')
    formulas, pictures = load(file, cache=tmp_path), load(parquet)
    assert isinstance(formulas, Formulas)
    assert isinstance(pictures, Pictures)
    for source in (formulas, pictures):
        image = source.look(0, scale, np.random.default_rng(0), PLAIN)
        assert np.abs(np.array(image.size[::-1]) - source.sizes[0] * scale).max() <= 2
        assert image.mode == 'L'


def test_what_cannot_be_read(tmp_path: Path, parquet: Path, raw: Path) -> None:
    text = tmp_path / 'notes.txt'
    text.write_text('hello')
    broken = tmp_path / 'broken.parquet'
    broken.write_bytes(b'PAR1 not really')
    other = tmp_path / 'other.parquet'
    datasets.Dataset.from_dict({'a': [1]}).to_parquet(other)
    cases = {
        str(tmp_path / 'nothing'): 'no such file',
        str(text): 'expected a .parquet or .jsonl',
        str(broken): 'not a readable parquet',
        str(other): 'needs a column "image"',
        str(tmp_path / 'none.parquet'): 'no such file',
    }
    for source, message in cases.items():
        with pytest.raises(DataError, match=message):
            load(source)
    with pytest.raises(DataError, match='no split'):
        load(raw, 'test', cache=tmp_path / 'cache')
    with pytest.raises(DataError, match=r'\*test\*'):
        load(parquet.parent, 'test')


def test_a_hub_data_set_that_cannot_be_reached() -> None:
    with pytest.raises(DataError, match='cannot be loaded from the Hub'):
        load('nobody/nothing', 'train')
