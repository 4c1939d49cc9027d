"""The renderer, with the pdflatex that is installed."""

import itertools

import numpy as np
import pypdfium2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.render import PREAMBLE, RenderError, Typeset, rasterize, render, typeset

GOOD = [
    r'x^2',
    r'\frac{a}{b}',
    r'\sum_{i=0}^{n} i^2 = \frac{n(n+1)(2n+1)}{6}',
    r'\begin{aligned} a &= b \\ c &= d \end{aligned}',
    r'f(x)=\begin{cases} 1 & \text{if $x>0$} \\ 0 & \mbox{otherwise} \end{cases}',
    r'\left[\begin{array}{cc} a & b \\ c & d \end{array}\right]',
    r'\bm{x}\in\mathbb{R},\ \mathscr{L}\ \mathfrak{g}\ \mathsf{T}\ \mathtt{q}\ \mathcal{N}\ \mathit{abc}',
    r'\llbracket x \rrbracket \coloneqq \slashed{D}\cancel{y}',
    r'{\cal L} = {\bf x} \over 2',
    'a % a comment, with a brace {',
    r'E = mc^2 \label{eq:1} \nonumber',
]
BAD = {
    r'\undefinedcommand x': 'Undefined control sequence',
    # arguments and scripts that run into the next formula
    r'x^': 'Missing {',
    r'\frac': 'Formula ended while scanning',
    r'\frac{1}': 'Formula ended while scanning',
    r'\sqrt[': 'Formula ended while scanning',
    r'\hat': 'Formula ended while scanning',
    r'\let\frac': '',
    r'\expandafter\def': '',
    r'\verb': '',
    # braces, groups, environments
    r'\frac{a}{b': 'Missing }',
    r'a}b': 'Extra }',
    r'\left( x': 'Groups do not match',
    r'x \right)': 'Missing } inserted',
    r'\begingroup a': 'Groups do not match',
    r'a\endgroup': '',
    r'\bgroup a': 'Groups do not match',
    r'\egroup\egroup\egroup': 'Extra }',
    r'\hbox\bgroup a': 'Groups do not match',
    r'\begin{aligned} a': 'Missing \\end{aligned}',
    r'a \end{aligned}': '\\end{aligned} does not match',
    r'\begin{array}{c} {b \end{array}': '\\end{array} does not match',
    r'\begin{align} a \end{align}': 'allowed only in paragraph mode',
    r'\begin{nope} x\end{nope}': 'Environment nope undefined',
    r'a & b': 'alignment',
    r'a $ b': '$',
    r'a $$ b': '$',
    r'\mbox{$x}': '',
    'a\n\nb': 'Missing $',
    r'x_1_2': 'Double subscript',
    # conditionals
    r'\fi': 'Extra \\fi',
    r'\else x': 'Extra \\else',
    r'\iffalse x': 'Incomplete \\iffalse',
    r'\iftrue x': 'Unfinished conditional',
    r'\ifx': '',
    r'\ifnum1': '',
    # ends, escapes, definitions for others
    r'\end{document}': 'Forbidden',
    r'\endinput': 'Forbidden',
    r'\gdef\alpha{\beta}': 'Forbidden',
    r'\global\let\alpha\beta': 'Forbidden',
    r'\csname gdef\endcsname\alpha{}': 'Forbidden',
    r'^^5cgdef\alpha{}': 'Forbidden',
    r'\begin{gdef}\end{gdef}': '',
    r'\input{/etc/passwd}': 'Forbidden',
    r'\immediate\write18{touch x}': 'Forbidden',
    r'\typein{x}': '',
    # sizes and characters
    '': 'Empty formula',
    r'\hspace{-3pt}': 'Nothing to print',
    r'\rule{100000pt}{2pt}': 'Dimension too large',
    r'\rule{5000pt}{2pt}': 'Larger than',
    '\u6f22': 'Unicode character',
    '\x00': 'invalid character',
    r'\mathscr{s}': 'Missing character',
    # does not end: memory
    r'\def\x{a\x}\x': 'capacity exceeded',
}


def pixels(document: pypdfium2.PdfDocument, page: int, dpi: float = 100) -> bytes:
    return rasterize(document, page, dpi).tobytes()


def test_render_draws_ink_on_paper() -> None:
    image = render('x^2')
    values = np.asarray(image)
    assert image.mode == 'L'
    assert values.max() == 255 and values.min() < 60
    assert (values[0] == 255).all() and (values[:, 0] == 255).all(), 'the margin is paper'
    assert 0.02 < (values < 128).mean() < 0.5


def test_the_page_is_the_box() -> None:
    document = pypdfium2.PdfDocument(typeset([r'\rule{72.27pt}{36.135pt}']).pdf)
    width, height = document.get_page_size(0)
    assert (width - 72, height - 36) == pytest.approx((2 * 72 / 72.27,) * 2, abs=0.02)
    values = np.asarray(rasterize(document, 0, 72))
    assert (values == 0).sum() == pytest.approx(72 * 36, abs=120)


def test_size_scales_with_resolution() -> None:
    small, large = render(GOOD[2], dpi=100), render(GOOD[2], dpi=300)
    assert np.array(large.size) == pytest.approx(3 * np.array(small.size), abs=3)


def test_formulas_are_in_display_style() -> None:
    assert render(r'\sum_a^b').height > render(r'\textstyle \sum_a^b').height


def test_no_formulas() -> None:
    assert typeset([]) == Typeset(b'', (), {})


def test_only_bad_formulas() -> None:
    result = typeset([r'\frac{', r'\undefinedcommand', r'\iftrue'])
    assert result.pdf == b'' and result.pages == (None,) * 3 and sorted(result.errors) == [0, 1, 2]


def test_good_formulas_have_pages_in_order() -> None:
    result = typeset(GOOD)
    assert result.errors == {}
    assert result.pages == tuple(range(len(GOOD)))
    assert len(pypdfium2.PdfDocument(result.pdf)) == len(GOOD)


def test_bad_formulas_cost_only_themselves() -> None:
    good = itertools.cycle(range(len(GOOD)))
    chosen = [next(good) for _ in BAD] + [0]
    batch = [formula for pair in zip([GOOD[i] for i in chosen], BAD, strict=False) for formula in pair] + [GOOD[0]]
    result = typeset(batch, timeout=30)
    assert sorted(result.errors) == list(range(1, len(batch), 2)), 'exactly the bad ones'
    for latex, message, error in zip(BAD, BAD.values(), result.errors.values(), strict=True):
        assert error.startswith('! ') and message in error, latex
        assert '\\Formula' not in error, 'our own macros are nothing to tell a user about'
    alone, together = pypdfium2.PdfDocument(typeset(GOOD).pdf), pypdfium2.PdfDocument(result.pdf)
    expected = [pixels(alone, page) for page in range(len(GOOD))]
    for formula, page in zip(chosen, result.pages[::2], strict=True):
        assert page is not None and pixels(together, page) == expected[formula], GOOD[formula]


def test_more_errors_than_tex_tolerates_in_one_paragraph() -> None:
    result = typeset([r'\undefinedcommand', 'x'] * 150)
    assert sorted(result.errors) == list(range(0, 300, 2))


def test_an_endless_formula_is_stopped() -> None:
    result = typeset(['x', r'\def\x{\x}\x', 'y'], timeout=8)
    assert result.errors == {1: '! Not finished after 8 s.'}
    assert result.pages == (0, None, 1)


def test_a_formula_that_prints_without_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('data.pdftex.LARGEST', 1 << 20)
    result = typeset(['x', r'\def\x{\message{' + 'x' * 1000 + r'}\x}\x', 'y'], timeout=20)
    assert list(result.errors) == [1] and result.pages == (0, None, 1)


def test_alphabets_survive_a_formula_inside_of_theirs() -> None:
    pieces = [r'\mathfrak{g}', r'\mbox{\boldmath$\mathsf{x}$}', r'\mathbf{B}']
    whole, *parts = (np.asarray(render(latex, dpi=300)) < 128 for latex in (''.join(pieces), *pieces))
    assert whole.sum() == pytest.approx(sum(part.sum() for part in parts), rel=0.01)


def test_carriage_returns_are_white_space() -> None:
    assert render('a\r\n+\rb').tobytes() == render('a + b').tobytes()


def test_many_alphabets_do_not_run_out() -> None:
    alphabets = ['mathbf', 'mathsf', 'mathtt', 'mathit', 'mathfrak', 'mathscr', 'mathbb', 'bm', 'mathrm', 'textsc']
    batch = [f'\\{first}{{A}}\\{second}{{B}}' for first in alphabets for second in alphabets]
    assert typeset(batch).errors == {}


def test_render_raises_with_the_message_of_tex() -> None:
    with pytest.raises(RenderError, match=r'! Undefined control sequence. \(\\nosuch\)'):
        render(r'\nosuch')
    assert issubclass(RenderError, ValueError)


def test_preamble_is_the_callers() -> None:
    with pytest.raises(RenderError, match=r'preamble does not work.*nosuchpackage'):
        typeset(['x'], preamble=PREAMBLE + '\\usepackage{nosuchpackage}\n')
    large = PREAMBLE.replace('10pt', '12pt')
    assert render('x', preamble=large).height > render('x').height
    assert render(r'\R', preamble=PREAMBLE + '\\newcommand{\\R}{\\mathbb{R}}\n').size == render(r'\mathbb{R}').size


def test_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('PATH', '')
    with pytest.raises(RenderError, match=r'apt-get install .*texlive-latex-base'):
        render('x')


def test_says_where_it_cannot_write(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / 'file').touch()
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'file'))
    with pytest.raises(RenderError, match='set XDG_CACHE_HOME'):
        render('x')


PIECES = st.sampled_from(
    [*r'x12+^_{}&$#%~\ ', '\n']
    + [r'\frac', r'\left(', r'\right)', r'\begin{aligned}', r'\end{aligned}', r'\\', r'\fi']
    + [r'\iftrue', r'\else', r'\begingroup', r'\egroup', r'\sqrt', r'\text', r'\def', r'\hbox', r'\over', r'\noalign']
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(PIECES, max_size=8).map(''.join), min_size=1, max_size=8))
def test_whatever_stands_between_them_good_formulas_survive(junk: list[str]) -> None:
    batch = [formula for text in junk for formula in (text, 'x^2')]
    result = typeset(batch, timeout=20)
    assert all(i not in result.errors for i in range(1, len(batch), 2))
    assert all((page is None) == (i in result.errors) for i, page in enumerate(result.pages))
    document = pypdfium2.PdfDocument(result.pdf)
    assert len({pixels(document, page) for page in result.pages[1::2] if page is not None}) == 1
