"""Formulas cut out of text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.tex_macros import Expander
from data.tex_maths import Formula, cut


def found(text: str) -> list[tuple[str, str] | str]:
    return [
        (formula.latex, formula.kind) if isinstance(formula, Formula) else formula
        for formula in cut(Expander().expand(text))
    ]


@pytest.mark.parametrize(
    ('text', 'expected'),
    [
        ('$a$ b $c$', [('a', 'inline'), ('c', 'inline')]),
        ('$a$$b$', [('a', 'inline'), ('b', 'inline')]),
        ('$$a$$', [('a', 'display')]),
        (r'\(a\) \[b\]', [('a', 'inline'), ('b', 'display')]),
        (r'$\text{for $x$}$', [(r'\text{for $x$}', 'inline')]),
        (r'\begin{equation*}a\label{b}\end{equation*}', [('a', 'display')]),
        (r'\begin{align}a&=b\end{align}', [('a=b', 'display')]),
        (r'\begin{alignat}{2}a&=b\end{alignat}', [('a=b', 'display')]),
        (
            r'\begin{gather}a\\b\notag\end{gather}',
            [(r'\begin{gathered} a \\ b \end{gathered}', 'aligned'), ('a', 'row'), ('b', 'row')],
        ),
        (r'\begin{multline}a\\b\end{multline}', [('a', 'row'), ('b', 'row')]),
        (r'$a \\$', [('a', 'inline')]),
        (r'$ \label{a} $', []),
        (r'$a \ref{b}$ $c$', ['formula: with references, text or pictures of the paper', ('c', 'inline')]),
        ('$a\n\nb$ c $d$', ['formula: a paragraph ends in it', ('c', 'inline'), 'formula: without end']),
        ('$a}$', ['formula: a brace is closed too often', 'formula: without end']),
        ('$' + 'a ' * 5000, ['formula: more than 4000 tokens']),
    ],
)
def test_cut(text: str, expected: list[tuple[str, str] | str]) -> None:
    assert found(text) == expected


PIECES = st.sampled_from(
    [*r'a&{} $', '$$', r'\\', r'\(', r'\)', r'\[', r'\]', r'\label{x}', r'\begin{align}', r'\end{align}']
)


@given(st.lists(PIECES, max_size=30).map(''.join))
def test_any_text_is_cut(text: str) -> None:
    for formula in found(text):
        if not isinstance(formula, str):
            assert formula[0].strip() == formula[0] != ''
            assert r'\label' not in formula[0]
