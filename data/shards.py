"""Shards of a data set: formulas typeset and drawn, pictures copied, as parquet files that are whole or not there.

A shard's rows are in the order of the formulas. Beside a finished shard lie its counts, so that a build that goes on
need not open it.
"""

import contextlib
import hashlib
import io
import json
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pypdfium2
from PIL import Image

from .candidates import Row
from .dataset import BROKEN, Pictures, load
from .files import write_whole
from .fonts import DEFAULT_FONT, FONTS
from .pictures import to_grey
from .render import RenderError, rasterize, typeset
from .tables import DataError

FEATURES = datasets.Features(
    {
        'image': datasets.Image(),
        'latex': datasets.Value('string'),
        'source_latex': datasets.Value('string'),
        'source': datasets.Value('string'),
        'paper': datasets.Value('string'),
        'kind': datasets.Value('string'),
        'font': datasets.Value('string'),
        'dpi': datasets.Value('float32'),
    }
)
BATCH = 2000
"""most formulas of a TeX run, which takes as long to start as to set a thousand"""
ROW_GROUP = 500


@dataclass(frozen=True)
class Look:
    """How formulas are drawn.

    fonts: names; one that stands there twice is drawn twice as often. dpi: resolutions to choose from. looks: pictures
    of each formula, in different fonts. longest: greatest width and height, in points of 1/72 inch. seed: decides.
    """

    fonts: tuple[str, ...] = (DEFAULT_FONT,)
    dpi: tuple[float, ...] = (100.0,)
    looks: int = 1
    longest: float = 700.0
    seed: int = 0


@dataclass(frozen=True)
class Shard:
    """A file to write and the formulas that go into it."""

    path: Path
    counts: Path
    rows: Sequence[Row]
    look: Look


Drawn = tuple[bytes, str, float | None]
"""PNG, font, dpi"""


def write_shard(shard: Shard) -> dict[str, Any]:
    """Writes a shard, or finds that it is there; returns `rows`, `bytes`, `fonts` and `dropped`, counts by name.

    Raises DataError: a source of pictures is gone. RenderError: TeX is.
    """
    if shard.path.exists() and shard.counts.exists():
        counts: dict[str, Any] = json.loads(shard.counts.read_text(encoding='utf-8'))
        return counts
    dropped: Counter[str] = Counter()
    drawn = _copied(shard.rows, dropped) | _drawn(shard.rows, shard.look, dropped)
    records = [
        {
            'image': {'bytes': png, 'path': None},
            'latex': shard.rows[number]['label'],
            'source_latex': shard.rows[number]['latex'],
            'font': font,
            'dpi': dpi,
            **{name: shard.rows[number][name] for name in ('source', 'paper', 'kind')},  # type: ignore[literal-required]
        }
        for (number, _), (png, font, dpi) in sorted(drawn.items())
    ]
    buffer = io.BytesIO()
    table = pa.Table.from_pylist(records, schema=FEATURES.arrow_schema)
    pq.write_table(table, buffer, row_group_size=ROW_GROUP, compression='zstd')
    fonts = Counter(font for _, font, _ in drawn.values())
    counts = {'rows': len(records), 'bytes': table.nbytes, 'fonts': fonts, 'dropped': dropped}
    write_whole(shard.counts, json.dumps(counts).encode())
    write_whole(shard.path, buffer.getvalue())  # last: a shard that is there is finished
    return counts


def assigned(row: Row, look: Look) -> list[tuple[str, float]]:
    """Fonts and resolutions of the pictures of a formula, at most `look.looks`; the same whenever it is asked."""
    order = sorted((_digest(look.seed, place, row['label']), name) for place, name in enumerate(look.fonts))
    names = dict.fromkeys(name for _, name in order if FONTS[name].shows(row['latex']))
    chosen = list(names)[: look.looks] or [look.fonts[0]]
    return [(name, look.dpi[_digest(look.seed, name, row['label'])[0] % len(look.dpi)]) for name in chosen]


def _digest(*parts: object) -> bytes:
    return hashlib.blake2b('\0'.join(map(str, parts)).encode('utf-8', 'surrogatepass'), digest_size=8).digest()


def _drawn(rows: Sequence[Row], look: Look, dropped: Counter[str]) -> dict[tuple[int, int], Drawn]:
    """Pictures of the rows that have none, by number of the row and of the picture."""
    jobs: dict[str, list[tuple[int, int, float]]] = defaultdict(list)
    for number, row in enumerate(rows):
        if row['picture'] is None:
            for turn, (font, dpi) in enumerate(assigned(row, look)):
                jobs[font].append((number, turn, dpi))
    drawn: dict[tuple[int, int], Drawn] = {}
    plain = look.fonts[0]
    in_plain = {number for number, _, _ in jobs[plain]}
    for font in [*(name for name in jobs if name != plain), plain]:  # last: what another font lacks is drawn in it
        for start in range(0, len(jobs[font]), BATCH):
            batch = jobs[font][start : start + BATCH]
            pictures = _batch([rows[number]['latex'] for number, _, _ in batch], [job[2] for job in batch], font, look)
            for (number, turn, dpi), picture in zip(batch, pictures, strict=True):
                if isinstance(picture, bytes):
                    drawn[number, turn] = picture, font, dpi
                elif font != plain and picture.startswith('TeX') and 'Not finished' not in picture:
                    if number not in in_plain:
                        in_plain.add(number)
                        jobs[plain].append((number, turn, dpi))
                else:
                    dropped[picture] += 1
    return drawn


def _batch(formulas: Sequence[str], dpi: Sequence[float], font: str, look: Look) -> list[bytes | str]:
    """Each formula as PNG, or why it has none."""
    preamble = FONTS[font].preamble
    try:
        result = typeset(formulas, preamble=preamble, timeout=20 + 0.02 * len(formulas))
    except RenderError:  # TeX gave up, and not at one formula: a font that cannot be embedded, for example
        if len(formulas) == 1:
            typeset(['x'], preamble=preamble)  # raises if it is TeX that is broken
            return ['TeX: gives up']
        half = len(formulas) // 2
        return _batch(formulas[:half], dpi[:half], font, look) + _batch(formulas[half:], dpi[half:], font, look)
    pictures: list[bytes | str] = [f'TeX: {_reason(result.errors.get(i, ""))}' for i in range(len(formulas))]
    if not result.pdf:
        return pictures
    with contextlib.closing(pypdfium2.PdfDocument(result.pdf)) as document:
        for number, page in enumerate(result.pages):
            if page is not None:
                fits = max(document.get_page_size(page)) <= look.longest
                pictures[number] = (
                    _png(rasterize(document, page, dpi[number]))
                    if fits
                    else f'picture: longer than {look.longest:g} points'
                )
    return pictures


def _reason(error: str) -> str:
    """TeX's message without what is special to one formula."""
    message = re.sub(r'\s*\(.*', '', error.removeprefix('! ')).strip(' .')
    return re.sub(r'character: There is no .*', 'character', message) or 'no page'


def _copied(rows: Sequence[Row], dropped: Counter[str]) -> dict[tuple[int, int], Drawn]:
    """The pictures of the rows that have them, black on white."""
    drawn: dict[tuple[int, int], Drawn] = {}
    for number, row in enumerate(rows):
        if row['picture'] is not None:
            try:
                drawn[number, 0] = (
                    _png(to_grey(_pictures(row['source'], row['split'])[row['picture']]['image'])),
                    '',
                    None,
                )
            except (*BROKEN, DataError):
                dropped['picture: cannot be read'] += 1
    return drawn


@cache
def _pictures(source: str, split: str) -> Pictures:
    pictures = load(source, split)
    assert isinstance(pictures, Pictures)
    return pictures


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, 'PNG')
    return buffer.getvalue()
