r"""What a typeset page draws, without drawing it: its commands, and its glyphs.

    document = typeset([r'a \over b', r'\frac{a}{b}'])
    first, second = drawings(document)
    first == second         # the same glyphs, rules and positions, to the last bit
    first.glyphs == second.glyphs

Two formulas set in one TeX run share their fonts, so pages with equal commands are equal pictures at any resolution.
"""

import io
import re
from dataclasses import dataclass, field

import pikepdf

from .render import Typeset

# Operands and operator of showing text and of choosing a font (PDF 1.7, 9.4.3 and 9.3.1), as pdfTeX writes them.
_STRING = rb'\((?:[^()\\]|\\.)*+\)|<[0-9A-Fa-f]*>'
_EVENT = re.compile(rb'/(F\d+) [\d.]+ Tf|' + _STRING, re.DOTALL)
_ESCAPE = re.compile(rb'\\([0-7]{1,3}|.)', re.DOTALL)
_NAMED = {b'n': b'\n', b'r': b'\r', b't': b'\t', b'b': b'\b', b'f': b'\f'}


@dataclass(frozen=True)
class Drawing:
    """A page: its size in points and its drawing commands as pdfTeX wrote them.

    glyphs: (font, code) of every glyph in the order of drawing; the font is the document's name for it, so glyphs of
    different documents do not compare.
    """

    size: tuple[float, float]
    commands: bytes
    glyphs: tuple[tuple[str, int], ...] = field(compare=False)


def drawings(document: Typeset) -> list[Drawing | None]:
    """The drawing of each formula, None for those without a page."""
    if not document.pdf:
        return [None] * len(document.pages)
    with pikepdf.open(io.BytesIO(document.pdf)) as pdf:
        pages = [_drawing(page) for page in pdf.pages]
    return [None if page is None else pages[page] for page in document.pages]


def _drawing(page: pikepdf.Page) -> Drawing:
    left, bottom, right, top = (float(side) for side in page.mediabox)
    commands = page.Contents.read_bytes()
    return Drawing((right - left, top - bottom), commands, _glyphs(commands))


def _glyphs(commands: bytes) -> tuple[tuple[str, int], ...]:
    glyphs: list[tuple[str, int]] = []
    font = ''
    for match in _EVENT.finditer(commands):
        if match[1]:
            font = match[1].decode()
        else:
            glyphs += [(font, code) for code in _decode(match[0])]
    return tuple(glyphs)


def _decode(string: bytes) -> bytes:
    if string[:1] == b'<':
        return bytes.fromhex(string[1:-1].decode())
    return _ESCAPE.sub(_unescape, string[1:-1])


def _unescape(match: re.Match[bytes]) -> bytes:
    escaped = match[1]
    return bytes([int(escaped, 8) & 255]) if escaped.isdigit() else _NAMED.get(escaped, escaped)
