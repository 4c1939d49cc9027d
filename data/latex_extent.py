r"""How large TeX draws the delimiters of `\left` and `\right` around a formula.

An answer is given where all that `latex_ruler` says of the formula's extent comes to the same.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from . import latex_metrics as metrics
from .latex_fonts import Items
from .latex_ruler import DELIMITERS, SIZED, Box, UnknownExtentError, delimiter_box, needed_height, rulers
from .token_spans import closes, opens

_LONGEST: Final = 400  # items; longer ones are not worth the time
_BARS: Final = frozenset({'|', r'\|'})
_OPENING: Final = frozenset({'(', '[', r'\{', r'\langle', r'\lfloor', r'\lceil'})
_CLOSING: Final = frozenset({')', ']', r'\}', r'\rangle', r'\rfloor', r'\rceil'})
_BEGINNING: Final = frozenset({'{', r'\left'})
_ENDING: Final = frozenset({'}', r'\right'})
_CELLS: Final = frozenset({'&', r'\\'})


def is_plain(items: Items, style: int, delimiters: Sequence[str] = ('(', ')'), cramped: bool | None = None) -> bool:
    r"""Whether TeX surely gives `\left(items\right)` delimiters of the usual size.

    Args:
        items: the formula between them.
        style: 0 display, 1 text, 2 script, 3 script in a script.
        delimiters: those of the two that are there.
        cramped: whether superscripts stand lower, as below a root; None if that is not known.
    """
    return _sizes(items, style, delimiters, cramped) == {0}


def delimiter_size(items: Items, style: int, delimiters: Sequence[str], cramped: bool | None = None) -> int | None:
    r"""The size of the delimiters of `\left(items\right)`: 0 plain, 1 as `\big` has it, to 4; None if that is not sure.

    Args:
        items, style, delimiters, cramped: as for `is_plain`; in scripts only plain ones are known.
    """
    sizes = _sizes(items, style, delimiters, cramped)
    return sizes.pop() if len(sizes) == 1 else None


def lone_size(items: Items, style: int, delimiter: str, has_scripts: bool, cramped: bool | None = None) -> int | None:
    r"""The size of the delimiter of `\left.items\right|`, if `items\Big|` looks the same; None if that is not sure.

    Args:
        items, style, cramped: as for `is_plain`, a display or text.
        has_scripts: whether scripts follow, which stand at the corners of the whole.
    """
    sizes = _sizes(items, style, [delimiter], cramped, contained=has_scripts) if style < 2 else set()
    return sizes.pop() if len(sizes) == 1 else None


def shortest_tail(items: Items, style: int, cramped: bool | None = None) -> int:
    r"""Where `\left.` may stand at the latest, so that `\left.items\right|` looks the same; 0 if that is not sure.

    Between brackets, as in `(x\left.y)\right|`, it would be hard to read.
    """
    if len(items) > _LONGEST:
        return 0
    latest = len(items)
    try:
        for ruler, its_style in rulers(style, cramped):
            starts, boxes, outside, level = [], [], [], 0
            for start, box, _ in ruler.atoms(items, 0, its_style, frozenset()):
                starts.append(start)
                boxes.append(box)
                outside.append(level == 0 and items[start] not in _CLOSING)
                level += (items[start] in _OPENING) - (items[start] in _CLOSING)
            tails = list(accumulate(reversed(boxes), Box.beside))[::-1]
            found = [
                start
                for start, tail, is_outside in zip(starts, tails, outside, strict=True)
                if is_outside and tail.contains(tails[0])
            ]
            latest = min(latest, found[-1] if found else 0)
    except UnknownExtentError:
        return 0
    return latest


def _sizes(
    items: Items, style: int, delimiters: Sequence[str], cramped: bool | None, contained: bool = False
) -> set[int]:
    """Every size that the delimiters may have; none if that is not known, or they must contain the items and do not."""
    if len(items) > _LONGEST or not DELIMITERS.issuperset(delimiters):
        return set()
    found: set[int] = set()
    try:
        for ruler, its_style in rulers(style, cramped):
            box, _ = ruler.list(items, 0, its_style, frozenset())
            needed = needed_height(box, style)
            sizes = {_size(needed, style, delimiter) for delimiter in delimiters}
            if contained and not all(delimiter_box(metrics.DELIMITERS[size]).contains(box) for size in sizes):
                return set()
            found |= sizes
    except UnknownExtentError:
        return set()
    return found


def _size(needed: float, style: int, delimiter: str) -> int:
    """The size of a delimiter that must measure so much; raises UnknownExtentError if it is none of the five."""
    if style > 1 and needed > metrics.POINTS[style]:
        raise UnknownExtentError
    for size, points in enumerate(metrics.DELIMITERS):
        if needed <= ((size + 1) * metrics.BAR if delimiter in _BARS and size else points):
            return size
    raise UnknownExtentError


def fit_sizes(items: Items, style: int, cramped: bool | None, room: int) -> None:
    r"""Turns `\Big(`...`\Big)` into `\left(`...`\right)` wherever these come out as large; in place.

    Args:
        items: one list of a formula; what is in its groups, tables and `\left`...`\right` is passed over.
        style, cramped: those of the list from its beginning to its end, as for `is_plain`.
        room: how many levels of groups may be inside of what is changed.
    """
    open_: list[int] = []  # where the pairs begin that are not closed yet
    level = 0
    for position, item in enumerate(items):
        if opens(str(item)):
            level += 1
        elif closes(str(item)):
            level -= 1
        elif level == 0 and item in _CELLS:
            open_.clear()
        elif level == 0 and item in SIZED and position + 1 < len(items):
            delimiter = items[position + 1]
            if delimiter in _BARS:
                if open_ and items[open_[-1] : open_[-1] + 2] == [item, delimiter]:
                    _fit(items, open_.pop(), position, style, cramped, room)
                elif items[position + 2 : position + 3] not in (['_'], ['^']):  # a bar alone, as in `f\big|_{0}`
                    open_.append(position)
            elif delimiter in _OPENING:
                open_.append(position)
            elif delimiter in _CLOSING:
                while open_ and items[open_[-1] + 1] in _BARS:
                    open_.pop()
                if open_:
                    _fit(items, open_.pop(), position, style, cramped, room)


def _fit(items: Items, start: int, end: int, style: int, cramped: bool | None, room: int) -> None:
    """The same for the two delimiters at `start` and `end`."""
    if items[start] != items[end] or end - start > _LONGEST:
        return
    inner = items[start + 2 : end]
    size = delimiter_size(inner, style, (str(items[start + 1]), str(items[end + 1])), cramped)
    if size == SIZED[str(items[end])] and _depth(inner) < room:
        items[start], items[end] = r'\left', r'\right'


def _depth(items: Items) -> int:
    """How many levels of groups there are inside."""
    level = deepest = 0
    for item in items:
        level += (item in _BEGINNING) - (item in _ENDING)
        deepest = max(deepest, level)
    return deepest
