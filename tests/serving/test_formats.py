r"""Formats: what is pasted means the formula and nothing else."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.formats import FORMATS, NEEDED, FormatError, write

ROOT = Path(__file__).resolve().parents[2]
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


@pytest.mark.parametrize(
    ('latex', 'element'),
    [
        (r'\text{for~all}', '<mtext>for\xa0all</mtext>'),
        (r'\text{50\%~of aligned}', '<mtext>50%\xa0of\xa0aligned</mtext>'),
        (r'\begin{cases}\text{aligned}\end{cases}', '<mtext>aligned</mtext>'),
        (r'a\not=b', '<mo>≠</mo>'),
        (r'\slashed{D}_{i}', '<mi mathvariant="italic">D\u0338</mi>'),
        (r'a\sim b', '<mi>∼</mi>'),
        (r'\mathrm{d}x', '<mi mathvariant="normal">d</mi>'),
        (r'\mathsf{E}', '<mi mathvariant="sans-serif">E</mi>'),
        (r'\big\{x\big\rangle', '<mo minsize="1.2em" maxsize="1.2em">⟩</mo>'),
        (r'\arg x', '<mi>arg</mi>'),
        (r'\begin{rcases}a\\b\end{rcases}', '<mo stretchy="true" fence="true" form="postfix">}</mo>'),
        (r'\AA', '<mi>Å</mi>'),
        (r'\begin{array}{c|c}a&b\\\hline c&d\end{array}', '<mtable columnlines="solid" rowlines="solid">'),
        (r'\lim_{x}a', '<munder><mo movablelimits="true">lim</mo><mrow><mi>x</mi></mrow></munder>'),
        (r'\sup^{x}a', '<mover><mo movablelimits="true">sup</mo>'),
        (r'\max_{x}^{y}a', '<munderover><mo movablelimits="true">max</mo>'),
        (r'\limsup_{x}a', '<munder><mo movablelimits="true">lim\u2006sup</mo>'),
        (r'\det_{x}a', '<munder><mo movablelimits="true">det</mo>'),
        (r'\bigcup_{x}^{y}a', '<munderover><mo movablelimits="true">⋃</mo>'),
        (r'\bigoplus_{x}a', '<munder><mo movablelimits="true">⨁</mo>'),
        (r'\bigoplus a', '<mo>⨁</mo>'),
        (r'\max\nolimits_{x}a', '<msub><mrow><mo>max</mo></mrow>'),
        (r'\operatorname{max}_{x}a', '<msub><mrow><mo>max</mo></mrow>'),
        (r'\lim\limits_{x}a', '<munder><mo>lim</mo>'),
    ],
)
def test_mathml_of_what_the_converter_writes_wrongly(latex: str, element: str) -> None:
    assert element in write(latex, 'mathml')


VOCABULARY = json.loads((ROOT / 'checkpoints' / 'base' / 'tokenizer.json').read_text(encoding='utf-8'))['model'][
    'vocab'
]


def forms(token: str) -> list[str]:
    """Formulas in which a token of the vocabulary might stand."""
    if token.startswith(r'\begin'):
        columns = '{cc}' if token == r'\begin{array}' else ''
        return [rf'x={token}{columns}a&b\\c&d{token.replace("begin", "end")}']
    if token in (r'\left', r'\big', r'\Big', r'\bigg', r'\Bigg'):
        right = r'\right' if token == r'\left' else token
        return [f'{token}(x{right}|']
    return [f'a{token} b', f'a{token}{{b}}', f'a{token}{{b}}{{c}}', f'a{token} = b', rf'\sum{token}_{{i}}']


def test_every_command_of_the_vocabulary_can_be_said_in_mathml() -> None:
    def is_said(latex: str) -> bool:
        try:
            return bool(write(latex, 'mathml'))
        except FormatError:
            return False

    parts = {r'\right', r'\middle', r'\hline'} | {token for token in VOCABULARY if token.startswith((r'\end', '<|'))}
    commands = [token for token in VOCABULARY if token[0] == '\\' and token not in {*parts, r'\\'}]
    assert [token for token in commands if not any(map(is_said, forms(token)))] == []


@pytest.mark.parametrize('name', NEEDED)
@pytest.mark.parametrize(
    ('latex', 'message'),
    [
        ('{' * 20_000, 'it has 20,000 characters, more than 10,000'),
        ('{' * 4_000 + 'x' + '}' * 4_000, 'nested'),
        (r'\sqrt{' * 1_400 + 'x' + '}' * 1_400, 'nested'),
        (r'\def\a{xx}\def\b{\a\a}\b', r'\\def defines a macro'),
        (r'\newcommand{\a}{xx}\a', r'\\newcommand defines a macro'),
    ],
    ids=['long', 'groups', 'roots', 'def', 'newcommand'],
)
def test_what_would_take_a_converter_all_there_is_is_refused(latex: str, message: str, name: str) -> None:
    """Before, some of it ended the process."""
    with pytest.raises(FormatError, match=message):
        write(latex, name)


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
        r'\unknown{D}',
        r'\text{a{b}c}',
        r'\text{\unknown}',
        r'\not{ab}',
        r'\not\frac{a}{b}',
        r'\begin{array}{|c|}a\end{array}',
        r'\begin{array}{c||c}a&b\end{array}',
        r'\begin{array}{c}\hline a\end{array}',
        r'\begin{array}{c}a\\\hline\end{array}',
    ],
)
def test_mathml_refuses_what_it_cannot_say_and_what_is_more_than_a_formula(latex: str) -> None:
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
    r'\right',
    r'\not',
    r'\substack',
    r'\begin{aligned}',
    r'\end{aligned}',
    r'\begin{array}',
    r'\hline',
]


@given(st.lists(st.sampled_from(TOKENS)))
def test_a_format_or_an_error(tokens: list[str]) -> None:
    for name in FORMATS:
        try:
            assert isinstance(write(' '.join(tokens), name), str)
        except FormatError as error:
            assert str(error)
