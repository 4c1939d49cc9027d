"""Formulas a second from LaTeX to pixels: `python -m benchmarks.render FORMULAS.jsonl[.xz]`.

Times typesetting alone, rasterising alone and one after the other, through as many worker processes as are asked for.
"""

import argparse
import contextlib
import itertools
import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import pypdfium2

from data.pages import read_formulas
from data.render import RenderError, rasterize, typeset


def draw(pdf: bytes, dpi: float) -> int:
    """Rasterises every page of a document; returns how many there were."""
    if not pdf:
        return 0
    with contextlib.closing(pypdfium2.PdfDocument(pdf)) as document:
        for page in range(len(document)):
            rasterize(document, page, dpi)
        return len(document)


def set_pages(formulas: Sequence[str]) -> bytes:
    """Typesets one document."""
    return typeset(formulas).pdf


def set_and_draw(formulas: Sequence[str], dpi: float) -> int:
    """Typesets one document and rasterises it."""
    return draw(set_pages(formulas), dpi)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description='Measure how many formulas a second are typeset and rasterised.')
    parser.add_argument('formulas', type=Path, help='JSONL file, plain or .xz, with a field "latex"')
    parser.add_argument('--count', type=int, default=20000, help='formulas to use (default: %(default)s)')
    parser.add_argument('--workers', type=int, default=2, help='processes (default: %(default)s)')
    parser.add_argument('--dpi', type=float, default=100, help='resolution of the pictures (default: %(default)s)')
    parser.add_argument('--document', type=int, default=1000, help='formulas a TeX run (default: %(default)s)')
    parser.add_argument('--rounds', type=int, default=3, help='repetitions (default: %(default)s)')
    args = parser.parse_args(argv)
    if min(args.count, args.workers, args.dpi, args.document, args.rounds) <= 0:
        parser.error('all numbers must be positive')
    try:
        rows = itertools.islice(read_formulas([args.formulas]), args.count)
        formulas = [row['latex'] for row in rows]
        if not formulas:
            raise ValueError(f'{args.formulas} holds no formulas')
        documents = [formulas[i : i + args.document] for i in range(0, len(formulas), args.document)]
        report(documents, args.workers, args.dpi, args.rounds)
    except (OSError, ValueError, RenderError) as error:
        print(f'benchmarks.render: {error}', file=sys.stderr)
        return 2
    return 0


def report(documents: list[list[str]], workers: int, dpi: float, rounds: int) -> None:
    """Measures and prints the table."""
    count = sum(map(len, documents))
    # Spawned, not forked: pdfium and its threads do not expect to be copied.
    with ProcessPoolExecutor(workers, multiprocessing.get_context('spawn')) as pool:
        pdfs = list(pool.map(set_pages, documents))  # starts the workers and fills TeX's caches, too
        work: dict[str, Callable[[], object]] = {
            'typeset': lambda: list(pool.map(set_pages, documents)),
            'rasterise': lambda: list(pool.map(partial(draw, dpi=dpi), pdfs)),
            'both': lambda: list(pool.map(partial(set_and_draw, dpi=dpi), documents)),
        }
        size = sum(map(len, pdfs)) / count
        print(f'{count} formulas, {workers} processes, {dpi:g} dpi, {rounds} rounds; {size:.0f} bytes a page')
        print(f'{"formulas/s":12}{"min":>8}{"median":>8}{"max":>8}')
        for name, run in work.items():
            rates = []
            for _ in range(rounds):
                start = time.perf_counter()
                run()
                rates.append(count / (time.perf_counter() - start))
            print(f'{name:12}{min(rates):8.0f}{statistics.median(rates):8.0f}{max(rates):8.0f}', flush=True)


if __name__ == '__main__':
    sys.exit(main())
