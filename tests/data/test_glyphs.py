"""Glyphs of typeset pages, against what the formulas say and where the picture is dark."""

import contextlib

import numpy as np
import pypdfium2
import pytest

from data.glyphs import Glyph, page_glyphs
from data.render import rasterize, typeset


def read(*formulas: str) -> list[list[Glyph]]:
    result = typeset(formulas)
    assert not result.errors
    with contextlib.closing(pypdfium2.PdfDocument(result.pdf)) as document:
        return [page_glyphs(document, page) for page in range(len(document))]


@pytest.mark.parametrize(
    ('formula', 'expected'),
    [
        ('x+1', [('CMMI10', 'x'), ('CMR10', '+'), ('CMR10', '1')]),
        (r'\frac{a}{b}', [('CMMI10', 'a'), ('', ''), ('CMMI10', 'b')]),
        (r'\mathcal{G}\mathbf{x}\mathbb{R}', [('CMSY10', 'G'), ('CMBX10', 'x'), ('MSBM10', 'R')]),
        ('x_1^2', [('CMMI10', 'x'), ('CMR7', '2'), ('CMR7', '1')]),  # TeX stacks scripts from above
        (r'\mathrm{fi}', [('CMR10', 'f'), ('CMR10', 'i')]),  # one glyph, two letters
        (r'\hat{x}', [('CMR10', '\N{MODIFIER LETTER CIRCUMFLEX ACCENT}'), ('CMMI10', 'x')]),
    ],
)
def test_glyphs_in_the_order_of_drawing(formula: str, expected: list[tuple[str, str]]) -> None:
    [glyphs] = read(formula)
    assert [(glyph.font, chr(glyph.code) if glyph.code else '') for glyph in glyphs] == expected


def test_glyphs_without_a_name_in_unicode_have_their_code() -> None:
    [[big, sum_]] = read(r'\big(\sum')
    assert (big.font, big.code) == ('CMEX10', -1)
    assert (sum_.font, sum_.code) == ('CMEX10', -1 - 0x58)


def test_spaces_are_no_glyphs() -> None:
    [first, second] = read(r'a\quad b\text{ and }c', r'ab\text{and}c')
    assert [glyph.code for glyph in first] == [glyph.code for glyph in second]


def test_boxes_enclose_the_ink_of_the_picture() -> None:
    dpi = 300
    result = typeset([r'\sqrt{\frac{x}{y}}+\left|\int\right|'])
    with contextlib.closing(pypdfium2.PdfDocument(result.pdf)) as document:
        boxes = np.array([glyph.box for glyph in page_glyphs(document, 0)])
        dark = np.asarray(rasterize(document, 0, dpi)) < 128
        height = document.get_page_size(0)[1]
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    left, bottom = boxes[:, :2].min(axis=0)
    right, top = boxes[:, 2:].max(axis=0)
    found = np.array([left, right, height - top, height - bottom]) * dpi / 72
    assert found == pytest.approx([columns[0], columns[-1] + 1, rows[0], rows[-1] + 1], abs=1.5)


def test_rules_are_as_thick_as_they_are() -> None:
    [glyphs] = read(r'\frac{a}{b}')
    left, bottom, right, top = glyphs[1].box
    assert top - bottom == pytest.approx(0.398, abs=0.01)  # 0.4 pt of TeX in points of PDF
    assert right - left > 4
    [[rule]] = read(r'\rule{3pt}{20pt}')
    assert rule.box[3] - rule.box[1] == pytest.approx(20 * 72 / 72.27, abs=0.01)
