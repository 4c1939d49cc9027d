"""Exact rules by their pages: what they write draws the same, to the last bit."""

import shutil

import pytest

from data.latex import canonicalize
from data.latex_form import EXACT
from data.latex_rules import ACCENTS, EXACT_SYNONYMS

FORMULAS = [
    r'a \over b', r'{a\over b}+{n\choose k}+{a\atop b}+{x\brack y}{x\brace y}', r'x^2_1y_{ab}^cz_\alpha',
    r"f''_i {x'}", r'{\bf x}+{\rm d}x\,{\cal L}_{\bf k}{\it diff}{\sf A}{\tt b}',
    r'\frac12\sqrt 2\sqrt[3]x\hat x\bar{\psi}\widehat{xy}', r'\le\ge\ne\to\gets\land\lor\lnot\owns a\vert b',
    r'\operatorname{sin}x\operatorname*{lim}_{x\to 0}\operatorname{Tr}A', r'{{a}}{{a+b}}{=}{a}{+}{\alpha}x{}^2_{}',
    r'\left(\frac{a}{b}\right)\bigl[x\bigr]\big{(}\left.x\right|_0', r'\text{for all, x. y}\mbox{if $x>0$}',
    r'x\ =~y\quad z\hspace{1cm}w\kern3pt v\mkern-2mu u\thinspace t',
    r'\begin{array}{l|r}a&b\\[2pt]c&d\end{array}\begin{pmatrix}{a}&-b\\c\end{pmatrix}',
    r'\sum\limits_i\int\limits_a^b\sum\nolimits_j', r'\begin{aligned}a&=b\\&=c\label{x}\end{aligned}\nonumber',
    r'\displaystyle\frac{\textstyle\sum_i}{\dfrac12}',
    r'\mathop{\rm Res}_{z=0}\mathrel{:=}\stackrel{a}{=}\overset{b}{=}\buildrel c\over=',
    r'\substack{a\\b}\phantom{x}\not=\not\in', r'{x_a}^b{\hat x}_c\tilde{\tilde{\mathcal A}}',
    r'\mathbf{x_1+y}\boldsymbol{\alpha}\bm{x}\mathrm{H_2O}', r'a % comment',
    r'\root 3\of{x+1}\raisebox{2pt}{a}\textcolor{red}{x}', r'{a+b\over c}^2\Big|_{x=0}',
    r'\dots a+\dots+b\cdots\ldots',
]  # fmt: skip


@pytest.mark.skipif(shutil.which('pdflatex') is None, reason='needs pdflatex')
def test_exact_rules_leave_the_page_as_it_is():
    drawing, render = pytest.importorskip('data.drawing'), pytest.importorskip('data.render')
    after = [canonicalize(formula, EXACT) for formula in FORMULAS]
    document = render.typeset([*FORMULAS, *after])
    assert not document.errors
    pages = drawing.drawings(document)
    changed = [
        pair
        for pair, before, exact in zip(zip(FORMULAS, after, strict=True), pages, pages[len(after) :], strict=False)
        if before != exact
    ]
    assert not changed


@pytest.mark.skipif(shutil.which('pdflatex') is None, reason='needs pdflatex')
def test_exact_synonyms_draw_the_same():
    drawing, render = pytest.importorskip('data.drawing'), pytest.importorskip('data.render')
    takes_argument = {rf'\{name[1:]}' for name in ACCENTS} | {r'\mathbf', r'\mathfrak', r'\boldsymbol'}
    pairs = [
        (pattern % f'{name} ', pattern % f'{other} ')
        for name, other in EXACT_SYNONYMS.items()
        for pattern in (
            ['a%s{b}', 'x_{%s{c}}']
            if other in takes_argument
            else ['a%sb', '%s', 'x_{%s{c}}', '(%s)', r'a+%s', '%s_1^2b', r'%s\frac12']
        )
    ]
    document = render.typeset([latex for pair in pairs for latex in pair])
    pages = drawing.drawings(document)
    assert [pair for index, pair in enumerate(pairs) if pages[2 * index] != pages[2 * index + 1]] == []


@pytest.mark.parametrize('formula', FORMULAS)
def test_canonical_form_does_not_depend_on_exact_rules(formula: str):
    exact = canonicalize(formula, EXACT)
    assert canonicalize(exact, EXACT) == exact
    assert canonicalize(exact) == canonicalize(formula)
