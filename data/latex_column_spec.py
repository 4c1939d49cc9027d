r"""The argument of an `array` that says what its columns are, as far as canonical LaTeX can say it."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from . import latex_rules as rules
from .latex_form import CANONICAL, UnsupportedCommand
from .latex_parser import Parser
from .latex_reader import TokenReader

_MOST: Final = 100  # columns
_ALIGNED: Final = frozenset({'l', 'c', 'r'})
_PARAGRAPHS: Final = frozenset({'p', 'm', 'b'})
_SKIPPED: Final = rules.WORD_SPACE | {'{', '}'}


class Columns(NamedTuple):
    """Columns of a table, numbered from 0."""

    letters: list[str]
    """l, c, r, and | for lines between them"""
    text: frozenset[int] = frozenset()
    """those whose cells are text"""
    styles: dict[int, int] = {}
    """the style of cells where a column sets one, as numbered in `latex_rules.STYLES`"""


def column_spec(parser: Parser, spec: Sequence[str], is_text: bool) -> Columns:
    r"""Reads a specification of columns, whose cells are text if `is_text` (`tabular`).

    Raises UnsupportedCommand for letters that are not LaTeX's or of the array package, and for what they draw or set
    in every cell: `@{.}`, `>{\bfseries}`.
    """
    letters: list[str] = []
    text: set[int] = set()
    styles: dict[int, int] = {}
    count, style, toggles = 0, None, False
    for token, argument in _read(parser, spec):
        if token == '|':
            letters.append(token)
        elif token == '>':
            toggles ^= '$' in argument
            for part in argument:
                if part in (r'\displaystyle', r'\textstyle'):
                    style = rules.STYLES[part]
                elif part in rules.TEXT_SWITCHES or part not in rules.DROPPED:
                    raise UnsupportedCommand(f'{part} in every cell of a column')
        else:
            letters.append(token if token in _ALIGNED else 'l')
            if (is_text or token in _PARAGRAPHS) != toggles:
                text.add(count)
            if style is not None:
                styles[count] = style
            count, style, toggles = count + 1, None, False
    if not count:
        raise UnsupportedCommand('a table without columns')
    return Columns(letters, frozenset(text), styles)


def _read(parser: Parser, spec: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Letters of columns, lines, and `>` with its argument; `*{3}{c}` is spelt out."""
    found: list[tuple[str, list[str]]] = []
    reader = TokenReader(spec)
    parser.descend()
    while token := reader.peek():
        reader.position += 1
        if token in _ALIGNED or token == '|':
            found.append((token, []))
        elif token in _PARAGRAPHS or token == '>':
            found.append((token, reader.raw_argument()))
        elif token in {'w', 'W'}:
            letter = ''.join(reader.raw_argument())
            reader.raw_argument()
            found += _read(parser, [letter])
        elif token in {'@', '!', '<'}:
            if _draws(parser, reader.raw_argument()):
                raise UnsupportedCommand(f'{token}{{...}} between columns')
        elif token == '*':
            number = ''.join(reader.raw_argument())
            repeated = _read(parser, reader.raw_argument())
            found += repeated * (int(number) if re.fullmatch('[1-9][0-9]?', number) else 1)
        elif token not in _SKIPPED:
            raise UnsupportedCommand(f'column {token}')
        if len(found) > _MOST:
            raise UnsupportedCommand(f'more than {_MOST} columns')
    parser.depth -= 1
    return found


def _draws(parser: Parser, tokens: list[str]) -> bool:
    """Whether something draws more than space."""
    return bool(Parser(tokens, parser.handlers, CANONICAL, parser.depth).sequence('', frozenset()))
