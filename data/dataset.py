"""Where pictures and labels come from: one loader for each kind of source, one schema after it.

    from data.dataset import load
    load('yuntian-deng/im2latex-100k', split='validation')[0]     # {'image': PIL picture, 'latex': str}

Sources: a Hub data set, a parquet file or folder, a folder of pictures with a `metadata.jsonl` or `labels.jsonl`, the
im2latex archive as it is distributed, a JSONL of formulas (typeset once, kept in a cache), or a folder of typeset pages
that `python -m data.pages` wrote.
"""

import hashlib
import os
from pathlib import Path
from typing import Any, NamedTuple, NotRequired, Protocol, TypedDict

import datasets
import numpy as np
from PIL import Image

from .augment import UNIT_DPI, Augmentation, augment, draw
from .pages import TypesetPages, build_pages
from .pictures import to_grey
from .raw_archive import is_raw_archive, raw_archive
from .render import cache_folder
from .tables import DataError, hub, parquet, picture_folder

__all__ = ['DataError', 'Example', 'Formulas', 'Pictures', 'Source', 'cache_folder', 'load']

MANY = 2000  # pictures that are worth several processes
POINTS_PER_INCH = 72  # of PDF
FORMULA_FILES = ('.jsonl', '.jsonl.xz')
# A name that ends like this is a file's, whatever the Hub would allow.
FILE_SUFFIXES = (*FORMULA_FILES, '.parquet', '.json', '.xz', '.txt', '.lst', '.csv', '.gz', '.zip', '.pdf', '.png')
# What PIL raises for a file that is broken, or no picture at all.
BROKEN = (OSError, SyntaxError, ValueError, TypeError, Image.DecompressionBombError)


class Example(TypedDict):
    image: Image.Image
    latex: str
    enlarge: NotRequired[float]
    """by how much larger to make the picture than the model would have it"""
    fit: NotRequired[bool]
    """whether letters are to be brought to the model's size first"""


class Look(NamedTuple):
    """A picture with a random appearance, and what is left to do about the size of its letters, as in `Example`."""

    image: Image.Image
    enlarge: float
    fit: bool


class Preparation(Protocol):
    """What a model does to a picture: an image processor of `modeling`, of which this package imports nothing."""

    scale: float

    def prepare(self, image: Any) -> np.ndarray: ...


class Source(Protocol):
    """A map-style set of pictures with labels; `look` gives a picture at any size and with a random appearance."""

    def sizes(self, preparation: Preparation) -> np.ndarray:
        """Height and width in pixels that each picture has for the model, over its `scale`, (N, 2); nan: unreadable."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int) -> Example: ...
    def latex(self, index: int) -> str: ...
    def labels(self) -> list[str]: ...
    def look(self, index: int, scale: float, rng: np.random.Generator, augmentation: Augmentation) -> Look: ...


class Pictures:
    """Pictures that exist as pixels: a `datasets.Dataset` with a column of pictures and one of LaTeX.

    Args:
        table: columns `image` and `latex`; a label that is missing counts as empty.
    """

    def __init__(self, table: datasets.Dataset):
        self.table = table
        self._labels: list[str] = [label or '' for label in table['latex']]

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, index: int) -> Example:
        """The picture as it is and its label. Raises DataError if the picture cannot be read."""
        try:
            image = self.table[index]['image']
        except BROKEN as error:
            raise DataError(f'picture {index} ({self.latex(index)!r}) cannot be read: {error}') from error
        if image is None:
            raise DataError(f'picture {index} ({self.latex(index)!r}) is missing')
        return {'image': image, 'latex': self.latex(index)}

    def latex(self, index: int) -> str:
        return self._labels[index]

    def labels(self) -> list[str]:
        return list(self._labels)

    def look(self, index: int, scale: float, rng: np.random.Generator, augmentation: Augmentation) -> Look:
        """The picture black on white and augmented, its letters as large as they are."""
        return Look(augment(to_grey(self[index]['image']), rng, augmentation=augmentation), scale, fit=True)

    def sizes(self, preparation: Preparation) -> np.ndarray:
        """Each picture is prepared once; of parquet files and Hub data sets the sizes are kept for the next run.

        `datasets` keeps them beside the table, and of folders and raw archives it has none on disk.
        """
        undecoded = self.table.select_columns('image').cast_column('image', datasets.Image(decode=False))
        sizes = undecoded.map(
            _size,
            fn_kwargs={'preparation': preparation},
            features=datasets.Features({'size': datasets.List(datasets.Value('float32'), length=2)}),
            remove_columns='image',
            num_proc=os.cpu_count() if len(self) >= MANY else None,
            desc='sizes of pictures',
        )
        return np.array(sizes['size'][:], np.float32).reshape(-1, 2)


class Formulas:
    """Typeset pages, drawn when asked for, at any resolution."""

    def __init__(self, pages: TypesetPages, limit: int | None = None, dpi: float = UNIT_DPI):
        self.pages = pages
        self.dpi = dpi
        self._sizes = (pages.size_pt[:limit] * (UNIT_DPI / POINTS_PER_INCH)).astype(np.float32)

    def __len__(self) -> int:
        return len(self._sizes)

    def sizes(self, preparation: Preparation) -> np.ndarray:
        """At scale 1 (10 pt type at 100 dpi), which the letters' size is a multiple of."""
        return self._sizes

    def __getitem__(self, index: int) -> Example:
        return {'image': self.pages.image(index, self.dpi), 'latex': self.latex(index)}

    def latex(self, index: int) -> str:
        return self.pages.latex(index)

    def labels(self) -> list[str]:
        """Far faster than one by one."""
        return self.pages.labels(len(self))

    def look(self, index: int, scale: float, rng: np.random.Generator, augmentation: Augmentation) -> Look:
        """The page drawn for letters `scale` times the size they have at 100 dpi, and augmented."""
        return Look(*draw(lambda dpi: self.pages.image(index, dpi), scale, rng, augmentation), fit=False)


def load(source: str | Path, split: str = 'train', *, limit: int | None = None, cache: Path | None = None) -> Source:
    """Opens a source of pictures and labels.

    Args:
        source: a path, or `owner/name` of a data set on the Hub.
        split: which split of a Hub data set, raw archive or folder; a single file is one split by itself.
        limit: take the first so many only.
        cache: folder for what has to be made once; None takes `cache_folder()`.
    Raises:
        DataError: no such source, none of the known forms, no such split, no column of labels, a file that is broken,
            formulas that need TeX where there is none.
    """
    path = Path(source).expanduser()
    cache = cache or cache_folder()
    if limit is not None and limit < 1:
        raise DataError(f'{source}: a limit of {limit} leaves nothing; it must be at least 1')
    if path.is_dir() and (path / '00000.pdf').exists():
        return Formulas(_typeset(path, None, limit), limit)
    if path.is_file() and path.name.endswith(FORMULA_FILES):
        return Formulas(_typeset(path, cache, limit))
    if path.is_dir() and is_raw_archive(path):
        table = raw_archive(path, split, cache, limit)
    elif path.is_dir():
        table = picture_folder(path, split) or parquet(path, split)
    elif path.suffix == '.parquet':
        table = parquet(path, split)
    elif path.exists():
        raise DataError(f'{path}: expected a .parquet or .jsonl file, or a folder')
    elif _may_be_on_the_hub(str(source)):
        table = hub(str(source), split)
    else:
        raise DataError(f'{path}: no such file or folder')
    return Pictures(table.select(range(min(limit, len(table)))) if limit is not None else table)


def _may_be_on_the_hub(source: str) -> bool:
    """Whether it looks like `owner/name`, and not like a slip of the pen beside folders that are here."""
    owner, _, name = source.partition('/')
    return (
        bool(owner and name)
        and '/' not in name
        and not source.startswith(('.', '~'))
        and not name.lower().endswith(FILE_SUFFIXES)
        and not Path(owner).exists()
    )


def _size(row: dict[str, Any], preparation: Preparation) -> dict[str, tuple[float, float]]:
    """Height and width of one picture for the model, over its `scale`."""
    try:
        image = datasets.Image().decode_example(row['image'])
        height, width = preparation.prepare(image).shape
    except BROKEN:  # blank as well, and None, which is no picture
        return {'size': (np.nan, np.nan)}
    return {'size': (height / preparation.scale, width / preparation.scale)}


def _typeset(path: Path, cache: Path | None, limit: int | None) -> TypesetPages:
    """A folder of typeset pages; with a cache `path` is a file of formulas, which are typeset into it first."""
    try:
        if cache is None:
            return TypesetPages(path)
        folder = cache / 'pages' / f'{_fingerprint(path)}{"" if limit is None else f"-{limit}"}'
        summary = build_pages([path], folder, limit=limit)
        if not summary['pages']:
            raise DataError(f'{path}: none of its {summary["formulas"]} formulas can be typeset')
        return TypesetPages(folder)
    except DataError:
        raise
    except (OSError, ValueError) as error:
        raise DataError(str(error) if str(path) in str(error) else f'{path}: {error}') from error


def _fingerprint(path: Path) -> str:
    """Changes when the file does: its path, size and time of change."""
    stat = path.stat()
    return hashlib.sha256(f'{path.resolve()}|{stat.st_size}|{stat.st_mtime_ns}'.encode()).hexdigest()[:16]
