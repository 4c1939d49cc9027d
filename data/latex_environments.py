"""Environments in the canonical form of LaTeX: alignments, matrices, cases."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from . import latex_rules as rules
from .latex_column_spec import Columns, column_spec
from .latex_columns import centred
from .latex_fonts import Items, anew
from .latex_form import UnsupportedCommand
from .latex_parser import Parser
from .latex_text import text_cell
from .token_spans import close, closes, opens

_SKIP: Final = re.compile(r'[-+]?[\d.,]*(?:true)?(?:pt|em|ex|cm|mm|in|mu|pc|bp|sp|\\[A-Za-z]+)')
# What takes another size in a table's cell, or begins another row.
_ONE_ROW: Final = frozenset({*rules.STYLED_ITEMS, *rules.SIZED, r'\left', r'\\'})
_STARRED_CASES: Final = rules.CASES | rules.REVERSED_CASES
_TEXT_OF_CASES: Final = frozenset({1})  # the second column of mathtools' cases*
_NO_COLUMNS: Final = Columns([])


def environment(parser: Parser, token: str, out: Items, font: str) -> None:
    r"""Appends the canonical form of the environment that `\begin{name}`, already read, opens."""
    name = token[len(r'\begin{') : -1]
    end = rf'\end{{{name}}}'
    is_starred = name.endswith('*')
    name = name.removesuffix('*')
    if name in rules.UNWRAPPED_ENVIRONMENTS:
        out += parser.braced(parser.sequence(font, frozenset({end})))
        parser.position += 1
        return
    alignment = _option(parser, name, is_starred and name.endswith('matrix'))
    if name in rules.ENVIRONMENT_ARGUMENT or (is_starred and name == 'tabular'):
        parser.raw_argument()
    columns = Columns([], _TEXT_OF_CASES if is_starred and name in _STARRED_CASES else frozenset())
    if name in rules.ARRAYS:
        columns = column_spec(parser, parser.raw_argument(), is_text=name == 'tabular')
    table = rows(parser, anew(font), end, cell_style(name), _natural_style(name), columns)
    if name in rules.RELATIONS_APART:
        table = [[row[0], row[1] + row[2]] if len(row) == 3 else row for row in table]
    letters = [alignment] * max(map(len, table), default=0) if alignment else columns.letters
    out += tabulate(parser, name, table, letters)
    parser.tail = 0


def tabulate(parser: Parser, name: str, table: list[list[Items]], columns: Sequence[str] = ()) -> Items:
    """The canonical form of an environment with these rows; `columns` are those of an array or a `pmatrix*[r]`."""
    single = len(table) < 2
    cell = single and all(len(row) < 2 for row in table)
    flat = parser.style == cell_style(name) or not any(item in rules.STYLED_ITEMS for item in join(table))
    sizes = parser.form.sizes
    if name in rules.ALIGNED or name in rules.GATHERED:
        kind = 'aligned' if name in rules.ALIGNED else 'gathered'
        return unwrapped(table) if single and flat else _wrap(kind, join(table))
    if name in rules.CASES:
        return _wrap('cases', join(table)) if sizes else [r'\{', *_wrap('array', ['{', 'l', 'l', '}', *join(table)])]
    if name in rules.REVERSED_CASES:
        return _wrap('rcases', join(table)) if sizes else [*_wrap('array', ['{', 'l', 'l', '}', *join(table)]), r'\}']
    if name == 'subarray':
        return unwrapped(table) if single else [r'\substack', '{', *join(table), '}']
    if name in rules.SMALL_MATRICES and sizes:
        if not {'c'}.issuperset(centred(columns, table)):
            raise UnsupportedCommand(f'columns of {name}* that are not centred')
        body = _wrap('smallmatrix', join(table))
        opening, closing = rules.MATRICES[rules.SMALL_MATRICES[name]]
        return [r'\left', opening, *body, r'\right', closing] if opening else body
    name = rules.SMALL_MATRICES.get(name, name)
    columns = _used(columns, max(map(len, table), default=0))
    if sizes:
        columns = centred(columns, table)
    if columns and set(columns) == {'c'}:
        name, columns = name if name in rules.MATRICES else 'matrix', ()
    if name not in rules.MATRICES:
        return _wrap('array', ['{', *columns, '}', *join(table)]) if columns else _wrap(name, join(table))
    opening, closing = rules.MATRICES[name]
    if sizes and opening and not columns:
        return _wrap(name, join(table))
    inner = unwrapped(table) if cell and flat else _wrap('matrix', join(table))
    if columns:
        inner = _wrap('array', ['{', *columns, '}', *join(table)])
        if sizes and opening:
            return [r'\left', opening, *inner, r'\right', closing]
    return [*([opening] if opening else []), *inner, *([closing] if closing else [])]


def without_needless_table(items: Items) -> Items:
    """A formula that is a table of one row, without the table, if it is drawn alike but for space."""
    opening = str(items[0]) if items else ''
    if opening not in (r'\begin{array}', r'\begin{matrix}'):
        return items
    start = close(items, 1) if items[1] == '{' and opening == r'\begin{array}' else 1
    end = next(i for i, item in enumerate(items) if str(item).startswith(r'\end{'))
    cells = items[start:end]
    marks = items[end + 1 :]
    if '|' in items[:start] or not {'.', ','}.issuperset(marks) or not _ONE_ROW.isdisjoint(cells):
        return items
    if any(str(item).startswith(r'\begin{') for item in cells):
        return items
    separators = [-1, *(position for position, item in enumerate(cells) if item == '&'), len(cells)]
    row = [cells[before + 1 : behind] for before, behind in pairwise(separators)]
    return unwrapped([row]) + marks if len(row) > 1 or marks else cells


def _used(columns: Sequence[str], count: int) -> Sequence[str]:
    """The columns without those at the end that have no cells in any row, unless lines stand between them."""
    cells = [position for position, column in enumerate(columns) if column != '|']
    if not 0 < count < len(cells) or '|' in columns:
        return columns
    return columns[: cells[count]]


def cell_style(name: str) -> int:
    """The style in which an environment sets its cells."""
    return rules.CELL_STYLES.get(name, 0 if name in rules.ALIGNED or name in rules.GATHERED else 1)


def _natural_style(name: str) -> int:
    """The style of the cells where the environment's canonical name stands for another's."""
    return 1 if name in rules.CASES or name in rules.REVERSED_CASES else cell_style(name)


def _option(parser: Parser, name: str, is_starred_matrix: bool) -> str:
    """Reads an environment's optional argument; where that aligns the columns of a matrix, it is the answer."""
    if parser.skip_space() == '[' and (
        name in rules.ALIGNED or name in rules.GATHERED or name in rules.ARRAYS or is_starred_matrix
    ):
        position, option = parser.position, parser.bracket()
        if option is not None and len(option) == 1 and option[0] in set('tbclr'):
            return option[0] if is_starred_matrix and option[0] in set('clr') else ''
        if is_starred_matrix:
            raise UnsupportedCommand(f'[{"".join(option or ())}] of {name}*')
        parser.position = position
    return ''


def rows(
    parser: Parser,
    font: str,
    end: str,
    style: int,
    natural: int | None = None,
    columns: Columns = _NO_COLUMNS,
) -> list[list[Items]]:
    """Rows of cells in that style up to `end`, which is read; empty ones at the end are left out."""
    outer = parser.style, parser.natural
    parser.style, parser.natural = style, style if natural is None else natural
    stop = frozenset({'&', r'\\', r'\cr', r'\tabularnewline', r'\newline', end})
    table: list[list[Items]] = [[]]
    while True:
        column = len(table[-1])
        parser.style = columns.styles.get(column, style)
        is_text = column in columns.text
        table[-1].append(text_cell(parser, stop) if is_text else parser.sequence(font, stop))
        token = parser.peek()
        parser.position += 1
        if token == '&':
            continue
        while table[-1] and not table[-1][-1]:
            table[-1].pop()
        if token == end:
            break
        position, option = parser.position, parser.bracket()
        if option is not None and not _SKIP.fullmatch(''.join(t for t in option if t not in rules.WORD_SPACE)):
            parser.position = position
        table.append([])
    while table and not table[-1]:
        table.pop()
    parser.style, parser.natural = outer
    return table


def unwrapped(table: list[list[Items]]) -> Items:
    """Cells one after another without their table, which held back the styles in them, as braces do."""
    return [item for row in table for cell in row for item in (('{', *cell, '}') if _has_style(cell) else cell)]


def _has_style(items: Items) -> bool:
    """Whether a style is set that holds to the end of the list."""
    level = 0
    for item in filter(lambda item: isinstance(item, str), items):
        level += opens(str(item)) - closes(str(item))
        if not level and item in rules.STYLES:
            return True
    return False


def join(table: list[list[Items]]) -> Items:
    r"""Writes rows and cells; `{}` keeps a bracket or a star from being read as an option of `\\`."""
    out: Items = []
    for i, row in enumerate(table):
        if i:
            out.append(r'\\')
            if row and row[0] and row[0][0] in {'[', '*'}:
                out += ('{', '}')
        for j, cell in enumerate(row):
            if j:
                out.append('&')
            out += cell
    return out


def _wrap(name: str, items: Items) -> Items:
    guard = ['{', '}'] if name in {'aligned', 'gathered'} and items[:1] == ['['] else []
    return [rf'\begin{{{name}}}', *guard, *items, rf'\end{{{name}}}']
