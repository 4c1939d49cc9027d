r"""Whether `\left` and `\right` around a formula draw larger delimiters than plain ones.

TeX's rules for the height and depth of scripts and the size of delimiters (The TeXbook, appendix G, rules 18 and 19)
over the metrics of Computer Modern, for what is simple: symbols, their accents and scripts. All lengths are in em of
the size they are set in. What is not known here counts as tall, so an answer of 'plain' is certain.
"""

from dataclasses import dataclass
from typing import Final

from .latex_fonts import Item, Items

# Height and depth of the glyphs, from the fonts' metrics (cmr, cmmi, cmsy, msbm at 5, 7 and 10 pt: the larger one).
_EXTENTS: Final = {
    (0.431, 0.0): r"""acemnorsuvwxz \alpha \epsilon \varepsilon \iota \kappa \nu \omega \pi \sigma \tau \upsilon \varpi
        :""",
    (0.431, 0.194): r'gpqy; \gamma \eta \mu \rho \chi \varrho \varsigma',
    (0.583, 0.119): r'+- \pm \mp \times \cdot \oplus \ominus \otimes \odot \div',
    (0.5, 0.0): r'= * \circ \bullet \ast \star \sim \simeq \approx \rightarrow \leftarrow \ldots \cdots',
    (0.636, 0.185): r'\leq \geq \equiv \subseteq \supseteq',
    (0.6, 0.101): r'<> \in \ni \subset \supset \ll \gg',
    (0.66, 0.0): 'it0123456789',
    (0.66, 0.194): 'j',
    (0.106, 0.194): ',.',
    (0.694, 0.0): r"""ABCDEFGHIJKLMNOPRSTUVWXYZbdhkl! \Gamma \Delta \Theta \Lambda \Xi \Pi \Sigma \Upsilon \Phi
        \Psi \Omega \delta \lambda \theta \partial \infty \ell \hbar \perp \top \emptyset \forall \exists \Re \Im \wedge
        \vee \cap \cup \dagger""",
    (0.694, 0.194): r'Qf \beta \zeta \xi \phi \varphi \psi \vartheta \nabla',
    (0.75, 0.25): r'()[]/| \{ \} \| \langle \rangle \lfloor \rfloor \lceil \rceil \setminus',
    (0.556, 0.0): r'\prime',
}  # fmt: skip
_GLYPHS: Final[dict[str, tuple[float, float]]] = {
    token: extent
    for extent, names in _EXTENTS.items()
    for word in names.split()
    for token in ([word] if word.startswith('\\') else word)
}
# Heights of accents over a letter of x-height; over a taller one they stand higher by what it is taller.
_ACCENTS: Final = {r'\hat': 0.694, r'\tilde': 0.668, r'\bar': 0.568, r'\dot': 0.668, r'\vec': 0.714, r'\ddot': 0.668}
_DELIMITED: Final = (0.75, 0.25)
_X_HEIGHT: Final = 0.431
_AXIS: Final = 0.25
_DELIMITER: Final = 1.0  # height and depth of a plain delimiter together
_FACTOR: Final = 0.901  # \delimiterfactor
_SHORTFALL: Final = 5.0  # \delimitershortfall, in points
_SIZES: Final = (10.0, 10.0, 7.0, 5.0)  # points, by style: display, text, script, scriptscript
# Fontdimens 13 and 14 (superscripts in display, in text), 16 and 17 (subscripts alone, with a superscript), by style.
_SUP: Final = (0.413, 0.363, 0.431, 0.404)
_SUB: Final = (0.15, 0.15, 0.143, 0.2)
_SUB_WITH_SUP: Final = (0.248, 0.248, 0.286, 0.4)
# Fontdimens 18 and 19 of the scripts' size, for nuclei that are no single glyph; and four times fontdimen 8.
_SUP_DROP: Final = 0.24
_SUB_DROP: Final = 0.05
_GAP: Final = 0.16
_LONGEST: Final = 400  # items; longer ones are not worth the time
_PLAIN_FONTS: Final = frozenset({'rm', 'bf', 'it', 'sf', 'cal', 'bb', 'sym'})


class _TallError(Exception):
    """Something whose size is not known here."""


@dataclass
class _Box:
    height: float = 0.0
    depth: float = 0.0

    def beside(self, other: '_Box') -> '_Box':
        return _Box(max(self.height, other.height), max(self.depth, other.depth))


def is_plain(items: Items, style: int) -> bool:
    r"""Whether TeX surely gives `\left(items\right)` delimiters of the usual size; style: 0 display to 3."""
    if style > 1 or len(items) > _LONGEST:
        return False
    try:
        box, _ = _list(items, 0, style)
    except _TallError:
        return False
    size = _SIZES[style]
    needed = 2 * max(box.height - _AXIS, box.depth + _AXIS)
    return max(_FACTOR * needed, needed - _SHORTFALL / size) <= _DELIMITER


def _list(items: Items, position: int, style: int) -> tuple[_Box, int]:
    """The extent of a list up to its closing brace or the end, and where it ended."""
    box = _Box()
    while position < len(items) and items[position] != '}':
        atom, position = _atom(items, position, style)
        box = box.beside(atom)
    return box, position


def _atom(items: Items, position: int, style: int) -> tuple[_Box, int]:
    # A delimiter may have been a `\\right` one, whose scripts stand as far out as those of a box.
    is_glyph = not isinstance(items[position], str) or _GLYPHS.get(str(items[position]), _DELIMITED) != _DELIMITED
    box, position = _nucleus(items, position, style)
    scripts: dict[str, _Box] = {}
    while position < len(items) and (mark := items[position]) in ('_', '^'):
        inner, position = _group(items, position + 1, min(style + 1 if style > 1 else 2, 3))
        scripts[str(mark)] = inner
    if not scripts:
        return box, position
    ratio = _SIZES[min(style + 1 if style > 1 else 2, 3)] / _SIZES[style]
    sup, sub = scripts.get('^'), scripts.get('_')
    height, depth = box.height, box.depth
    if sup is not None:
        # A cramped superscript stands lower, which is no danger.
        shift = max(_SUP[style], ratio * sup.depth + _X_HEIGHT / 4, 0.0 if is_glyph else box.height - _SUP_DROP)
        height = max(height, shift + ratio * sup.height)
    if sub is not None:
        drop = 0.0 if is_glyph else box.depth + _SUB_DROP
        if sup is None:
            shift = max(_SUB[style], ratio * sub.height - 0.8 * _X_HEIGHT, drop)
        else:  # at least four rules' thickness between them
            shift = max(_SUB_WITH_SUP[style], drop)
            shift += max(0.0, _GAP - (_SUP[style] - ratio * sup.depth) + (ratio * sub.height - shift))
        depth = max(depth, shift + ratio * sub.depth)
    return _Box(height, depth), position


def _nucleus(items: Items, position: int, style: int) -> tuple[_Box, int]:
    item = items[position]
    if item == '{':
        return _group(items, position, style)
    if item in ('_', '^'):
        return _Box(), position
    if isinstance(item, str) and item in _ACCENTS:
        inner, end = _group(items, position + 1, style)
        return _Box(_ACCENTS[item] + max(0.0, inner.height - _X_HEIGHT), inner.depth), end
    return _glyph(item), position + 1


def _group(items: Items, position: int, style: int) -> tuple[_Box, int]:
    if position >= len(items) or items[position] != '{':
        raise _TallError
    box, position = _list(items, position + 1, style)
    if position >= len(items):
        raise _TallError
    return box, position + 1


def _glyph(item: Item) -> _Box:
    token = item
    if isinstance(item, tuple):
        if item[0] not in _PLAIN_FONTS or len(item) > 2:
            raise _TallError
        token = item[1]
    extent = _GLYPHS.get(str(token))
    if extent is None:
        raise _TallError
    return _Box(*extent)
