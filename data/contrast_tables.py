r"""Tables for contrast formulas: real ones with other columns, brackets or cells, and fractions as columns of two.

A reader that knows its corpus takes every system of equations for an `aligned`, and a column of two for a fraction,
since those are what it has met most. What tells is where the columns stand, the gaps between them, whether there is a
bar.
"""

import random
from collections.abc import Sequence
from typing import Final, NamedTuple

from .compose_parts import RELATIONS, Tokens, pick
from .compose_tables import environment
from .token_spans import close, depths

_ALIGNMENTS: Final = frozenset({'aligned', 'gathered'})
_BARE: Final = frozenset({'array', 'matrix'})  # brackets, if any, stand before them
_MATRICES: Final = {
    'matrix': ((), ()), 'array': ((), ()),
    'pmatrix': ((r'\left', '('), (r'\right', ')')), 'bmatrix': ((r'\left', '['), (r'\right', ']')),
    'vmatrix': ((r'\left', '|'), (r'\right', '|')),
}  # fmt: skip
_FENCES: Final = {'pmatrix': 5, 'bmatrix': 3, 'vmatrix': 1, 'matrix': 1}
_SYSTEMS: Final = {'aligned': 4, 'rcl': 4, 'rl': 2, 'll': 2, 'l': 4, 'c': 3, 'lcl': 1.5, 'ccc': 0.5}
_COLUMN_FENCES: Final = {'pmatrix': 8, 'bmatrix': 3, 'matrix': 1, 'vmatrix': 0.5}
_CELLS: Final = {'0': 4, '1': 2, '': 2, r'\cdots': 0.5, r'\vdots': 0.5, r'\ddots': 0.5}
DISPLAYED: Final = 0.4
"""the share of systems whose cells are as large as an `aligned` sets them"""


class Table(NamedTuple):
    """A table without tables in it: the tokens from `start` to `end`, its environment, columns and cells."""

    start: int
    end: int
    name: str
    columns: str
    rows: list[list[Tokens]]


def tables(tokens: Tokens, rng: random.Random) -> Tokens:
    """A table with other columns or cells, or of another kind; or a fraction as a table of one column."""
    found = _tables(tokens)
    if not found:
        return _column(tokens, rng)
    table = rng.choice(found)
    if table.name in _ALIGNMENTS or (table.name in _BARE and _is_system(table)):
        made = _system(table, rng)
    else:
        made = _matrix(table, rng)
    return [*tokens[: table.start], *made, *tokens[table.end :]]


def _tables(tokens: Tokens) -> list[Table]:
    found: list[Table] = []
    start = None
    for position, token in enumerate(tokens):
        if token.startswith(r'\begin{'):
            start = position
        elif token.startswith(r'\end{') and start is not None:
            name = token[len(r'\end{') : -1]
            body = close(tokens, start + 1) if name == 'array' else start + 1
            columns = ''.join(tokens[start + 2 : body - 1]) if name == 'array' else ''
            inside = tokens[body:position]
            if (name in _MATRICES or name in _ALIGNMENTS) and '|' not in columns and r'\hline' not in inside:
                found.append(Table(start, position + 1, name, columns, _rows(inside)))
            start = None
    return found


def _rows(body: Sequence[str]) -> list[list[Tokens]]:
    rows: list[list[Tokens]] = [[[]]]
    for token, level in zip(body, depths(body), strict=True):
        if token == '&' and not level:
            rows[-1].append([])
        elif token == r'\\' and not level:
            rows.append([[]])
        else:
            rows[-1][-1].append(token)
    return rows


def _is_system(table: Table) -> bool:
    """Whether most rows have a relation of their own."""
    related = sum(any(token in RELATIONS for cell in row for token in cell) for row in table.rows)
    return related * 2 > len(table.rows) and max(map(len, table.rows)) <= 3


def _system(table: Table, rng: random.Random) -> Tokens:
    """Equations below each other, aligned otherwise."""
    kind = pick(_SYSTEMS, rng)
    rows = [_sides([token for cell in row for token in cell]) for row in table.rows]
    if len(rows) > 2 and rng.random() < 0.3:
        del rows[rng.randrange(len(rows))]
    if kind == 'aligned':
        return environment('aligned', '', [_joined(row, 2) for row in rows])
    cells = [_joined(row, len(kind)) for row in rows]
    if rng.random() < DISPLAYED:
        cells = [[['{', r'\displaystyle', *cell, '}'] if cell else [] for cell in row] for row in cells]
    return environment('array', kind, cells)


def _sides(row: Tokens) -> tuple[Tokens, Tokens, Tokens]:
    """What stands before the first relation of a row, the relation, and what follows it."""
    level = depths(row)
    place = next((i for i, token in enumerate(row) if token in RELATIONS and not level[i]), None)
    if place is None:
        return [], [], row
    return row[:place], row[place : place + 1], row[place + 1 :]


def _joined(row: tuple[Tokens, Tokens, Tokens], columns: int) -> list[Tokens]:
    left, relation, right = row
    if columns == 3:
        return [left, relation, right]
    return [left, relation + right] if columns == 2 else [left + relation + right]


def _matrix(table: Table, rng: random.Random) -> Tokens:
    """A matrix with other brackets, columns, or with a cell, a row or a column more, less or otherwise."""
    rows = [list(row) for row in table.rows]
    width = max(map(len, rows))
    rows = [row + [[]] * (width - len(row)) for row in rows]
    kind = rng.random()
    if kind < 0.25:
        row = rng.choice(rows)
        row[rng.randrange(width)] = [cell] if (cell := pick(_CELLS, rng)) else []
    elif kind < 0.4:
        row, other = rng.choice(rows), rng.choice(rows)
        column, place = rng.randrange(width), rng.randrange(width)
        row[column], other[place] = other[place], row[column]
    elif kind < 0.5 and len(rows) > 2:
        del rows[rng.randrange(len(rows))]
    elif kind < 0.6 and width > 2:
        column = rng.randrange(width)
        rows = [row[:column] + row[column + 1 :] for row in rows]
    elif kind < 0.7 and len(rows) < 5:
        rows.insert(rng.randrange(len(rows) + 1), list(rng.choice(rows)))
    columns = (table.columns or 'c' * width)[: len(rows[0])].ljust(len(rows[0]), 'c')
    if rng.random() < 0.4:
        columns = rng.choice('cccllr') * len(rows[0])
    name = table.name if table.name not in _BARE and rng.random() < 0.6 else pick(_FENCES, rng)
    if table.name in _BARE and rng.random() < 0.8:
        name = 'array'
    opening, closing = _MATRICES[name]
    return [*opening, *environment('array', columns, rows), *closing]


def _column(tokens: Tokens, rng: random.Random) -> Tokens:
    """A fraction, with the brackets about it if there are any, as a matrix of one column."""
    level = depths(tokens)
    places = [i for i, token in enumerate(tokens) if token in (r'\frac', r'\dfrac') and level[i] < 2]
    if not places:
        return tokens
    place = rng.choice(places)
    middle = close(tokens, place + 1)
    end = close(tokens, middle)
    rows = [[tokens[place + 2 : middle - 1]], [tokens[middle + 1 : end - 1]]]
    if rng.random() < 0.15:
        rows.append([list(rng.choice(rows)[0])])
    start = place
    if tokens[place - 2 : place - 1] == [r'\left'] and tokens[end : end + 1] == [r'\right']:
        start, end = place - 2, end + 2
    opening, closing = _MATRICES[pick(_COLUMN_FENCES, rng)]
    column = pick({'c': 6, 'l': 1, 'r': 0.5}, rng)
    return [*tokens[:start], *opening, *environment('array', column, rows), *closing, *tokens[end:]]
