"""Macro expansion: TeX's own answers where it has one, and an end in any case."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.tex_macros import EndlessError, Expander, join


def expanded(text: str) -> str:
    return join(list(Expander().expand(text))).strip()


@pytest.mark.parametrize(
    ('source', 'expected'),
    [
        (r'\newcommand{\R}{\mathbb{R}}\R x', r'\mathbb{R} x'),
        (r'\newcommand\a{\alpha}\a x', r'\alpha x'),
        (r'\newcommand{\a}[1]{\alpha#1}\a x\a{yz}', r'\alpha x\alpha yz'),
        (r'\newcommand*{\f}[2]{#2#1}\f 12', '21'),
        (r'\newcommand{\f}[2][n]{#1_#2}\f{a}\f[m]{b}', 'n_am_b'),
        (r'\newcommand{\f}{x}\renewcommand{\f}{y}\providecommand{\f}{z}\f', 'y'),
        (r'\def\f#1#2{#2#1}\f{a}b', 'ba'),
        (r'\def\f(#1,#2){#2;#1}\f(a,{b,c})', 'b,c;a'),
        (r'\def\f#1.{(#1)}\f ab. c', '( ab) c'),
        (r'\gdef\f{\g}\def\g{x}\f', 'x'),
        (r'\let\f=\alpha \f', r'\alpha'),
        (r'\let\old\vec\renewcommand{\vec}[1]{\old{#1}}\vec a', r'\vec{a}'),
        (r'\def\f{x}\let\g\f\def\f{y}\g\f', 'xy'),
        (r'\DeclareMathOperator{\tr}{tr}\tr A', r'\operatorname{tr} A'),
        (r'\DeclareMathOperator*{\am}{am}\am', r'\operatorname*{am}'),
        (r'\DeclarePairedDelimiter{\n}{\|}{\|}\n{a}\n*{b}\n[\big]{c}', r'\|a\|\left\|b\right\|\|c\|'),
        (r'\NewDocumentCommand{\f}{m m}{#2#1}\f{a}{b}', 'ba'),
        (
            r'\newenvironment{e}[1]{\begin{equation}#1}{\end{equation}}\begin{e}{x}y\end{e}',
            r'\begin{equation}xy\end{equation}',
        ),
        (r'\iffalse a \ifx b \fi \else c \fi', r'c \fi'),
        (r'\ensuremath{x}\xspace', 'x'),
        (r'\newcommand{\f}[1]{#1}\f', r'\f'),
        (r'\newcommand{\f}[1]{#1}{\f}', r'{\f}'),
        (r'\newcommand{\f', r'{\f'),
        (r'\def\a{\a}\a x', 'x'),
        (r'\%\$\\x', r'\%\$\\x'),
    ],
)
def test_expansion(source: str, expected: str) -> None:
    assert expanded(source) == expected


def test_styles_cannot_redefine_what_everybody_knows() -> None:
    expander = Expander({r'\frac'})
    assert list(expander.expand(r'\renewcommand{\frac}{x}\newcommand{\g}{y}', style=True)) == []
    assert join(list(expander.expand(r'\frac\g'))) == r'\frac y'
    assert join(list(expander.expand(r'\renewcommand{\frac}{x}\frac'))) == 'x'


def test_growth_without_end_ends() -> None:
    with pytest.raises(EndlessError):
        list(Expander().expand(r'\def\a#1{' + 'x' * 100 + '#1#1#1' * 300 + r'}' + r'\a{\a{\a{\a{\a{x}}}}}' * 100))


@pytest.mark.parametrize(
    'piece', ['{', '}', r'\a', r'\a{', r'\def', r'\def\a', r'\newcommand{', r'\begin{a', '$', r'\iffalse ']
)
def test_time_is_linear(piece: str) -> None:
    text = r'\newcommand{\a}[2]{#1}' + piece * (200_000 // len(piece))
    start = time.process_time()
    try:
        for _ in Expander().expand(text):
            pass
    except EndlessError:
        pass
    assert time.process_time() - start < 5


PIECES = st.sampled_from(
    [
        *r'a1{}[]#$*,. ',
        '#1',
        r'\a',
        r'\b',
        r'\def',
        r'\newcommand',
        r'\let',
        r'\newenvironment',
        r'\begin{a}',
        r'\end{a}',
    ]
    + [r'\DeclareMathOperator', r'\DeclarePairedDelimiter', r'\NewDocumentCommand', r'\iffalse', r'\fi', '\n\n', '\\']
)


@given(st.lists(PIECES, max_size=40).map(''.join))
def test_any_source_is_expanded(text: str) -> None:
    try:
        tokens = list(Expander().expand(text))
    except EndlessError:
        return
    assert all(token and '\0' not in token for token in tokens)


@given(st.text(alphabet=r'abc12+-^_&|/ \{}$', max_size=40))
def test_without_definitions_a_source_stays_as_it_is(text: str) -> None:
    assert ''.join(Expander().expand(text)) == text
