"""One loader a kind of source, one schema after it, and a clear word where there is none."""

import io
import json
import lzma
from pathlib import Path

import datasets
import numpy as np
import pytest
from PIL import Image, ImageOps

from data.augment import DEFAULT
from data.dataset import DataError, Formulas, Pictures, load
from modeling import Im2LatexImageProcessor

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


def test_parquet(parquet: Path, formulas: list[str], formula_images: list[Image.Image]) -> None:
    for source in (load(parquet), load(parquet.parent, split='validation')):
        assert [source.latex(i) for i in range(len(source))] == formulas
        assert source[2]['latex'] == formulas[2]
        assert source[2]['image'].tobytes() == formula_images[2].tobytes()
        assert [source[i]['image'].size for i in range(len(source))] == [image.size for image in formula_images]
    assert len(load(parquet, limit=2)) == 2
    assert len(load(parquet, limit=99)) == len(formulas)


@pytest.mark.parametrize(
    ('labels', 'keys'), [('metadata.jsonl', ('file_name', 'text')), ('labels.jsonl', ('image', 'latex'))]
)
def test_folder_of_pictures(
    tmp_path: Path, formulas: list[str], formula_images: list[Image.Image], labels: str, keys: tuple[str, str]
) -> None:
    (tmp_path / 'validation' / 'png').mkdir(parents=True)
    rows = [dict(zip(keys, (f'png/{i}.png', formula), strict=True)) for i, formula in enumerate(formulas)]
    for i, image in enumerate(formula_images):
        image.save(tmp_path / 'validation' / f'png/{i}.png')
    file = tmp_path / 'validation' / labels
    file.write_text(''.join(json.dumps(row) + '\n' for row in rows))
    for source in (load(tmp_path, 'validation'), load(tmp_path / 'validation')):
        assert source.labels() == formulas
        assert source[2]['image'].tobytes() == formula_images[2].tobytes()
        assert [source[i]['image'].size for i in range(len(source))] == [image.size for image in formula_images]
    file.write_text(file.read_text() + '{"file_name": "gone.png", "text": "x"}\n')
    with pytest.raises(DataError, match=rf'{labels}, line {len(rows) + 1}: no such picture'):
        load(tmp_path, 'validation')
    file.write_text('{"file_name": "0.png"}\n')
    with pytest.raises(DataError, match=f'{labels}, line 1: expected'):
        load(tmp_path, 'validation')


def test_sizes_are_those_that_the_model_sees(tmp_path: Path) -> None:
    """A picture counts by its letters at 100 dpi, whatever the resolution that it was stored at and its margins."""
    preparation = Im2LatexImageProcessor(scale=1.25, min_dpi=100, max_dpi=120)
    file = tmp_path / 'formulas.jsonl'
    file.write_text(json.dumps({'latex': r'\sum_{i=0}^{n} \frac{x_i}{2} = \alpha^2 + \beta^2 + \gamma^2'}) + '\n')
    formulas = load(file, cache=tmp_path)
    assert isinstance(formulas, Formulas)
    drawn = [ImageOps.expand(formulas.pages.image(0, dpi), 50, 255) for dpi in (100, 120, 240, 400)]
    table = datasets.Dataset.from_dict({'image': drawn, 'latex': ['x'] * len(drawn)})
    sizes = Pictures(table.cast_column('image', datasets.Image())).sizes(preparation)
    assert sizes.shape == (len(drawn), 2)
    prepared = [np.array(preparation.prepare(image).shape) / preparation.scale for image in drawn]
    assert np.allclose(sizes, prepared)
    framed = formulas.sizes(preparation) + 2 * preparation.margin
    assert (sizes >= framed - 1).all() and (sizes <= framed * 1.2 + preparation.size_divisor).all()


def test_broken_pictures_have_no_size(formula_images: list[Image.Image]) -> None:
    good = png(formula_images[0])
    turned = io.BytesIO()
    exif = Image.Exif()
    exif[274] = 6
    formula_images[0].save(turned, 'JPEG', exif=exif)
    blank = png(Image.new('L', (40, 20), 255))
    contents = (good, good[:20], b'no picture', None, turned.getvalue(), blank)
    images = [{'bytes': content, 'path': None} for content in contents]
    table = datasets.Dataset.from_dict({'image': [*images, None], 'latex': ['x', 'x', 'x', 'x', None, 'x', 'x']})
    source = Pictures(table.cast_column('image', datasets.Image()))
    sizes = source.sizes(Im2LatexImageProcessor())
    assert np.isnan(sizes).all(axis=1).tolist() == [False, True, True, True, False, True, True]
    assert sizes[0, 0] < sizes[0, 1] and sizes[4, 0] > sizes[4, 1]
    assert source[4]['image'].size == (formula_images[0].height, formula_images[0].width)
    assert source.labels() == ['x', 'x', 'x', 'x', '', 'x', 'x']
    for index in (1, 2, 3, 6):
        with pytest.raises(DataError, match=f'picture {index} '):
            source.look(index, 1.0, np.random.default_rng(0), PLAIN)


def test_formulas_are_typeset_once(tmp_path: Path) -> None:
    file = tmp_path / 'formulas.jsonl'
    file.write_text(''.join(json.dumps({'latex': latex}) + '\n' for latex in ('x^2', r'\nonsense', r'\frac{a}{b}')))
    source = load(file, cache=tmp_path / 'cache')
    assert [source.latex(i) for i in range(len(source))] == ['x^2', r'\frac{a}{b}']
    assert source[1]['image'].height > source[0]['image'].height
    stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / 'cache').rglob('*.pdf')}
    assert load(file, cache=tmp_path / 'cache').labels() == source.labels() == ['x^2', r'\frac{a}{b}']
    assert stamps == {path: path.stat().st_mtime_ns for path in (tmp_path / 'cache').rglob('*.pdf')}


@pytest.mark.parametrize('scale', [0.6, 1.0, 2.0])
def test_drawn_letters_have_the_size_asked_for_and_others_stay(parquet: Path, tmp_path: Path, scale: float) -> None:
    file = tmp_path / 'formulas.jsonl'
    file.write_text(json.dumps({'latex': r'\sum_{i=0}^{n} \frac{x_i}{2}'}) + '\n')
    formulas, pictures = load(file, cache=tmp_path), load(parquet)
    assert isinstance(formulas, Formulas)
    assert isinstance(pictures, Pictures)
    for source, size, drawn_at in (
        (formulas, formulas.sizes(Im2LatexImageProcessor())[0], scale),
        (pictures, np.array(pictures[0]['image'].size[::-1]), 1),
    ):
        look = source.look(0, scale, np.random.default_rng(0), PLAIN)
        assert np.abs(np.array(look.image.size[::-1]) - size * drawn_at).max() <= 2
        assert drawn_at * look.enlarge == scale
        assert look.fit == (source is pictures)
        assert look.image.mode == 'L'


def test_what_cannot_be_read(tmp_path: Path, parquet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = tmp_path / 'notes.txt'
    text.write_text('hello')
    broken = tmp_path / 'broken.parquet'
    broken.write_bytes(b'PAR1 not really')
    other = tmp_path / 'other.parquet'
    datasets.Dataset.from_dict({'a': [1]}).to_parquet(other)
    (tmp_path / 'bad.jsonl').write_text('no json\n')
    (tmp_path / 'hopeless.jsonl').write_text('{"latex": "\\\\nonsense"}\n')
    (tmp_path / 'cut.jsonl.xz').write_bytes(lzma.compress(b'{"latex": "x"}\n' * 1000)[:-20])
    (tmp_path / 'store').mkdir()
    (tmp_path / 'store' / '00000.pdf').write_bytes(b'%PDF')
    cases = {
        str(tmp_path / 'bad.jsonl'): 'bad.jsonl, line 1: expected',
        str(tmp_path / 'hopeless.jsonl'): 'none of its 1 formulas',
        str(tmp_path / 'cut.jsonl.xz'): 'cut off',
        str(tmp_path / 'store'): 'No such file',
        f'{tmp_path.name}/none.jsonl': 'no such file',
        f'{tmp_path.name}/none': 'no such file',
        'nobody/none.jsonl': 'no such file',
        str(tmp_path / 'nothing'): 'no such file',
        str(text): 'expected a .parquet or .jsonl',
        str(broken): 'not a readable parquet',
        str(other): 'needs a column "image"',
        str(tmp_path / 'none.parquet'): 'no such file',
    }
    monkeypatch.chdir(tmp_path.parent)
    for source, message in cases.items():
        with pytest.raises(DataError, match=message):
            load(source, cache=tmp_path / 'cache')
    with pytest.raises(DataError, match='at least 1'):
        load(parquet, limit=0)
    with pytest.raises(DataError, match=r'\*test\*'):
        load(parquet.parent, 'test')


def test_a_hub_data_set_that_cannot_be_reached() -> None:
    with pytest.raises(DataError, match='cannot be loaded from the Hub'):
        load('nobody/nothing', 'train')


def test_pictures_that_are_plain_structures(
    tmp_path: Path, formula_images: list[Image.Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a table has them that was written without `datasets`, whether it is of the Hub or a file."""
    images = [{'bytes': png(image), 'path': None} for image in formula_images[:2]]
    table = datasets.Dataset.from_dict({'image': images, 'latex': ['x', 'y']})
    table.to_parquet(tmp_path / 'plain.parquet')
    on_the_hub = {'owner/plain': table, 'owner/numbers': table.remove_columns('image').add_column('image', [1, 2])}
    file = load(tmp_path / 'plain.parquet')
    monkeypatch.setattr(datasets, 'load_dataset', lambda name, split: on_the_hub[name])
    for source in (load('owner/plain'), file):
        look = source.look(0, 1.0, np.random.default_rng(0), PLAIN)
        assert look.image.size == formula_images[0].size
    with pytest.raises(DataError, match='owner/numbers: the column "image" holds no pictures'):
        load('owner/numbers')


def test_formulas_without_tex(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / 'formulas.jsonl').write_text('{"latex": "x"}\n')
    monkeypatch.setenv('PATH', str(tmp_path))
    with pytest.raises(DataError, match=r'formulas\.jsonl: pdflatex is not installed'):
        load(tmp_path / 'formulas.jsonl', cache=tmp_path / 'cache')
