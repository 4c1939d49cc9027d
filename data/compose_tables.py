r"""Matrices and systems of equations for composed formulas, filled with pieces of a corpus."""

import random
from collections.abc import Sequence
from typing import Final

from .compose_parts import RELATIONS, Pool, Tokens, next_comma, pick, relations
from .latex import tokenize
from .token_spans import GREEK, depths, letters

SYSTEMS: Final = 0.35
"""the share of tables that are systems of equations"""

_MATRICES: Final = {
    ((r'\left', '('), (r'\right', ')')): 10, ((r'\left', '['), (r'\right', ']')): 3, ((), ()): 1,
    ((r'\left', '|'), (r'\right', '|')): 1.5, ((r'\left', r'\{'), (r'\right', r'\}')): 0.5,
}  # fmt: skip
_SYSTEMS: Final = {'ll': 5, 'cc': 1, 'rcl': 2, 'lcl': 1.5, 'ccc': 1, 'l': 1.5, 'c': 1, 'lll': 0.5}
_ALIGNED: Final = {'rcl': 4, 'lcl': 3, 'ccc': 1, 'rl': 2, 'll': 1, 'l': 3, 'c': 3, 'r': 0.5}
_SYMBOLS: Final = (*'abcdefghABCDMXYxyzuvpq1', *sorted(GREEK))


def matrix(tokens: Tokens, rng: random.Random, pool: Pool) -> Tokens:
    """A matrix or a system of equations after a relation, or in place of a letter."""
    block = _system(rng, pool) if rng.random() < SYSTEMS else _matrix(rng, pool)
    level = depths(tokens)
    places = [i for i in letters(tokens) if not level[i]]
    if not places or len(tokens) > 40:
        return [*rng.choice(pool.cells), '=', *block]
    cuts = [i for i, token in enumerate(tokens) if token in RELATIONS and not level[i]]
    if cuts and rng.random() < 0.5:
        cut = rng.choice(cuts) + 1
        return tokens[:cut] + block + tokens[next_comma(tokens, cut) :]
    place = rng.choice(places)
    return tokens[:place] + block + tokens[place + 1 :]


def _matrix(rng: random.Random, pool: Pool) -> Tokens:
    rows = rng.choice((1, 2, 2, 2, 2, 3, 3, 4))
    columns = 1 if rows > 1 and rng.random() < 0.2 else rng.choice((2, 2, 2, 3, 3, 4))
    body = [[_cell(rng, pool) for _ in range(columns)] for _ in range(rows)]
    if rows > 2 and columns > 2 and rng.random() < 0.3:
        body[-2] = [[r'\vdots'], *([] for _ in range(columns - 3)), [r'\ddots'], [r'\vdots']]
        body[0][-2], body[-1][-2] = [r'\cdots'], [r'\cdots']
    opening, closing = pick(_MATRICES, rng)
    return [*opening, *environment('array', rng.choice('ccccccclr') * columns, body), *closing]


def _system(rng: random.Random, pool: Pool) -> Tokens:
    if rng.random() < 0.5:
        columns = pick(_ALIGNED, rng)
        body = [_aligned(columns, number, rng, pool) for number in range(rng.choice((2, 2, 3, 3, 4, 5)))]
    else:
        columns = pick(_SYSTEMS, rng)
        body = [_equation(columns, rng, pool) for _ in range(rng.choice((2, 2, 2, 3, 4)))]
    table = environment('array', columns, body)
    return [r'\left', r'\{', *table, r'\right', '.'] if rng.random() < 0.5 else table


def _aligned(columns: str, number: int, rng: random.Random, pool: Pool) -> list[Tokens]:
    """A row with an equation of the corpus, or with what follows from the one above it."""
    equation = rng.choice(pool.equations)
    cut = relations(equation)[0]
    left = [] if number and rng.random() < 0.25 else equation[:cut]
    relation, right = [equation[cut]], equation[cut + 1 :] + rng.choice(([], [], [','], ['.']))
    if len(columns) == 3:
        return [left, relation, right]
    return [left, relation + right] if len(columns) == 2 else [left + relation + right]


def _equation(columns: str, rng: random.Random, pool: Pool) -> list[Tokens]:
    left, right = _cell(rng, pool), _sum(rng, pool)
    if len(columns) == 1:
        row = [[*left, '=', *right]]
    elif len(columns) == 3:
        row = [left, ['='], right]
    else:
        condition = tokenize(rng.choice((r'\mathrm{if}', r'\mathrm{for}', r'\text{if}', '', '')))
        row = [right, [*condition, *left, rng.choice(('=', '<', '>', r'\geq', r'\neq')), *_cell(rng, pool)]]
    row[-1] = row[-1] + rng.choice(([], [','], ['.'], [';']))
    return row


def environment(name: str, columns: str, rows: Sequence[Sequence[Tokens]]) -> Tokens:
    """A table of these cells; `columns` are those of an `array`, empty for others."""
    table = [rf'\begin{{{name}}}', *(['{', *columns, '}'] if columns else [])]
    for number, row in enumerate(rows):
        table += [r'\\'] if number else []
        if number and row[0][:1] in (['['], ['*']):  # `\\` would take them for its own
            table += ['{', '}']
        for column, cell in enumerate(row):
            table += ['&', *cell] if column else cell
    return [*table, rf'\end{{{name}}}']


def _cell(rng: random.Random, pool: Pool) -> Tokens:
    kind = rng.random()
    if kind < 0.25:
        return [rng.choice('0001')]
    if kind < 0.45:
        return [*rng.choice(('', '', '-', 'i')), rng.choice(_SYMBOLS)]
    if kind < 0.55:
        index = rng.choice(('11', '12', '21', '22', '1', '2', '3', 'n', 'i', 'ij', r'\mu', r'\alpha'))
        return [rng.choice('aAbBmMxXyYgGhR'), rng.choice('__^'), '{', *tokenize(index), '}']
    return list(rng.choice(pool.cells))


def _sum(rng: random.Random, pool: Pool) -> Tokens:
    return _cell(rng, pool) + ([rng.choice('+-'), *_cell(rng, pool)] if rng.random() < 0.6 else [])
