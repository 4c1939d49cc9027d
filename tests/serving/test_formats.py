r"""Formats: what is pasted means the formula and nothing else."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.formats import FORMATS, FormatError, write

FORMULA = r'\frac{1}{2}'


@pytest.mark.parametrize(
    ('name', 'expected'),
    [
        ('latex', r'\frac{1}{2}'),
        ('inline', r'$\frac{1}{2}$'),
        ('display', r'\[\frac{1}{2}\]'),
        ('equation', '\\begin{equation}\n\\frac{1}{2}\n\\end{equation}'),
        ('markdown', '$$\n\\frac{1}{2}\n$$'),
        ('typst', '$ frac(1, 2) $'),
    ],
)
def test_table(name: str, expected: str) -> None:
    assert write(FORMULA, name) == expected


def test_mathml() -> None:
    root = ElementTree.fromstring(write(FORMULA, 'mathml'))
    assert [element.text for element in root.iter('{http://www.w3.org/1998/Math/MathML}mn')] == ['1', '2']


@pytest.mark.parametrize('environment', ['aligned', 'gathered', 'array', 'cases', 'matrix'])
def test_mathml_of_environments_is_a_table(environment: str) -> None:
    columns = '{cc}' if environment == 'array' else ''
    mathml = write(rf'\begin{{{environment}}}{columns}a\\c\end{{{environment}}}', 'mathml')
    rows = list(ElementTree.fromstring(mathml).iter('{http://www.w3.org/1998/Math/MathML}mtr'))
    assert len(rows) == 2


@pytest.mark.parametrize('name', FORMATS)
def test_no_formula_is_nothing(name: str) -> None:
    assert write('', name) == ''


def test_unknown_format() -> None:
    with pytest.raises(FormatError, match='choose one of latex'):
        write('x', 'word')


@pytest.mark.parametrize(
    'latex',
    [
        r'\text{<script>alert(1)</script>}',
        r'\text{<img src=x onerror=alert(1)>}',
        r'\href{javascript:alert(1)}{x}',
        r'\style{background:url(javascript:alert(1))}{x}',
        r'\frac{',
        r'\slashed{D}',
    ],
)
def test_mathml_refuses_what_is_more_than_a_formula(latex: str) -> None:
    with pytest.raises(FormatError, match='MathML'):
        write(latex, 'mathml')


TOKENS = [
    '{',
    '}',
    '^',
    '_',
    '&',
    '$',
    '<',
    '>',
    '"',
    'x',
    '(',
    r'\frac',
    r'\\',
    r'\text',
    r'\left',
    r'\begin{aligned}',
]


@given(st.lists(st.sampled_from(TOKENS)))
def test_a_format_or_an_error(tokens: list[str]) -> None:
    for name in FORMATS:
        try:
            assert isinstance(write(' '.join(tokens), name), str)
        except FormatError as error:
            assert str(error)
