"""Pages as drawing commands."""

import shutil

import pytest

from data.render import Typeset, typeset

drawing = pytest.importorskip('data.drawing')
pytestmark = pytest.mark.skipif(shutil.which('pdflatex') is None, reason='needs pdflatex')


def test_equal_pages_are_equal_across_documents():
    first, other = drawing.drawings(typeset([r'a \over b', r'\mathbf{x}']))
    second, *_ = drawing.drawings(typeset([r'\frac{a}{b}', r'\mathcal{L}']))
    assert first == second != other
    assert [font for font, _ in first.glyphs] == ['CMMI10 9.9626'] * 2


def test_what_differs():
    plain, spaced, large, stop, text = drawing.drawings(typeset(['(a)', r'(\,a)', r'\big(a\big)', 'x.', r'x\text{.}']))
    assert plain != spaced and plain.glyphs == spaced.glyphs
    assert plain.glyphs != large.glyphs
    assert stop.glyphs == text.glyphs, 'one shape, whichever font it is from'


def test_formulas_without_a_page():
    assert drawing.drawings(Typeset(b'', (), {})) == []
    bad, good = drawing.drawings(typeset([r'\frac', 'x']))
    assert bad is None and good.size[0] > 2


def test_escaped_codes():
    (page,) = drawing.drawings(typeset([r'(\})\backslash']))
    assert [code for _, code in page.glyphs] == [ord('('), 0x67, ord(')'), 0x6E]
