r"""Typst: what the converter would write wrongly comes out right or is refused; Typst 0.15 compiles all of it."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.formats import FormatError, write


@pytest.mark.parametrize(
    ('latex', 'typst'),
    [
        # A bracket behind a size would be an optional argument.
        (r'a\Big[x\Big]b', 'a [x ]b'),
        (r'\bigl[x\bigr]', '[x ]'),
        (r'\big.x\bigg|', 'x |'),
        # Commas and semicolons separate arguments.
        (r'\frac{a,b}{c}', r'frac(a\, b, c)'),
        (r'\hat{a,b}', r'hat(a\, b)'),
        (r'\sqrt{a;b}', r'sqrt(a\; b)'),
        (r'\overbrace{a,b}^{n}', r'overbrace(a\, b, n)'),
        (r'\underline{a_{1},b}', r'underline(a_(1)\, b)'),
        (r'\begin{cases}a;&b,\\c\end{cases}', r'cases(a\; & b\,,c)'),
        (r'\begin{pmatrix}a,b&c;d\end{pmatrix}', r'mat(delim: "(", a\, b, c\; d)'),
        (r'\frac{f(a,b)}{x_{i,j}}', 'frac(f (a, b), x_(i, j))'),
        (r'f(a,b);', 'f (a, b);'),
        # A bracket alone would take the end of an argument for its own.
        (r'\frac{(a}{b)}', r'frac(\( a, b \))'),
        (r'\left.\frac{a}{b}\right)', r'lr(frac(a, b) \))'),
        (r'\left]a\right[', r'lr(\] a \[)'),
        (r'\hat{[0,1)}', 'hat([0, 1))'),
        (r'\left\{\begin{array}{l}a\\b\end{array}\right.', 'cases(a,b)'),
        (r'\left\{\frac{a}{b}\right.', r'lr(\{ frac(a, b))'),
        # Marks of its language.
        (r'a\&b', r'a \& b'),
        ('a"b#c', r'a \" b \# c'),
        (r'\text{*a_b #1 @x //}', r'#text[\*a_b \#1 \@x \/\/]'),
        (r'\text{(a}(b)', '#text[(a] (b)'),
        (r'\operatorname{a"}', r'op("a\"")'),
        # Names that it does not have, and names run together.
        (r'\wp(z)', '℘ (z)'),
        (r'\check{a}\mathring{b}', 'caron(a)circle(b)'),
        (r'a\subsetneq b\sqcap c\uplus d', 'a subset.neq b inter.sq c union.plus d'),
        (r'\hbar\triangleq\varkappa', 'ℏ eq.delta kappa.alt'),
        (r'\infty(x)\cdots{}b', 'infinity (x)dots.h.c zws b'),
        (r'\mathbb{CP}^{2}', 'CC PP^(2)'),
        (r'\sqrt[12mn]{x}', 'root(12m n, x)'),
        (r'\varphi(y\dagger\psi(x\dagger\hat{\theta}))', 'phi (y dagger psi (x dagger hat(theta)))'),
        (r'a\not\in b', 'a in.not b'),
        (r'\not\alpha+\not p_{1}', 'cancel(alpha) + cancel(p)_(1)'),
        (r'\surd x', r'\√ x'),
        (r'\begin{gathered}a\\b\end{gathered}', r'a \ b'),
    ],
)
def test_is_mended(latex: str, typst: str) -> None:
    assert write(latex, 'typst') == f'$ {typst} $'


@pytest.mark.parametrize(
    'latex',
    [
        r'\left(x\middle|y\right)',
        r'\begin{rcases}a\\b\end{rcases}',
        r'\begin{array}{c}a\\\hline b\end{array}',
        r'\begin{array}{c|c}a&b\end{array}',
        r'\xrightarrow[a]{f}',
        r'x=\begin{aligned}a&=b\\c&=d\end{aligned}',
        r'\begin{aligned}a&=b\\c&=d\end{aligned},',
        r'\begin{unknown}a\end{unknown}',
        r'\textbf{ab}',
        r'\mathscr{L}',
        r'\slashed{p}',
        r'\sum\nolimits_{i}x',
        r'a\_b',
        r'\smallint x',
        r'\unknown x',
        r'\dddot{x}',
        r'\sqrt[\alpha]{x}',
        r'\sqrt[a_{1}]{x}',
        r'\not\!x',
        r'\left\uparrow x\right\downarrow',
        r'\textcolor{red}{x_{1}}',
        'a}b',
    ],
)
def test_is_refused(latex: str) -> None:
    with pytest.raises(FormatError, match='cannot be written as Typst: '):
        write(latex, 'typst')


@pytest.mark.parametrize(
    'latex', [r'\begin{aligned}a&=b\\c&=d\end{aligned}', r'\text{if~so}', r'\begin{array}{cc}a&b\end{array}', r'\hbar']
)
def test_is_said(latex: str) -> None:
    assert write(latex, 'typst').startswith('$ ')


PARTS = ['a', ',', ';', '(', ')', '[', r'\{', r'\frac{b}{c}', r'\hat{', '}', '&', r'\text{x,(', r'\left(', r'\right.']


@given(st.lists(st.sampled_from(PARTS)))
def test_stand_ins_do_not_come_out(parts: list[str]) -> None:
    with contextlib.suppress(FormatError):
        assert 'QX' not in write(' '.join(parts), 'typst')
