"""im2latex-100k as Zenodo record 56198 holds it: formulas, index files, and an archive of A4 pages at 200 dpi.

    from data.raw_archive import raw_archive
    table = raw_archive(Path('im2latex-100k'), 'train', cache_folder())     # columns image and latex

A page is cropped to its formula and halved once, as im2latex's own preprocessing does (scripts/preprocessing of
harvardnlp/im2markup), and the small picture is kept in the cache: the archive is never unpacked. A run that was
interrupted goes on where it stopped, and several may run at a time.
"""

import contextlib
import hashlib
import io
import logging
import os
import tarfile
from collections import deque
from collections.abc import Collection, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import datasets
from PIL import Image, ImageOps
from tqdm import tqdm

from .files import write_whole
from .pictures import without_transparency
from .tables import DataError, from_files

FORMULAS = 'im2latex_formulas.lst'
IMAGES = 'formula_images'
MARGIN = 8  # pixels of the page on every side of the ink, as in im2latex's preprocessing
FACTOR = 2
logger = logging.getLogger(__name__)


def is_raw_archive(folder: Path) -> bool:
    return (folder / FORMULAS).is_file()


def raw_archive(folder: Path, split: str, cache: Path, limit: int | None = None) -> datasets.Dataset:
    """The cropped pictures of a split (or of its first `limit` lines) and their formulas.

    Pages that are missing, blank or broken are left out, with a warning that says how many.

    Raises:
        DataError: no such split, no pages, a malformed index, or a broken archive.
    """
    index, formulas = _index(folder, split), _formulas(folder)
    rows = _rows(index, len(formulas))[:limit]
    target, made = _cropped(folder, sorted({page for _, page in rows}), cache)
    kept = [(number, page) for number, page in rows if page in made]
    if not kept:
        raise DataError(f'{folder}: none of the pictures that {index.name} names are there')
    if len(kept) < len(rows):
        logger.warning('%s: %d of %d pages are missing, blank or broken', index, len(rows) - len(kept), len(rows))
    return from_files([str(target / f'{page}.png') for _, page in kept], [formulas[number] for number, _ in kept])


def listed(folder: Path, split: str) -> int:
    """How many pictures a split should have. Raises DataError: no such split, or a malformed index."""
    return len(_rows(_index(folder, split), len(_formulas(folder))))


def crop_page(page: Image.Image) -> Image.Image | None:
    """A page at 200 dpi as im2latex-100k's picture at 100 dpi, mode 'L'; None if the page is blank.

    The pages hold the coverage of a pixel in their transparency, which the conversion to grey drops: every pixel the
    ink touched is black. Then they are halved.
    """
    grey = without_transparency(page)
    box = ImageOps.invert(grey).getbbox()
    if box is None:
        return None
    width, height = (FACTOR * -(-(n + 2 * MARGIN) // FACTOR) for n in (box[2] - box[0], box[3] - box[1]))
    framed = Image.new('L', (width, height), 255)
    framed.paste(grey.crop(box), (MARGIN, MARGIN))
    return framed.resize((width // FACTOR, height // FACTOR), Image.Resampling.LANCZOS)


def _index(folder: Path, split: str) -> Path:
    index = folder / f'im2latex_{"validate" if split == "validation" else split}.lst'
    if not index.exists():
        raise DataError(f'{folder}: no {index.name}, so no split {split!r}')
    return index


def _formulas(folder: Path) -> list[str]:
    # Some formulas hold carriage returns: universal newlines would shift every line after them.
    with open(folder / FORMULAS, encoding='latin-1', newline='\n') as lines:
        return [line.rstrip('\n') for line in lines]


def _rows(index: Path, formulas: int) -> list[tuple[int, str]]:
    """Number of the formula and name of the page, line by line; formulas that are not there are left out."""
    rows = []
    for number, line in enumerate(index.read_text(encoding='latin-1').splitlines(), 1):
        if line.strip():
            try:
                formula, page = line.split()[:2]
                rows.append((int(formula), page))
            except ValueError as error:
                raise DataError(f'{index}, line {number}: expected the number of a formula and a picture') from error
    return [row for row in rows if 0 <= row[0] < formulas]


def _cropped(folder: Path, names: Collection[str], cache: Path) -> tuple[Path, set[str]]:
    """The folder of cropped pictures, and which of those asked for it holds."""
    source = folder / IMAGES if (folder / IMAGES).is_dir() else folder / f'{IMAGES}.tar.gz'
    if not source.exists():
        raise DataError(f'{folder}: neither {IMAGES}/ nor {IMAGES}.tar.gz is there')
    stat = source.stat()
    stamp = f'{source.resolve()}|{stat.st_size}|{stat.st_mtime_ns}|{MARGIN}|{FACTOR}'
    target = cache / 'raw' / hashlib.sha256(stamp.encode()).hexdigest()[:16]
    # Lists what came of these pages: those that are missing would have the whole archive searched again.
    finished = target / f'{hashlib.sha256(chr(10).join(names).encode()).hexdigest()[:16]}.txt'
    if finished.exists():
        return target, set(finished.read_text(encoding='utf-8').split())
    try:
        target.mkdir(parents=True, exist_ok=True)
        here = {entry.name.removesuffix('.png') for entry in os.scandir(target)}
        made = here & set(names)
        made |= _crop_all(source, set(names) - here, target)
        write_whole(finished, '\n'.join(sorted(made)).encode())
    except (OSError, EOFError, tarfile.TarError) as error:
        raise DataError(f'{source}: cannot be read: {error}') from error
    return target, made


def _crop_all(source: Path, names: Collection[str], target: Path) -> set[str]:
    """Crops the pages into `target` with all cores, a few in memory at a time; returns which came out well."""
    made: set[str] = set()
    if not names:
        return made
    workers = os.cpu_count() or 1
    running: deque[tuple[str, Future[bool]]] = deque()
    # PIL works outside of Python's lock, so threads are enough.
    with (
        tqdm(total=len(names), desc='cropping pages', unit=' pages', disable=None) as bar,
        ThreadPoolExecutor(workers) as pool,
        contextlib.closing(_pages(source, names)) as pages,
    ):

        def collect(most: int) -> None:
            while len(running) > most:
                name, future = running.popleft()
                if future.result():
                    made.add(name)
                bar.update()

        try:
            for name, content in pages:
                running.append((name, pool.submit(_crop_one, content, target / f'{name}.png')))
                collect(4 * workers)
            collect(0)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return made


def _crop_one(content: bytes, path: Path) -> bool:
    try:
        with Image.open(io.BytesIO(content)) as page:
            picture = crop_page(page)
    except (OSError, SyntaxError, ValueError, TypeError, Image.DecompressionBombError):  # PIL's words for broken files
        return False
    if picture is None:
        return False
    buffer = io.BytesIO()
    picture.save(buffer, 'PNG')
    write_whole(path, buffer.getvalue())
    return True


def _pages(source: Path, names: Collection[str]) -> Generator[tuple[str, bytes], None, None]:
    """Name and content of the pages asked for, from the folder or the archive, until all are found."""
    missing = set(names)
    if source.is_dir():
        for name in sorted(missing):
            if (path := source / f'{name}.png').is_file():
                yield name, path.read_bytes()
        return
    with tarfile.open(source, 'r|gz') as tar:
        for member in tar:
            name = Path(member.name).stem
            if name in missing and member.isfile() and (file := tar.extractfile(member)) is not None:
                missing.remove(name)
                yield name, file.read()
                if not missing:
                    return
