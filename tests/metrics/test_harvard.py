"""The convention of im2latex-100k's labels."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.latex import normalize
from metrics.harvard import convert, spell, tokens, typesettable

# Labels as they stand in the data set.
LABELS = [
    r'E ( v ) = \frac { d } { d t } E ( q ) \; \; \forall t \, .',
    r'm _ { 0 } ^ { 2 } \varphi + { \frac { \mu ^ { 2 } } { \beta } } \operatorname { t a n } ( \beta \varphi ) = 0',
    r'\left( q ^ { a _ { 1 } } , \dot { q } ^ { a _ { 1 } } \right) = 0',
    r'\phi = \left( \begin{array} { c } { 0 } \\ { \phi _ { 0 } } \\ \end{array} \right)',
    r'\operatorname* { l i m } _ { \lambda \rightarrow 0 } { \cal L } ( { \bf x } )',
    r'\overline { { \psi } } ^ { ( 0 ) } ( x ) \hspace { 1 c m } \mathrm { T r }',
    r'\left\{ \begin{array} { l l } { a } & { b } \\ { c } & { d } \\ \end{array} \right.',
    r'\mathrm { f o r ~ a l l } \ \sqrt { x }',
]


@pytest.mark.parametrize('label', LABELS)
def test_labels_stay_as_they_are(label: str) -> None:
    assert tokens(label) == label.split() == convert(label)


@pytest.mark.parametrize(
    'label',
    [
        r'\operatorname* { l i m } _ { \lambda \rightarrow 0 } { \cal L } ( { \bf x } )',
        r'\overline { { \psi } } ^ { ( 0 ) } ( x ) \mathrm { T r } \frac { \hat { a } } { 2 }',
        r'\begin{array} { c c } { a } & { b } \\ { c } & { d } \\ \end{array}',
        r'\operatorname { t a n } ( \beta \varphi ) \stackrel { 1 } { x } \not \in f ^ { \prime }',
    ],
)
def test_round_trip_over_the_canonical_form(label: str) -> None:
    """Where the canonical form has lost no spaces, sizes and idle braces, the label comes back."""
    assert convert(normalize(label)) == label.split()


@pytest.mark.parametrize(
    ('latex', 'expected'),
    [
        (r'\ln x', r'\operatorname { l n } x'),
        (r'\max_x', r'\operatorname* { m a x } _ { x }'),
        (r'\mathcal{L}\mathbf{x}', r'{ \cal L } { \bf x }'),
        (r'\boldsymbol{\xi}', r'\mathrm { \boldmath ~ \xi ~ }'),
        (r'\overset{a}{b}\notin c', r'\stackrel { a } { b } \not \in c'),
        (r'\begin{matrix}a&b\\c&d\end{matrix}', r'\begin{array} { c c } { a } & { b } \\ { c } & { d } \\ \end{array}'),
        (
            r'\begin{cases}a&b\end{cases}',
            r'\left\{ \begin{array} { l l } { a } & { b } \\ \end{array} \right.',
        ),
        (r'\overline{x}', r'\overline { { x } }'),
        (r'{a \over b}', r'\frac { a } { b }'),
        ("f'", r'f ^ { \prime }'),
        (r'\text{if }x', r'\mathrm { i f ~ } x'),
    ],
)
def test_convert(latex: str, expected: str) -> None:
    assert convert(latex) == expected.split()


def test_delimiters_are_one_token_for_scores_and_two_for_rules() -> None:
    assert convert(r'\left\langle x\right]') == [r'\left\langle', 'x', r'\right]']
    assert spell(r'\left(x\right)') == [r'\left', '(', 'x', r'\right', ')']


@given(st.lists(st.sampled_from(['{', '}', 'x', '^', '_', r'\frac', r'\left', r'\\', '&', r'\begin{matrix}',
                                 r'\end{matrix}', r'\begin{array}', r'\end{array}', r'\mathbf', r'\ln', r'\over']),
                max_size=14))  # fmt: skip
def test_never_raises(found: list[str]) -> None:
    assert all(isinstance(token, str) for token in convert(' '.join(found)))


def test_deep_nesting() -> None:
    deep = '{' * 5000 + 'x' + '}' * 5000
    assert 'x' in convert(deep)


def test_lengths() -> None:
    assert typesettable(r'a \hspace { 0 . 5 c m } b') == r'a \hspace {0.5cm} b'
    assert typesettable(r'\frac { a } { b }') == r'\frac { a } { b }'
