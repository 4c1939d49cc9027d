"""MathNet's rules, one by one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.mathnet import mathnet_tokens


@pytest.mark.parametrize(
    ('latex', 'expected'),
    [
        (r'a \, b ~ c \quad d \hspace { 1 c m } e', 'a b c d e'),  # M1
        (r'\left( a \right) \big[ b \Bigr]', '( a ) [ b ]'),  # M2
        (r'{ \bf x } \mathrm { T r } \mathcal { L } \displaystyle y', 'x T r L y'),  # M3
        (
            r'a \geq b \ldots c . . . d \| e \overline { { f } }',
            r'a \ge b \dots c \dots d \parallel e \bar { f }',
        ),  # M4
        (r'\operatorname { s i n } x + \operatorname* { m a x } y', r'\sin x + \max y'),  # M4
        (r'\frac 1 2 x ^ 2 { y } { { z } }', r'\frac { 1 } { 2 } x ^ { 2 } y z'),  # M6
        (r'\frac { 1 } 2', r'\frac { 1 } { 2 }'),
        (r'\sqrt { { x } } \hat { y }', r'\sqrt { x } \hat { y }'),
        (r'x ^ { 2 } _ { 1 }', 'x _ { 1 } ^ { 2 }'),  # M7
        (r'x _ { a } ^ { b ^ { 2 } _ { 1 } }', 'x _ { a } ^ { b _ { 1 } ^ { 2 } }'),
        (r'R ^ { a } { } _ { b }', 'R _ { b } ^ { a }'),
        (
            r'\begin{array} { l r } { a } & { b } \\ { c } & { d } \\ \end{array}',
            r'\begin{array} { c c } a & b \\ c & d \end{array}',
        ),  # M8
        (r'\begin{array} { c } { a } \\ \end{array} + b', 'a + b'),
        (r'{ a \atop b } c', r'{ a \atop b } c'),
    ],
)
def test_rules(latex: str, expected: str) -> None:
    assert mathnet_tokens(latex) == expected.split()


@pytest.mark.parametrize(
    'latex',
    [r'\phantom { x } y', r'x \raisebox { y }', r'^ { a } b', r'\begin{array} { c c } { a } \\ { b } \\ \end{array}'],
)
def test_left_out(latex: str) -> None:
    assert mathnet_tokens(latex) is None  # M9


@given(st.lists(st.sampled_from(['{', '}', 'x', '^', '_', r'\frac', r'\left', r'\\', '&', r'\hspace',
                                 r'\begin{array}', r'\end{array}', r'\sqrt', '~', r'\atop']), max_size=14))  # fmt: skip
def test_never_raises(found: list[str]) -> None:
    result = mathnet_tokens(' '.join(found))
    assert result is None or all(isinstance(token, str) for token in result)
