"""Text without a formula as TeX and browsers set it, for `non_formulas.py`.

pictures = typeset_text(Sources.of('fit'), count=100, seed=0)
pictures = screenshots(Sources.of('fit'), chromium, count=100, seed=0)
"""

import contextlib
import html
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pypdfium2
from PIL import Image

from data.render import rasterize, typeset

from .chromium import ChromiumError
from .non_formulas import Rng, Sources

# Families of LaTeX's own and of texlive-fonts-recommended.
FAMILIES = {'fit': ['cmr', 'cmss', 'ptm', 'phv', 'pnc', 'put'], 'check': ['lmr', 'cmtt', 'ppl', 'pbk', 'pag', 'bch']}
SHAPES = ['n', 'n', 'it', 'sc']
STYLES = {'fit': ['Georgia, serif', 'Arial, sans-serif'], 'check': ['system-ui', 'ui-monospace, monospace']}
# Parts of one screenshot.
PARTS = 20
PAGE = (1000, 2400)


def typeset_text(sources: Sources, count: int, seed: int) -> Iterator[Image.Image]:
    """Words, lines and paragraphs by pdfTeX. Raises RenderError without TeX."""
    rng = np.random.default_rng((seed, sources.part == 'fit'))
    result = typeset([_latex(sources, rng) for _ in range(count)])
    with contextlib.closing(pypdfium2.PdfDocument(result.pdf)) as document:
        for page in result.pages:
            if page is not None:
                yield rasterize(document, page, float(rng.uniform(70, 200)))


def _latex(sources: Sources, rng: Rng) -> str:
    families = FAMILIES[sources.part]
    family, shape = families[rng.integers(len(families))], SHAPES[rng.integers(len(SHAPES))]
    font = (
        rf'\fontfamily{{{family}}}\fontseries{{{"b" if rng.random() < 0.2 else "m"}}}\fontshape{{{shape}}}\selectfont '
    )
    kind = rng.integers(3)
    if kind == 0:
        return rf'\mbox{{{font}{sources.word(rng)}}}'
    if kind == 1:
        return rf'\mbox{{{font}{sources.words(rng, int(rng.integers(3, 13)))}}}'
    width = rng.uniform(120, 345)
    return rf'\parbox{{{width:.0f}pt}}{{{font}{sources.words(rng, int(rng.integers(20, 70)))}}}'


def screenshots(sources: Sources, chromium: str, count: int, seed: int) -> Iterator[Image.Image]:
    """Parts of web pages with headings, paragraphs, lists, tables and programs.

    Raises ChromiumError where Chromium does not draw them.
    """
    rng = np.random.default_rng((seed, sources.part == 'fit', 1))
    for start in range(0, count, PARTS):
        page = _screenshot(_page(sources, rng), chromium)
        for _ in range(min(PARTS, count - start)):
            width, height = int(rng.integers(250, 900)), int(rng.integers(120, 500))
            x, y = int(rng.integers(PAGE[0] - width)), int(rng.integers(PAGE[1] - height))
            yield page.crop((x, y, x + width, y + height))


def _page(sources: Sources, rng: Rng) -> str:
    styles = STYLES[sources.part]
    ink, paper = ('#ddd', '#1b1b1f') if rng.random() < 0.3 else ('#222', '#fff')
    body = []
    for _ in range(14):
        body.append(f'<h2>{html.escape(sources.words(rng, 5))}</h2>')
        body.append(f'<p>{html.escape(sources.words(rng, 90))}</p>')
        kind = rng.integers(3)
        if kind == 0:
            body.append('<ul>' + ''.join(f'<li>{html.escape(sources.words(rng, 9))}</li>' for _ in range(4)) + '</ul>')
        elif kind == 1:
            cells = (''.join(f'<td>{html.escape(sources.word(rng))}</td>' for _ in range(5)) for _ in range(5))
            body.append('<table border=1>' + ''.join(f'<tr>{row}</tr>' for row in cells) + '</table>')
        else:
            lines = sources.code[rng.integers(len(sources.code))]
            first = int(rng.integers(len(lines) - 10))
            body.append(f'<pre>{html.escape(chr(10).join(lines[first : first + 10]))}</pre>')
    font = styles[rng.integers(len(styles))]
    style = f'font: {rng.integers(13, 20)}px {font}; color: {ink}; background: {paper}; margin: 30px'
    return f'<!doctype html><meta charset=utf-8><body style="{style}">{"".join(body)}'


def _screenshot(page: str, chromium: str) -> Image.Image:
    with tempfile.TemporaryDirectory(prefix='page-') as folder:
        source, target = Path(folder, 'page.html'), Path(folder, 'page.png')
        source.write_text(page, encoding='utf-8')
        command = [chromium, '--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars',
                   f'--user-data-dir={folder}/profile', f'--window-size={PAGE[0]},{PAGE[1]}',
                   f'--screenshot={target}', source.as_uri()]  # fmt: skip
        try:
            run = subprocess.run(command, capture_output=True, encoding='utf-8', timeout=120)
        except subprocess.TimeoutExpired as error:
            raise ChromiumError(f'Chromium: no screenshot after {error.timeout:g} s') from error
        if not target.exists():
            raise ChromiumError(f'Chromium: no screenshot: {run.stderr[-300:].strip()}')
        with Image.open(target) as image:
            return image.convert('RGB')
