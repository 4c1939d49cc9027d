"""A store of typeset formulas: `python -m data.pages FORMULAS.jsonl[.xz] ... --out DIR`.

Shard n is `n.pdf`, one page a formula, beside `n.jsonl`, one line a formula (`latex`, `label`, `page`, `width_pt`,
`height_pt` and whatever else the input line had), and `n.dropped`, the formulas TeX refused, with its message. A page
costs under a kilobyte and becomes pixels at load time, at any resolution. A build that was interrupted goes on where it
stopped.
"""

import argparse
import collections
import contextlib
import itertools
import json
import lzma
import os
import re
import sys
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
from PIL import Image
from tqdm import tqdm

from .files import write_whole
from .fonts import DEFAULT_FONT, FONTS
from .render import rasterize, typeset

# About 3.5 MB each, once all their fonts are in use. Drawn in random order from 616 shards, a picture costs 0.7 ms if
# all of them stay open and 3.4 ms if 256 do: a document opened anew parses its fonts again.
OPEN_DOCUMENTS = 1024
UNSHOWN = 'a command that this font draws like another one'
_pdfium = threading.Lock()


def read_formulas(paths: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """The lines of JSONL files, plain or .xz, one after another.

    Raises ValueError for a line without `latex` or with a `label` that is no string, for a file that is cut off or not
    of its kind; OSError for none.
    """
    for path in paths:
        for number, line in enumerate(_lines(path), 1):
            try:
                row = json.loads(line)
                valid = isinstance(row['latex'], str) and isinstance(row.get('label', ''), str)
            except (ValueError, KeyError, TypeError):
                valid = False
            if not valid:
                raise ValueError(
                    f'{path}, line {number}: expected a JSON object with a string "latex"; "label", if any, is one too'
                )
            yield row


def write_formulas(rows: Iterable[Mapping[str, Any]], path: Path) -> int:
    """Writes lines that `read_formulas` reads; returns how many. Raises OSError."""
    with open(path, 'w', encoding='utf-8') as file:
        return sum(1 for row in rows if file.write(json.dumps(row, ensure_ascii=False) + '\n'))


def _lines(path: Path) -> Iterator[str]:
    opener = lzma.open if path.suffix == '.xz' else open
    try:
        with opener(path, 'rt', encoding='utf-8', newline='\n') as file:
            yield from file
    except (EOFError, lzma.LZMAError) as error:
        raise ValueError(f'{path}: cut off, or not an .xz file') from error
    except UnicodeDecodeError as error:
        raise ValueError(f'{path}: not a text file in UTF-8') from error


def build_pages(
    paths: Sequence[Path],
    out: Path,
    *,
    shard: int = 1000,
    workers: int = 2,
    limit: int | None = None,
    font: str = DEFAULT_FONT,
) -> dict[str, Any]:
    """Typesets the formulas of `paths` into shards below `out`; finished shards are left as they are.

    `font` is a name in `data.fonts.FONTS`; a formula with a command that this font draws like another one is dropped.
    Returns the summary: `formulas`, `pages`, `dropped`, and `errors`, the ten commonest of TeX's messages with counts.
    Raises ValueError for a malformed line or a folder that holds shards of other formulas, RenderError without TeX.
    """
    out.mkdir(parents=True, exist_ok=True)
    counts: collections.Counter[str] = collections.Counter()
    errors: collections.Counter[str] = collections.Counter()

    def collect(done: Iterable[Future[tuple[int, list[str]]]]) -> None:
        for future in done:
            pages, dropped = future.result()
            counts.update(formulas=pages + len(dropped), pages=pages, dropped=len(dropped))
            errors.update(re.sub(r' \(.*', '', message) for message in dropped)
            bar.update(pages + len(dropped))

    rows = itertools.islice(read_formulas(paths), limit)
    with tqdm(total=limit, unit=' formulas', smoothing=0.05, disable=None) as bar, ThreadPoolExecutor(workers) as pool:
        running: set[Future[tuple[int, list[str]]]] = set()
        try:
            for number, chunk in enumerate(_batched(rows, shard)):
                if len(running) > workers:
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    collect(done)
                running.add(pool.submit(_build_shard, out / f'{number:05d}', chunk, font))
            collect(wait(running).done)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return {**{name: counts[name] for name in ('formulas', 'pages', 'dropped')}, 'errors': errors.most_common(10)}


class TypesetPages:
    """The pages of a folder written by `build_pages`, by index: what they say, their size, their pixels.

    Files are opened on first use in each process, so an instance may be sent to worker processes, forked or spawned.
    size_pt: float32 array (N, 2), height and width of every page in PDF points (1/72 inch), margins included.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        names = sorted(path.stem for path in self.folder.glob('*.pdf') if path.stat().st_size)
        if not names:
            raise ValueError(f'{self.folder} holds no typeset pages; make them with: python -m data.pages')
        ends, sizes, pages, starts = [], [], [], [0]
        for name in names:
            lines = (self.folder / f'{name}.jsonl').read_bytes().splitlines(keepends=True)
            try:
                rows = [json.loads(line) for line in lines]
                pages.append(np.array([row['page'] for row in rows], np.int32))
                sizes.append(np.array([(row['height_pt'], row['width_pt']) for row in rows], np.float32))
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f'{self.folder / name}.jsonl: not the lines of typeset pages') from error
            ends.append(np.cumsum([0, *map(len, lines)], dtype=np.int64))
            starts.append(starts[-1] + len(lines))
        self.size_pt, self._pages = np.concatenate(sizes), np.concatenate(pages)
        self._names, self._ends, self._starts = names, ends, np.array(starts)
        self._forget()

    def _forget(self) -> None:
        self._process = os.getpid()
        self._documents: collections.OrderedDict[int, pypdfium2.PdfDocument] = collections.OrderedDict()
        # pdfium reports every document that is still open when the process ends.
        weakref.finalize(self, _close_all, self._documents, self._process)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ('_documents', '_process')}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._forget()

    def __len__(self) -> int:
        return len(self.size_pt)

    def _locate(self, index: int) -> tuple[int, int]:
        """Index to shard and line."""
        if not -len(self) <= index < len(self):
            raise IndexError(f'page {index} of {len(self)}')
        index %= len(self)
        shard = int(np.searchsorted(self._starts, index, side='right')) - 1
        return shard, index - int(self._starts[shard])

    def row(self, index: int) -> dict[str, Any]:
        """The line of a page: `latex`, `label`, `width_pt`, `height_pt` and the other fields of the input."""
        shard, line = self._locate(index)
        start, end = (int(end) for end in self._ends[shard][line : line + 2])
        with open(self.folder / f'{self._names[shard]}.jsonl', 'rb') as file:
            file.seek(start)
            row: dict[str, Any] = json.loads(file.read(end - start))
        return row

    def latex(self, index: int) -> str:
        """The label of a page."""
        label: str = self.row(index)['label']
        return label

    def labels(self, limit: int | None = None) -> list[str]:
        """The labels of all pages, or of the first `limit`, read in one pass."""
        labels: list[str] = []
        for name in self._names:
            if limit is not None and len(labels) >= limit:
                break
            with open(self.folder / f'{name}.jsonl', 'rb') as file:
                labels += [json.loads(line)['label'] for line in file]
        return labels[:limit]

    def image(self, index: int, dpi: float = 200) -> Image.Image:
        """Draws a page (mode L, black on white)."""
        shard = self._locate(index)[0]
        if self._process != os.getpid():
            self._forget()  # pdfium is not made to be forked
        if shard in self._documents:
            self._documents.move_to_end(shard)
        else:
            # From memory: an open file each would exceed what a process may have open, 1024 by default.
            content = (self.folder / f'{self._names[shard]}.pdf').read_bytes()
            self._documents[shard] = pypdfium2.PdfDocument(content)
            if len(self._documents) > OPEN_DOCUMENTS:
                self._documents.popitem(last=False)[1].close()
        return rasterize(self._documents[shard], int(self._pages[index]), dpi)


def _close_all(documents: dict[int, pypdfium2.PdfDocument], process: int) -> None:
    if process == os.getpid():
        for document in documents.values():
            document.close()


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description='Typeset formulas into a folder of PDF shards for training.')
    parser.add_argument('formulas', nargs='+', type=Path, help='JSONL files, plain or .xz, with a field "latex"')
    parser.add_argument('--out', type=Path, required=True, help='folder of the shards')
    parser.add_argument('--shard', type=int, default=1000, help='formulas a shard (default: %(default)s)')
    parser.add_argument('--workers', type=int, default=2, help='TeX processes at a time (default: %(default)s)')
    parser.add_argument('--limit', type=int, help='stop after so many formulas')
    parser.add_argument(
        '--font', choices=FONTS, default=DEFAULT_FONT, metavar='NAME', help=f'{", ".join(FONTS)} (default: %(default)s)'
    )
    args = parser.parse_args(argv)
    if min(args.shard, args.workers, 1 if args.limit is None else args.limit) < 1:
        parser.error('--shard, --workers and --limit must be at least 1')
    try:
        summary = build_pages(
            args.formulas, args.out, shard=args.shard, workers=args.workers, limit=args.limit, font=args.font
        )
    except (OSError, ValueError) as error:
        print(f'data.pages: {error}', file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print('data.pages: interrupted; the same command goes on from here', file=sys.stderr)
        return 130
    print(f'{summary["formulas"]} formulas: {summary["pages"]} pages, {summary["dropped"]} dropped')
    for message, count in summary['errors']:
        print(f'{count:8d}  {message}')
    return 0


def _build_shard(stem: Path, rows: Sequence[dict[str, Any]], font: str) -> tuple[int, list[str]]:
    """Writes one shard; returns its number of pages and the messages of what it dropped."""
    pdf_path, lines_path, dropped_path = (stem.with_suffix(suffix) for suffix in ('.pdf', '.jsonl', '.dropped'))
    if pdf_path.exists():
        return _finished(stem, rows, font)
    shown: list[dict[str, Any]] = []
    dropped: list[dict[str, Any]] = []
    for row in rows:
        if FONTS[font].shows(row['latex']):
            shown.append(row)
        else:
            dropped.append({'latex': row['latex'], 'error': UNSHOWN})
    result = typeset([row['latex'] for row in shown], preamble=FONTS[font].preamble, timeout=60 + 0.05 * len(rows))
    lines: list[dict[str, Any]] = []
    if result.pdf:
        with _pdfium, contextlib.closing(pypdfium2.PdfDocument(result.pdf)) as document:
            sizes = [document.get_page_size(page) for page in range(len(document))]
        for row, page in zip(shown, result.pages, strict=True):
            if page is not None:
                width, height = (round(size, 2) for size in sizes[page])
                labelled = {'latex': row['latex'], 'label': row['latex'], **row}
                if font != DEFAULT_FONT or 'font' in row:
                    labelled['font'] = font  # of this page; the line may name that of another picture
                lines.append(labelled | {'page': page, 'width_pt': width, 'height_pt': height})
    dropped += [{'latex': shown[i]['latex'], 'error': error} for i, error in result.errors.items()]
    write_whole(lines_path, b''.join(json.dumps(line).encode() + b'\n' for line in lines))
    write_whole(dropped_path, b''.join(json.dumps(line).encode() + b'\n' for line in dropped))
    write_whole(pdf_path, result.pdf)  # last: a shard with a PDF is finished
    return len(lines), [line['error'] for line in dropped]


def _finished(stem: Path, rows: Sequence[dict[str, Any]], font: str) -> tuple[int, list[str]]:
    """What `_build_shard` returned when it wrote this shard. Raises ValueError if it was another shard."""
    lines, dropped = (list(read_formulas([stem.with_suffix(suffix)])) for suffix in ('.jsonl', '.dropped'))
    found = collections.Counter(line['latex'] for line in lines + dropped)
    fonts = {line.get('font', DEFAULT_FONT) for line in lines}
    if fonts - {font} or found != collections.Counter(row['latex'] for row in rows):
        raise ValueError(
            f'{stem.with_suffix(".pdf")} holds other formulas, or in another font; '
            f'remove {stem.parent} or choose another --out'
        )
    return len(lines), [line['error'] for line in dropped]


def _batched(rows: Iterable[dict[str, Any]], size: int) -> Iterator[tuple[dict[str, Any], ...]]:
    """itertools.batched, which Python 3.11 lacks."""
    rows = iter(rows)
    while batch := tuple(itertools.islice(rows, size)):
        yield batch


if __name__ == '__main__':
    sys.exit(main())
