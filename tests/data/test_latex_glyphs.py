"""The canonical form by its page: the same glyphs in the same fonts and sizes as the formula has as it is."""

import shutil
from collections import Counter

import pytest

from data.drawing import drawings
from data.latex import canonicalize
from data.latex_rules import CENTERED, SYNONYMS
from data.latex_symbols import STANDARD
from data.render import typeset

SAME_GLYPHS = {
    'backslash': [
        r'\Gamma\Big\backslash G\Big/K', r'\left\backslash G\right.', r'\left.\frac{G}{2}\right\backslash H',
        r'\left(\frac{a}{b}\middle\backslash b\right)', r'\genfrac{\backslash}{.}{0pt}{}{a}{b}', r'a\backslash b',
    ],
    'star of a row end': [
        rf'{begin}a{end}b{rest}'
        for begin, rest in [
            (r'\begin{array}{c}', r'\end{array}'), (r'\begin{aligned}', r'\end{aligned}'),
            (r'\begin{pmatrix}', r'\end{pmatrix}'), (r'\substack{', '}'), (r'\text{if }\begin{cases}', r'\end{cases}'),
        ]
        for end in (r'\\*', r'\\ *')
    ]
    + [r'\begin{array}{l}a\\*[2mm]b\end{array}'],
    'style of a group': [
        r'a\mathbin{{\scriptstyle\circ}}b+c', r'\smash{{\textstyle\sum_i}}x+\sum_i y',
        r'\ensuremath{{\scriptstyle a}}b',
        r'\textcolor{red}{{\scriptstyle a}}b', r'\mathrm{{\scriptstyle a}}b', r'\mathop{{\scriptstyle a}}b',
        r'\mathchoice{{\scriptstyle a}}{}{}{}b', r'\lefteqn{{\scriptstyle a}}b', r'\not{{\scriptstyle a}}b',
        r'\prescript{a}{b}{{\scriptstyle P}}Q', r'\pmod{{\scriptstyle a}}b', r'\overset{}{{\scriptstyle b}}c',
        r'\buildrel{a}\over{{\scriptstyle b}}c', r'\overset{a}{{\scriptstyle b}}c',
    ],
    'style of a cell': [
        r'\begin{array}{c}\scriptstyle a\end{array}b', r'\begin{aligned}\scriptstyle a\end{aligned}b',
        r'\begin{array}{c}\textstyle\sum_i\end{array}+\sum_j', r'\begin{array}{cc}\scriptstyle a&b\end{array}',
        r'\begin{array}{c}\scriptstyle a\end{array}.', r'\begin{array}{c}\scriptstyle a\end{array}',
    ],
    'scripts of an accent': [
        r'\bar{x_i}_j', r'\bar{x_i}\sb j', r'\bar{x_i}\sp2', r"\bar{x_i}'", r'{\bar{x_i}}_j', r'{\bar{x_i}y_k}_j',
        r'\dot{x_i}{}_j',
    ],
    'delimiters of a fraction': [
        r'\genfrac{(}{)}{}{}{a}{p}', r'\genfrac{(}{)}{}{1}{a}{p}', r'\genfrac{|}{|}{}{0}{\frac{a}{b}}{p}',
        r'x_{\genfrac{(}{)}{}{}{a}{p}}', r'\genfrac{(}{.}{}{}{a}{p}', r'\textstyle\genfrac{(}{)}{}{}{a}{p}_{2}',
    ],
    'fonts of letters': [
        rf'\mathbf{{a{formula}b}}{{\rm a{formula}b}}'
        for formula in (
            r'\begin{pmatrix}a\\b\end{pmatrix}', r'\begin{array}{cc}a&b\end{array}',
            r'\begin{aligned}a\\b\end{aligned}', r'\substack{a\\b}', r'\underbrace{ab}_{c}', r'\boxed{a}',
            r'\overrightarrow{ab}', r'\cancel{a}', r'\pmb{a}',
            r'\smash{a}', r'\sqrt[n]{a}', r'\frac{a}{b}', r'\xrightarrow[a]{b}', r'\overset{a}{b}',
            r'\root n\of a',
        )
    ],
    'columns': [
        r'\begin{pmatrix*}[r]1&-1\\10&2000\end{pmatrix*}^{2}', r'\begin{bmatrix*}[l]1&-100\\10&2\end{bmatrix*}',
        r'\begin{matrix*}[r]1&-1\\10&2000\end{matrix*}', r'\begin{pmatrix*}[c]1&-1\\10&2\end{pmatrix*}',
        r'\begin{array}{@{\extracolsep{1cm}}c@{\hspace{1cm}}c@{}}a&b\\c&d\end{array}',
        r'\begin{array}{*{2}{c|}r}a&1&2\\a&1&200\end{array}', r'\begin{array}{p{1cm}|l}$a$&b\end{array}x',
        r'\begin{tabular}{c|r}$a$&1\\b&$10$\end{tabular}', r'\begin{cases*}x&$x>0$\\y&$x<0$\end{cases*}',
    ],
}  # fmt: skip


needs_tex = pytest.mark.skipif(shutil.which('pdflatex') is None, reason='needs pdflatex')


@needs_tex
def test_the_page_has_the_same_glyphs() -> None:
    formulas = [formula for group in SAME_GLYPHS.values() for formula in group]
    forms = [canonicalize(formula) for formula in formulas]
    assert [canonicalize(form) for form in forms] == forms
    document = typeset([*formulas, *forms])
    assert not document.errors
    before, after = (
        [Counter(page.glyphs) for page in pages if page is not None]
        for pages in (drawings(document)[: len(forms)], drawings(document)[len(forms) :])
    )
    changed = [(f, form) for f, form, a, b in zip(formulas, forms, before, after, strict=True) if a != b]
    assert not changed


@needs_tex
def test_dots_are_as_high_as_tex_has_them() -> None:
    """Before every symbol, by each of its names; TeX refuses those that are no symbols by themselves."""
    names = sorted(name for name in STANDARD | SYNONYMS.keys() if not name.startswith((r'\begin', r'\end')))
    document = typeset([rf'{dots} {name} {{b}}{{c}}' for name in names for dots in (r'\dots', r'\cdots', r'\ldots')])
    pages = [page and Counter(page.glyphs) for page in drawings(document)]
    asked, wrong = 0, []
    for number, name in enumerate(names):
        given, centred, low = pages[3 * number : 3 * number + 3]
        if given and given in (centred, low) and centred != low:
            asked += 1
            if (name in CENTERED) != (given == centred):
                wrong.append(name)
    assert asked > 400 and not wrong


def test_columns_are_aligned_as_they_were() -> None:
    starred = canonicalize(r'\begin{pmatrix*}[r]1&-1\\10&2000\end{pmatrix*}')
    assert starred == canonicalize(r'\left(\begin{array}{rr}1&-1\\10&2000\end{array}\right)')
    assert starred != canonicalize(r'\begin{pmatrix}1&-1\\10&2000\end{pmatrix}')
