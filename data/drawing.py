r"""What a typeset page draws, without drawing it: its commands, and its glyphs.

    document = typeset([r'a \over b', r'\frac{a}{b}'])
    first, second = drawings(document)
    first == second         # the same glyphs, rules and positions, to the last bit
    first.glyphs == second.glyphs

Pages with equal commands are equal pictures at any resolution.
"""

import io
import re
from dataclasses import dataclass, field

import pikepdf

from .render import Typeset

# Operands and operator of showing text and of choosing a font (PDF 1.7, 9.4.3 and 9.3.1), as pdfTeX writes them.
_STRING = rb'\((?:[^()\\]|\\.)*+\)|<[0-9A-Fa-f]*>'
_EVENT = re.compile(rb'/(F\d+) ([\d.]+) Tf|' + _STRING, re.DOTALL)
_FONT = re.compile(rb'/(F\d+) ')
# Codes in CMMI and in CMR of glyphs that have the same shape.
_UPRIGHT = {0x3A: 0x2E, 0x3B: 0x2C, 0x3D: 0x2F}
_ESCAPE = re.compile(rb'\\([0-7]{1,3}|.)', re.DOTALL)
_NAMED = {b'n': b'\n', b'r': b'\r', b't': b'\t', b'b': b'\b', b'f': b'\f'}


@dataclass(frozen=True)
class Drawing:
    """A page: its size in points and its drawing commands as pdfTeX wrote them, but with the fonts' own names.

    glyphs: (font, code) of every glyph in the order of drawing. The font is its PostScript name and its size in points;
        the full stop, the comma and the slash of Computer Modern's maths italic have the name of the upright font,
        whose shapes they are (to two thousandths of their size).
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
    fonts = {name[1:]: str(font.BaseFont).partition('+')[2] for name, font in page.Resources.get('/Font', {}).items()}
    named = _FONT.sub(lambda match: b'/' + fonts[match[1].decode()].encode() + b' ', commands)
    return Drawing((right - left, top - bottom), named, _glyphs(commands, fonts))


def _glyphs(commands: bytes, fonts: dict[str, str]) -> tuple[tuple[str, int], ...]:
    glyphs: list[tuple[str, int]] = []
    font, italic_size = '', ''
    for match in _EVENT.finditer(commands):
        if match[1]:
            name, size = fonts[match[1].decode()], match[2].decode()
            font = f'{name} {size}'
            italic_size = name[4:] + ' ' + size if name.startswith('CMMI') else ''
        else:
            for code in _decode(match[0]):
                upright = _UPRIGHT.get(code) if italic_size else None
                glyphs.append((font, code) if upright is None else ('CMR' + italic_size, upright))
    return tuple(glyphs)


def _decode(string: bytes) -> bytes:
    if string[:1] == b'<':
        return bytes.fromhex(string[1:-1].decode())
    return _ESCAPE.sub(_unescape, string[1:-1])


def _unescape(match: re.Match[bytes]) -> bytes:
    escaped = match[1]
    return bytes([int(escaped, 8) & 255]) if escaped.isdigit() else _NAMED.get(escaped, escaped)
