"""Fonts, with those that are installed: what a picture shows is what its label says."""

import contextlib
import ctypes
import functools
import itertools
from collections import defaultdict
from collections.abc import Iterable

import pypdfium2
import pytest

from data.fonts import FONTS, Font, available, main
from data.render import preamble, rasterize, typeset

LETTERS = ['mathrm', 'mathbf', 'mathsf', 'mathtt', 'mathit', 'mathcal', 'mathbb', 'mathfrak', 'mathscr', 'boldsymbol']
SYMBOLS = r"""
    epsilon varepsilon theta vartheta rho varrho sigma varsigma phi varphi pi varpi kappa varkappa emptyset varnothing
    hbar hslash leq leqslant leqq geq geqslant setminus smallsetminus Delta triangle nabla partial ell imath
    iota nsupseteq supsetneq nsubseteq subsetneq forall infty because parallel mid oplus otimes int oint iint sum prod
    rightarrow longrightarrow mapsto in ni perp top langle lfloor lceil
"""
ALONE = [f'\\{name}{{ALR}}' for name in LETTERS] + [f'\\{name} A' for name in SYMBOLS.split()]
PIECES = [r'\mathcal{L}', r'\mathbb{R}', r'\mathfrak{g}', r'\boldsymbol{x}', r'\text{if $\mathbf{y}$}', r'\mathsf{T}']
FORMULAS = [*ALONE, *PIECES, ' '.join(PIECES), 'xyz']
FOUND = list(available(FONTS)[0])


@functools.cache
def drawn(font: str) -> dict[str, tuple[bytes, list[str]]]:
    """Picture and fonts of each formula that the font has what it takes for; fonts in the order of the glyphs."""
    result = typeset(FORMULAS, preamble=FONTS[font].preamble)
    with contextlib.closing(pypdfium2.PdfDocument(result.pdf)) as document:
        pages = [(formula, page) for formula, page in zip(FORMULAS, result.pages, strict=True) if page is not None]
        return {formula: (picture(document, page), glyph_fonts(document, page)) for formula, page in pages}


def picture(document: pypdfium2.PdfDocument, page: int) -> bytes:
    image = rasterize(document, page, 300)
    return b'%d %s' % (image.width, image.tobytes())


def glyph_fonts(document: pypdfium2.PdfDocument, page: int) -> list[str]:
    names = []
    for run in document[page].get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_TEXT]):
        name = ctypes.create_string_buffer(100)
        pypdfium2.raw.FPDFFont_GetBaseFontName(pypdfium2.raw.FPDFTextObj_GetFont(run.raw), name, 100)
        names.append(name.value.decode())
    return names


def runs(names: Iterable[str]) -> list[str]:
    return [name for name, _ in itertools.groupby(names)]


@pytest.mark.parametrize('font', FOUND)
def test_what_a_font_confuses_is_listed(font: str) -> None:
    groups = defaultdict(list)
    for formula in ALONE:
        if FONTS[font].shows(formula):
            assert formula in drawn(font), f'{formula} is not listed'
            groups[drawn(font)[formula][0]].append(formula)
    assert [group for group in groups.values() if len(group) > 1] == []


@pytest.mark.parametrize('font', FOUND)
def test_alphabets_stay_what_they_are_beside_bold_symbols_and_text(font: str) -> None:
    apart = runs(name for piece in PIECES for name in drawn(font)[piece][1])
    assert runs(drawn(font)[' '.join(PIECES)][1]) == apart


def test_fonts_are_not_computer_modern() -> None:
    assert [font for font in FOUND if 'CMMI10' in drawn(font)['xyz'][1]] == ['cm']


def test_computer_modern_is_the_renderers_own() -> None:
    assert FONTS['cm'].preamble == preamble()
    assert all(FONTS['cm'].shows(f'\\{name}') for name in SYMBOLS.split())


def test_a_formula_of_which_a_font_has_no_picture() -> None:
    font = Font('x', confused=frozenset({r'\rho'}))
    assert font.shows(r'\varrho+\rhobar') and not font.shows(r'x^\rho')


def test_missing_fonts_are_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr('data.fonts.FONTS', {'cm': FONTS['cm'], 'none': Font('None', r'\usepackage{nosuchfont}')})
    found, missing = available(['cm', 'none'])
    assert list(found) == ['cm'] and 'nosuchfont.sty' in missing['none']
    assert main() == 0
    output = capsys.readouterr().out
    assert 'none        no   None' in output and 'apt-get install' in output
    with pytest.raises(ValueError, match='no font nosuch; there are cm, none'):
        available(['nosuch'])
