r"""Columns of tables whose cells are about equally wide, so that nobody sees where in the column they stand."""

from collections.abc import Sequence
from typing import Final

from . import latex_metrics as metrics
from . import latex_rules as rules
from .latex_fonts import Items
from .latex_ruler import UnknownExtentError
from .token_spans import close

_SPREAD: Final = 1.2
"""points by which cells may differ: letters are half a point from the middle then, at most"""
_SCRIPT: Final = 0.79  # how wide a script's letters are, compared to those of the line
_BINARY: Final = frozenset({'+', '-', '*', r'\pm', r'\mp', r'\times', r'\cdot', r'\otimes', r'\oplus', r'\wedge'})
_RELATIONS: Final = frozenset({
    *'=<>:', r'\leq', r'\geq', r'\neq', r'\equiv', r'\sim', r'\approx', r'\simeq', r'\rightarrow', r'\leftarrow',
    r'\in',
})  # fmt: skip
_OPENING: Final = frozenset({'(', '[', r'\{', r'\langle', ','})
_MEDIUM, _THICK = 4.44, 5.56  # the space at both sides of a binary sign, and of a relation
_BAR: Final = 2.4  # what is empty at the sides of a fraction
_ROOT: Final = 8.33


def centred(columns: Sequence[str], table: Sequence[Sequence[Items]]) -> list[str]:
    """The columns of an array, those as centred whose cells look the same so.

    Args:
        columns: letters, with `|` for lines.
        table: rows of cells.
    """
    found: list[str] = []
    index = 0
    for column in columns:
        if column == '|':
            found.append(column)
            continue
        cells = [row[index] for row in table if index < len(row) and row[index]]
        found.append('c' if column in ('l', 'r') and _are_even(cells) else column)
        index += 1
    return found


def _are_even(cells: Sequence[Items]) -> bool:
    try:
        widths = [_width(cell, 10.0) for cell in cells]
    except UnknownExtentError:
        return False
    return max(widths, default=0.0) - min(widths, default=0.0) <= _SPREAD


def _width(items: Items, points: float) -> float:
    """About how wide a formula is, in points. Raises UnknownExtentError for what is not known here."""
    width = scripts = 0.0
    position, before = 0, ''
    while position < len(items):
        item = items[position]
        position += 1
        if item in ('_', '^') or item in (r'\frac', r'\sqrt'):
            end = _end(items, position)
            inner = _width(items[position + 1 : end - 1], points * (1 if item == r'\sqrt' else _SCRIPT))
            position = end
            if item in ('_', '^'):
                scripts = max(scripts, inner)
                continue
            if item == r'\frac':
                end = _end(items, position)
                inner = max(inner, _width(items[position + 1 : end - 1], points * _SCRIPT))
                position = end
            width += scripts + inner + (_BAR if item == r'\frac' else _ROOT)
            scripts, before = 0.0, 'x'
        elif item in ('{', '}') or item in rules.ACCENTS:
            continue
        else:
            token = item if isinstance(item, str) else item[1]
            if token not in metrics.WIDTHS:
                raise UnknownExtentError
            width += scripts + points * metrics.WIDTHS[token]
            scripts = 0.0
            if points == 10.0 and token in _RELATIONS:
                width += _THICK
            elif points == 10.0 and token in _BINARY and before not in {'', *_RELATIONS, *_BINARY, *_OPENING}:
                width += _MEDIUM
            before = token
    return width + scripts


def _end(items: Items, position: int) -> int:
    if items[position : position + 1] != ['{']:
        raise UnknownExtentError
    return close(items, position)
