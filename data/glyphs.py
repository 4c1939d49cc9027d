"""What stands on a page of a typeset formula: `page_glyphs(pypdfium2.PdfDocument(pdf), 0)`.

Read from the PDF, not from pixels: boxes are those of the outlines, exact to a thousandth of a point, and letters that
touch stay apart. Made for the pages of `data.render`: Type 1 fonts, and rules that are strokes or filled rectangles.
"""

import contextlib
import ctypes
from typing import Any, NamedTuple, TypeAlias

import pypdfium2
import pypdfium2.raw as pdfium

Box: TypeAlias = tuple[float, float, float, float]
"""left, bottom, right, top in PDF points (1/72 inch), y upwards"""


class Glyph(NamedTuple):
    """One glyph, or one rule, and where its ink is."""

    font: str
    """PostScript name, such as `CMMI10`; empty for a rule"""
    code: int
    """the character's Unicode, or, negative, -1 - its code in the font where the font gives it no name of Unicode's"""
    box: Box


def page_glyphs(document: pypdfium2.PdfDocument, page: int) -> list[Glyph]:
    """The glyphs and rules of one page, in the order in which they are drawn; a ligature comes as its letters.

    One thread a process, like `data.render.rasterize`. Two glyphs of one code at one place (bold by overprinting) come
    as one.
    """
    with contextlib.closing(document[page]) as handle, contextlib.closing(handle.get_textpage()) as text:
        # pdfium gives characters in the order of reading, which it guesses; objects come as they are drawn.
        found: dict[int, list[Glyph]] = {}
        fonts: dict[int, str] = {}
        for index in range(pdfium.FPDFText_CountChars(text)):
            if pdfium.FPDFText_IsGenerated(text, index) == 1:
                continue  # a space or line end that pdfium thinks is meant
            item = pdfium.FPDFText_GetTextObject(text, index)
            address = _address(item)
            if address not in fonts:
                fonts[address] = _font_name(item)
            code: int = pdfium.FPDFText_GetUnicode(text, index)
            if not code or pdfium.FPDFText_HasUnicodeMapError(text, index) == 1:
                code = -1 - code
            found.setdefault(address, []).append(Glyph(fonts[address], code, _character_box(text, index)))
        glyphs: list[Glyph] = []
        for position in range(pdfium.FPDFPage_CountObjects(handle)):
            item = pdfium.FPDFPage_GetObject(handle, position)
            kind = pdfium.FPDFPageObj_GetType(item)
            if kind == pdfium.FPDF_PAGEOBJ_TEXT:
                glyphs += found.get(_address(item), [])
            elif kind == pdfium.FPDF_PAGEOBJ_PATH:
                glyphs.append(Glyph('', 0, _rule_box(item)))
        return glyphs


def _address(pointer: Any) -> int:
    return ctypes.cast(pointer, ctypes.c_void_p).value or 0


def _font_name(item: Any) -> str:
    buffer = ctypes.create_string_buffer(128)
    pdfium.FPDFFont_GetBaseFontName(pdfium.FPDFTextObj_GetFont(item), buffer, len(buffer))
    name = buffer.value.decode('ascii', 'replace')
    return name[7:] if name[6:7] == '+' else name  # `ABCDEF+CMMI10`: a subset of the font


def _character_box(text: Any, index: int) -> Box:
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium.FPDFText_GetCharBox(text, index, left, right, bottom, top)
    return left.value, bottom.value, right.value, top.value


def _rule_box(item: Any) -> Box:
    """Where a path's ink is; `FPDFPageObj_GetBounds` takes strokes for wider than they are."""
    matrix, x, y = pdfium.FS_MATRIX(), ctypes.c_float(), ctypes.c_float()
    pdfium.FPDFPageObj_GetMatrix(item, matrix)
    points = []
    for number in range(pdfium.FPDFPath_CountSegments(item)):
        pdfium.FPDFPathSegment_GetPoint(pdfium.FPDFPath_GetPathSegment(item, number), x, y)
        points.append((matrix.a * x.value + matrix.c * y.value + matrix.e,
                       matrix.b * x.value + matrix.d * y.value + matrix.f))  # fmt: skip
    xs, ys = zip(*points, strict=True)
    left, bottom, right, top = min(xs), min(ys), max(xs), max(ys)
    fill, stroke, width = ctypes.c_int(), ctypes.c_int(), ctypes.c_float()
    pdfium.FPDFPath_GetDrawMode(item, fill, stroke)
    if stroke.value:
        pdfium.FPDFPageObj_GetStrokeWidth(item, width)
        half = width.value / 2  # the ends of pdfTeX's strokes are butt: they add to the thickness alone
        if right - left >= top - bottom:
            bottom, top = bottom - half, top + half
        else:
            left, right = left - half, right + half
    return left, bottom, right, top
