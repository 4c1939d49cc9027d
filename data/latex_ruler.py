r"""How high and how deep TeX sets a formula.

TeX's rules for scripts, fractions, roots, limits, accents and delimiters (The TeXbook, appendix G, rules 9 to 19) over
the metrics of Computer Modern. Every extent is computed several times, from the least and from the greatest that is
possible given what is not known exactly here. All lengths are in points.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from . import latex_metrics as metrics
from . import latex_rules as rules
from .latex_fonts import Item, Items

_FACTOR: Final = 0.901  # \delimiterfactor
_SHORTFALL: Final = 5.0  # \delimitershortfall
# How far from its value in the table an extent may be, in em.
_NEAR: Final = 0.0006
# The same for letters of other fonts.
_FONTS: Final = {'rm': 0.009, 'bf': 0.036, 'it': 0.006, 'sf': 0.05, 'sym': 0.036, 'cal': 0.001, 'bb': 0.006}
# Letters of other fonts that end below the line, and do not in italics, and by how much at most.
_DEEPER: Final = {('cal', letter): 0.098 for letter in 'GJY'} | {('bb', letter): 0.168 for letter in 'JO'}
_WIDE_ACCENTS: Final = frozenset({r'\widehat', r'\widetilde'})
# How high accents are at least and at most, as `metrics.ACCENTS` has it; wide ones over one letter.
_ACCENTS: Final = {name: (height, height) for name, height in metrics.ACCENTS.items()} | dict.fromkeys(
    _WIDE_ACCENTS, (7.222, 7.501)
)
SIZED: Final = {r'\big': 1, r'\Big': 2, r'\bigg': 3, r'\Bigg': 4}
"""commands of the delimiters of `metrics.DELIMITERS`, by position"""
DELIMITERS: Final = frozenset(
    {*'()[]|/', r'\{', r'\}', r'\|', r'\langle', r'\rangle', r'\lfloor', r'\rfloor', r'\lceil', r'\rceil'}
)
"""those whose sizes are known"""
_FRACTIONS: Final = {r'\frac': None, r'\dfrac': 0, r'\tfrac': 1}
_CAPITALS_ONLY: Final = frozenset({'cal', 'bb'})
_CRAMPED: Final = 4  # is added to a style where superscripts stand lower: below roots and lines, in subscripts
_TAILS: Final = frozenset('gpqy')  # in every font
_BRACE: Final = frozenset({'}'})
_RIGHT: Final = frozenset({r'\right'})


class UnknownExtentError(Exception):
    """Something whose size is not known here."""


@dataclass(frozen=True)
class Box:
    """An extent from the base line, upwards and downwards."""

    height: float = 0.0
    depth: float = 0.0
    is_glyph: bool = False
    """whether scripts are set as those of a symbol, not of a box"""

    def beside(self, other: 'Box') -> 'Box':
        return Box(max(self.height, other.height), max(self.depth, other.depth))

    def contains(self, other: 'Box') -> bool:
        return other.height <= self.height and other.depth <= self.depth


class Ruler:
    """Measures lists of items, and says the least or the greatest that their extents may be.

    Every method raises UnknownExtentError for what it cannot measure. A style is 0 display, 1 text, 2 script, 3 script
    in a script, and 4 more where it is cramped.
    """

    def __init__(self, greatest: bool):
        self.greatest = greatest

    def list(self, items: Items, position: int, style: int, stop: frozenset[str]) -> tuple[Box, int]:
        """The extent of a list up to an item of `stop` or the end, and where that is."""
        box = Box()
        for _, atom, end in self.atoms(items, position, style, stop):
            box, position = box.beside(atom), end
        return box, position

    def atoms(self, items: Items, position: int, style: int, stop: frozenset[str]) -> Iterator[tuple[int, Box, int]]:
        """Where each atom of a list begins, its extent, and where it ends, up to an item of `stop` or the end."""
        while position < len(items) and items[position] not in stop:
            start = position
            box, position = self.atom(items, position, style)
            yield start, box, position

    def atom(self, items: Items, position: int, style: int) -> tuple[Box, int]:
        """One atom with its scripts or limits."""
        base = items[position]
        box, position = self.nucleus(items, position, style)
        has_limits = style & 3 == 0 and base in rules.LIMIT_SYMBOLS
        if position < len(items) and items[position] in (r'\limits', r'\nolimits'):
            has_limits = items[position] == r'\limits'
            position += 1
        below: Box | None = None
        above: Box | None = None
        while position < len(items) and (mark := items[position]) in ('_', '^'):
            inner, position = self.group(items, position + 1, _smaller(style) | (_CRAMPED if mark == '_' else 0))
            if mark == '_':
                below = inner
            else:
                above = inner
        if has_limits:
            if style & 3 > 1:
                raise UnknownExtentError
            return _with_limits(box, below, above), position
        return self.with_scripts(box, below, above, style), position

    def with_scripts(self, box: Box, sub: Box | None, sup: Box | None, style: int) -> Box:
        """Rule 18."""
        if sub is None and sup is None:
            return box
        cramped, style = style & _CRAMPED, style & 3
        script, x_height = _smaller(style), metrics.X_HEIGHT[style]
        up = 0.0 if box.is_glyph else box.height - metrics.SUP_DROP[script]
        down = 0.0 if box.is_glyph else box.depth + metrics.SUB_DROP[script]
        if sup is None:
            assert sub is not None
            down = max(down, metrics.SUB[style], sub.height - 0.8 * x_height)
            return Box(max(box.height, sub.height - down), max(box.depth, down + sub.depth))
        up = max(up, metrics.SUP_CRAMPED[style] if cramped else metrics.SUP[style], sup.depth + x_height / 4)
        if sub is not None:
            down = max(down, metrics.SUB_WITH_SUP[style])
            gap = (up - sup.depth) - (sub.height - down)
            if gap < 4 * metrics.RULE[style]:
                down += 4 * metrics.RULE[style] - gap
                if (lift := 0.8 * x_height - (up - sup.depth)) > 0:
                    up, down = up + lift, down - lift
        return Box(max(box.height, up + sup.height), max(box.depth, down + sub.depth if sub is not None else 0.0))

    def nucleus(self, items: Items, position: int, style: int) -> tuple[Box, int]:
        item = items[position]
        if item in ('_', '^'):
            return Box(), position
        if item == '{':
            return self.group(items, position, style)
        if not isinstance(item, str):
            return self.glyph(item, style), position + 1
        if item in _ACCENTS:
            inner, end = self.group(items, position + 1, style | _CRAMPED)
            if item in _WIDE_ACCENTS and end - position != 4:
                raise UnknownExtentError
            # The accent stands as much higher as the letter is above an x; those of scripts are not quite to scale.
            height = _ACCENTS[item][self.greatest] * metrics.POINTS[style & 3] / 10
            height += (0.1 if self.greatest else -0.1) * (style & 3 > 1)
            height += max(0.0, inner.height - metrics.X_HEIGHT[style & 3])
            return Box(height, inner.depth, is_glyph=end - position == 4), end
        if item in (r'\overline', r'\underline'):
            inner, end = self.group(items, position + 1, style | _CRAMPED * (item == r'\overline'))
            above, below = (5 * metrics.RULE[style & 3] * (item == name) for name in (r'\overline', r'\underline'))
            return Box(inner.height + above, inner.depth + below), end
        if item in _FRACTIONS:
            return self.fraction(items, position, style)
        if item == r'\sqrt':
            return self.root(items, position, style)
        if item == r'\left':
            return self.fitted(items, position, style)
        if item in SIZED:
            if position + 1 >= len(items) or items[position + 1] not in DELIMITERS or style & 3 > 1:
                raise UnknownExtentError
            return delimiter_box(metrics.DELIMITERS[SIZED[item]]), position + 2
        if style & 3 == 0 and item in metrics.LARGE:
            height, depth = (10 * length for length in metrics.LARGE[item])
            return Box(height, depth), position + 1
        box = self.glyph(item, style)
        is_operator = item in rules.LIMIT_SYMBOLS or item in metrics.LARGE or item[1:] in rules.OPERATORS
        return (Box(box.height, box.depth) if is_operator else box), position + 1

    def group(self, items: Items, position: int, style: int) -> tuple[Box, int]:
        """What is in braces at a place, as a box, and where they end."""
        if position >= len(items) or items[position] != '{':
            raise UnknownExtentError
        box, end = self.list(items, position + 1, style, _BRACE)
        if end >= len(items):
            raise UnknownExtentError
        return box, end + 1

    def fraction(self, items: Items, position: int, style: int) -> tuple[Box, int]:
        """Rule 15."""
        own = _FRACTIONS[str(items[position])]
        cramped = style & _CRAMPED
        style = style & 3 if own is None else own
        inner = min(style + 1, 3)
        above, position = self.group(items, position + 1, inner | cramped)
        below, position = self.group(items, position, inner | _CRAMPED)
        up, down, axis = metrics.NUMERATOR[style], metrics.DENOMINATOR[style], metrics.AXIS[style]
        clearance = metrics.RULE[style] * (3.5 if style == 0 else 1.5)
        up = max(up, clearance + axis + above.depth)
        down = max(down, clearance - axis + below.height)
        return Box(up + above.height, down + below.depth), position

    def root(self, items: Items, position: int, style: int) -> tuple[Box, int]:
        """Rule 11."""
        if items[position + 1 : position + 2] == ['[']:
            raise UnknownExtentError
        inner, position = self.group(items, position + 1, style | _CRAMPED)
        style &= 3
        rule = metrics.RULE[style]
        clearance = rule + (metrics.X_HEIGHT[style] if style == 0 else rule) / 4
        whole = inner.height + inner.depth + clearance
        sign = next((size for size in metrics.DELIMITERS if size >= whole + rule), None)
        if style > 1 or sign is None:
            raise UnknownExtentError
        depth = sign - rule
        if depth > whole:
            clearance = (clearance + depth - inner.height - inner.depth) / 2
        top = inner.height + clearance
        return Box(top + 2 * rule, max(inner.depth, depth - top)), position

    def fitted(self, items: Items, position: int, style: int) -> tuple[Box, int]:
        r"""A formula between `\left` and `\right`."""
        if style & 3 > 1:
            raise UnknownExtentError
        inner, end = self.list(items, position + 2, style, _RIGHT)
        if end + 1 >= len(items):
            raise UnknownExtentError
        needed = needed_height(inner, style)
        for delimiter in (items[position + 1], items[end + 1]):
            if delimiter in DELIMITERS:
                size = next((size for size in metrics.DELIMITERS if size >= needed), None)
                if size is None:
                    raise UnknownExtentError
                inner = inner.beside(delimiter_box(size))
            elif delimiter != '.':
                raise UnknownExtentError
        return Box(inner.height, inner.depth), end + 2

    def glyph(self, item: Item, style: int) -> Box:
        token, slack, deeper = str(item), _NEAR, 0.0
        if isinstance(item, tuple):
            if item[0] not in _FONTS or len(item) > 2 or (item[0] in _CAPITALS_ONLY and not item[1].isupper()):
                raise UnknownExtentError
            token, slack, deeper = item[1], _FONTS[item[0]], _DEEPER.get((item[0], item[1]), 0.0)
        extent = metrics.SYMBOLS.get(token)
        if extent is None:
            raise UnknownExtentError
        place, points = 2 * max(0, (style & 3) - 1), metrics.POINTS[style & 3]
        height, depth = extent[place : place + 2]
        if self.greatest:
            height, depth = height + slack, max(depth + slack if depth else 0.0, deeper)
        else:
            height, depth = height - slack, max(0.0, depth - slack) if slack == _NEAR or token in _TAILS else 0.0
        # A delimiter may have been one of `\right`, whose scripts stand as those of a box.
        is_glyph = token not in DELIMITERS or not self.greatest
        return Box(points * height, points * depth, is_glyph)


def rulers(style: int, cramped: bool | None) -> Iterator[tuple[Ruler, int]]:
    """Everything to measure with; whether a formula is cramped, as below a root or a line, need not be known (None)."""
    for greatest in (False, True):
        for is_cramped in (False, True) if cramped is None else (cramped,):
            yield Ruler(greatest), style | (_CRAMPED if is_cramped else 0)


def _smaller(style: int) -> int:
    """The style of scripts."""
    return (2 if style & 3 < 2 else 3) | style & _CRAMPED


def needed_height(box: Box, style: int) -> float:
    """What a delimiter around a box must measure at least, from its top to its bottom (rule 19)."""
    axis = metrics.AXIS[style & 3]
    whole = 2 * max(box.height - axis, box.depth + axis)
    return max(_FACTOR * whole, whole - _SHORTFALL)


def delimiter_box(points: float) -> Box:
    """A delimiter that measures so much, on the axis of the line."""
    axis = metrics.AXIS[0]
    return Box(points / 2 + axis, points / 2 - axis)


def _with_limits(box: Box, below: Box | None, above: Box | None) -> Box:
    """Rule 13a."""
    height, depth = box.height, box.depth
    if above is not None:
        gap = max(metrics.GAP_ABOVE, metrics.BASELINE_ABOVE - above.depth)
        height += gap + above.height + above.depth + metrics.PADDING
    if below is not None:
        gap = max(metrics.GAP_BELOW, metrics.BASELINE_BELOW - below.height)
        depth += gap + below.height + below.depth + metrics.PADDING
    return Box(height, depth)
