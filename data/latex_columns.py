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
        if item in ('_', '^'):
            inner, position = _group(items, position, points * _SCRIPT)
            scripts = max(scripts, inner)
            continue
        if item in ('{', '}') or item in rules.ACCENTS:
            continue
        width, scripts = width + scripts, 0.0
        token = item if isinstance(item, str) else item[1]
        if token == r'\frac':
            above, position = _group(items, position, points * _SCRIPT)
            below, position = _group(items, position, points * _SCRIPT)
            width += max(above, below) + _BAR
        elif token == r'\sqrt':
            inner, position = _group(items, position, points)
            width += inner + _ROOT
        elif token in metrics.WIDTHS:
            width += points * metrics.WIDTHS[token] + _space(token, before) * (points == 10.0)
        else:
            raise UnknownExtentError
        before = token
    return width + scripts


def _group(items: Items, position: int, points: float) -> tuple[float, int]:
    """How wide a group is, and where it ends."""
    if items[position : position + 1] != ['{']:
        raise UnknownExtentError
    end = close(items, position)
    return _width(items[position + 1 : end - 1], points), end


def _space(token: str, before: str) -> float:
    """What stands at both sides of a sign behind another; one at the beginning is a sign of what follows."""
    if token in _RELATIONS:
        return _THICK
    is_binary = token in _BINARY and before not in {'', *_RELATIONS, *_BINARY, *_OPENING}
    return _MEDIUM if is_binary else 0.0
