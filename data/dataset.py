"""Where pictures and labels come from: one loader for each kind of source, one schema after it.

    from data.dataset import load
    load('yuntian-deng/im2latex-100k', split='validation')[0]     # {'image': PIL picture, 'latex': str}

Sources: a Hub data set, a parquet file or folder, the im2latex archive as it is distributed, a JSONL of formulas
(typeset once, kept in a cache), or a folder of typeset pages that `python -m data.pages` wrote.
"""

import hashlib
import io
import os
import tarfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol, TypedDict

import datasets
import numpy as np
from PIL import Image

from .augment import UNIT_DPI, Augmentation, augment, draw
from .pages import TypesetPages, build_pages

POINTS_PER_INCH = 72  # of PDF
FORMULA_FILES = ('.jsonl', '.jsonl.xz')
LABEL_COLUMNS = ('latex', 'formula', 'label', 'text')


def cache_folder() -> Path:
    """Where what has to be made once is kept: typeset formulas, unpacked archives, normalised labels."""
    return Path(os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache') / 'im2latex'


class DataError(ValueError):
    """A source that cannot be read; the message says what to do about it."""


class Example(TypedDict):
    image: Image.Image
    latex: str


class Source(Protocol):
    """A map-style set of pictures with labels; `look` gives a picture at any size and with a random appearance."""

    @property
    def sizes(self) -> np.ndarray:
        """Height and width of each picture at scale 1 (10 pt type at 100 dpi), in pixels, (N, 2)."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int) -> Example: ...
    def latex(self, index: int) -> str: ...
    def look(self, index: int, scale: float, rng: np.random.Generator, augmentation: Augmentation) -> Image.Image: ...


class Pictures:
    """Pictures that exist as pixels: a `datasets.Dataset` with a column of pictures and one of LaTeX.

    Args:
        table: columns `image` and `latex`.
    """

    def __init__(self, table: datasets.Dataset):
        self.table = table
        self._labels: list[str] = list(table['latex'])

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, index: int) -> Example:
        return {'image': self.table[index]['image'], 'latex': self._labels[index]}

    def latex(self, index: int) -> str:
        return self._labels[index]

    def look(self, index: int, scale: float, rng: np.random.Generator, augmentation: Augmentation) -> Image.Image:
        """The picture in grey, resampled to `scale` times its size and augmented."""
        image = self.table[index]['image'].convert('L')
        if scale != 1:
            size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
            image = image.resize(size, Image.Resampling.BICUBIC)
        return augment(image, rng, augmentation=augmentation)

    @cached_property
    def sizes(self) -> np.ndarray:
        """Read from the pictures' headers alone."""
        undecoded = self.table.cast_column('image', datasets.Image(decode=False))
        sizes = np.empty((len(self), 2), np.float32)
        for index, row in enumerate(undecoded.select_columns('image')):
            file = row['image']
            with Image.open(io.BytesIO(file['bytes']) if file['bytes'] is not None else file['path']) as image:
                sizes[index] = image.height, image.width
        return sizes


class Formulas:
    """Typeset pages, drawn when asked for, at any resolution."""

    def __init__(self, pages: TypesetPages, limit: int | None = None, dpi: float = UNIT_DPI):
        self.pages = pages
        self.dpi = dpi
        self.sizes = (pages.size_pt[:limit] * (UNIT_DPI / POINTS_PER_INCH)).astype(np.float32)

    def __len__(self) -> int:
        return len(self.sizes)

    def __getitem__(self, index: int) -> Example:
        return {'image': self.pages.image(index, self.dpi), 'latex': self.latex(index)}

    def latex(self, index: int) -> str:
        return self.pages.latex(index)

    def look(self, index: int, scale: float, rng: np.random.Generator, augmentation: Augmentation) -> Image.Image:
        """The page drawn with letters `scale` times the size they have at 100 dpi, and augmented."""
        return draw(lambda dpi: self.pages.image(index, dpi), scale, rng, augmentation)


def load(source: str | Path, split: str = 'train', *, limit: int | None = None, cache: Path | None = None) -> Source:
    """Opens a source of pictures and labels.

    Args:
        source: a path, or `owner/name` of a data set on the Hub.
        split: which split of a Hub data set, raw archive or parquet folder; a single file is one split by itself.
        limit: take the first so many only.
        cache: folder for what has to be made once; None takes `cache_folder()`.
    Raises:
        DataError: no such source, none of the known forms, no such split, no column of labels.
    """
    path = Path(source).expanduser()
    cache = cache or cache_folder()
    if path.is_dir() and (path / '00000.pdf').exists():
        return Formulas(TypesetPages(path), limit)
    if path.is_file() and path.name.endswith(FORMULA_FILES):
        return Formulas(_typeset(path, cache, limit))
    if path.is_dir() and (path / 'im2latex_formulas.lst').exists():
        table = _raw_archive(path, split, cache)
    elif path.suffix == '.parquet' or path.is_dir():
        table = _parquet(path, split)
    elif path.exists():
        raise DataError(f'{path}: expected a .parquet or .jsonl file, or a folder')
    elif str(source).count('/') == 1 and not str(source).startswith(('.', '/', '~')):
        table = _hub(str(source), split)
    else:
        raise DataError(f'{path}: no such file or folder')
    return Pictures(table.select(range(min(limit, len(table)))) if limit is not None else table)


def _columns(table: datasets.Dataset, name: str) -> datasets.Dataset:
    """The table with the columns `image` and `latex` only."""
    label = next((column for column in LABEL_COLUMNS if column in table.column_names), None)
    if label is None or 'image' not in table.column_names:
        raise DataError(
            f'{name}: needs a column "image" and one of {", ".join(LABEL_COLUMNS)}; it has '
            f'{", ".join(table.column_names) or "none"}'
        )
    table = table.select_columns(['image', label])
    return table if label == 'latex' else table.rename_column(label, 'latex')


def _hub(name: str, split: str) -> datasets.Dataset:
    try:
        return _columns(datasets.load_dataset(name, split=split), name)
    except DataError:
        raise
    except Exception as error:  # the Hub, the network and the data set's own files fail with dozens of types
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise DataError(f'{name}: cannot be loaded from the Hub (split {split!r}): {reason}') from error


def _parquet(path: Path, split: str) -> datasets.Dataset:
    files = [path] if path.suffix == '.parquet' else sorted(path.glob(f'**/*{split}*.parquet'))
    if not files:
        raise DataError(f'{path}: no file *{split}*.parquet in this folder')
    if not all(file.is_file() for file in files):
        raise DataError(f'{path}: no such file')
    try:
        table = datasets.load_dataset('parquet', data_files=[str(file) for file in files], split='train')
    except (OSError, ValueError, datasets.exceptions.DatasetsError) as error:
        raise DataError(f'{path}: not a readable parquet file') from error
    table = _columns(table, str(path))
    return (
        table if isinstance(table.features['image'], datasets.Image) else table.cast_column('image', datasets.Image())
    )


def _raw_archive(folder: Path, split: str, cache: Path) -> datasets.Dataset:
    """im2latex-100k as Zenodo record 56198 holds it: formulas, index files and an archive of A4 pages."""
    name = {'validation': 'validate'}.get(split, split)
    index = folder / f'im2latex_{name}.lst'
    if not index.exists():
        raise DataError(f'{folder}: no {index.name}, so no split {split!r}')
    # Some formulas hold carriage returns: universal newlines would shift every line after them.
    with open(folder / 'im2latex_formulas.lst', encoding='latin-1', newline='\n') as lines:
        formulas = [line.rstrip('\n') for line in lines]
    images = _unpacked(folder, cache)
    rows = [line.split() for line in index.read_text().splitlines() if line.strip()]
    paths = [images / f'{row[1]}.png' for row in rows]
    kept = [i for i, row in enumerate(rows) if int(row[0]) < len(formulas) and paths[i].exists()]
    if not kept:
        raise DataError(f'{folder}: none of the pictures that {index.name} names are there')
    table = datasets.Dataset.from_dict(
        {'image': [str(paths[i]) for i in kept], 'latex': [formulas[int(rows[i][0])] for i in kept]}
    )
    return table.cast_column('image', datasets.Image())


def _unpacked(folder: Path, cache: Path) -> Path:
    """The folder of pictures, unpacked into the cache where it comes as an archive."""
    if (folder / 'formula_images').is_dir():
        return folder / 'formula_images'
    archive = folder / 'formula_images.tar.gz'
    if not archive.exists():
        raise DataError(f'{folder}: neither formula_images/ nor formula_images.tar.gz is there')
    target = cache / 'raw' / _fingerprint(archive)
    if not target.exists():
        partial = target.with_suffix('.partial')
        partial.mkdir(parents=True, exist_ok=True)
        with tarfile.open(archive) as tar:
            tar.extractall(partial, filter='data')
        partial.rename(target)
    return target / 'formula_images'


def _typeset(path: Path, cache: Path, limit: int | None) -> TypesetPages:
    folder = cache / 'pages' / f'{_fingerprint(path)}{"" if limit is None else f"-{limit}"}'
    build_pages([path], folder, limit=limit)
    return TypesetPages(folder)


def _fingerprint(path: Path) -> str:
    """Changes when the file does: its path, size and time of change."""
    stat = path.stat()
    return hashlib.sha256(f'{path.resolve()}|{stat.st_size}|{stat.st_mtime_ns}'.encode()).hexdigest()[:16]


def concatenated_sizes(sources: Sequence[Source]) -> np.ndarray:
    """Heights and widths of all pictures of several sources, one after the other, (N, 2)."""
    return np.concatenate([source.sizes for source in sources]) if sources else np.empty((0, 2), np.float32)
