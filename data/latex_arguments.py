"""Commands with arguments in the canonical form of LaTeX: accents, fractions, roots, plain TeX, unknown ones."""

import re
from collections.abc import Sequence
from typing import Final

from . import latex_metrics as metrics
from . import latex_rules as rules
from .latex_environments import cell_style, rows, tabulate
from .latex_fonts import Item, Items, anew, symbol
from .latex_parser import SUB, Parser

# Below these, superscripts stand lower (The TeXbook, appendix G, rules 9 to 12).
_CRAMPING: Final = frozenset({*metrics.ACCENTS, r'\widehat', r'\widetilde', r'\overline'})
_NOTHING: Final = re.compile(r'[-+]?0*[.,]?0*(?:pt|em|ex|cm|mm|in|mu|pc|bp|sp)')


def arguments(parser: Parser, token: str, out: Items, font: str) -> None:
    """A command that stays, and as many arguments as the tables say."""
    cramped = token in _CRAMPING or (parser.cramped if token == r'\underline' else None)
    inner = anew(font) if token in rules.ANEW else font
    found = [parser.argument(inner, cramped=cramped) for _ in range(rules.ARGUMENTS[token])]
    parser.tail = 0
    behind: Items = []
    if token in metrics.ACCENTS:
        found[0], behind = parser.without_subscript(found[0])
    out.append(token)
    for items in found:
        out += ('{', *items, '}')
    if behind:
        out += behind
        parser.tail = SUB


def displayed(parser: Parser, token: str, out: Items, font: str) -> None:
    """A command whose argument is in display style wherever it stands."""
    out += (token, '{', *parser.styled_argument(anew(font), 0), '}')
    parser.tail = 0


def fraction(parser: Parser, token: str, out: Items, font: str) -> None:
    r"""`\frac`, `\binom` and their like in a style of their own: `\dfrac` where the natural style is not display."""
    own = rules.FRACTIONS[token]
    style = own if own >= 0 and parser.form.sizes else parser.style
    inner = min(style + 1, 3)
    name = token if token[1] not in 'dt' else '\\' + token[2:]
    if token == r'\cfrac':
        inner = 0
        parser.bracket()
    else:
        name = parser.fraction_name(name, style)
    above = parser.styled_argument(font, inner, parser.cramped)
    below = parser.styled_argument(font, inner, cramped=True)
    out += (name, '{', *above, '}', '{', *below, '}')
    parser.tail = 0


def optional_argument(parser: Parser, token: str, out: Items, font: str) -> None:
    """`\\sqrt[3]{x}` and its like."""
    option = parser.bracket()
    font = anew(font) if option and token == r'\sqrt' else font  # such a root is set as a formula of its own
    inside = parser.inside(option, font) if option else []
    cramped = True if token == r'\sqrt' else None
    out += (token, *_option(inside), '{', *parser.argument(font, cramped=cramped), '}')
    parser.tail = 0


def root(parser: Parser, token: str, out: Items, font: str) -> None:
    """`\\root 3 \\of x` of plain TeX."""
    font = anew(font)
    degree = parser.sequence(font, frozenset({r'\of'}))
    parser.position += 1
    out += (r'\sqrt', *_option(degree), '{', *parser.argument(font, cramped=True), '}')
    parser.tail = 0


def _option(items: Items) -> Items:
    """An optional argument, in braces where it holds the bracket that would end it."""
    if ']' in items:
        items = ['{', *items, '}']
    return ['[', *items, ']'] if items else []


def general_fraction(parser: Parser, token: str, out: Items, font: str) -> None:
    """`\\genfrac{(}{)}{0pt}{style}{n}{k}` of amsmath, section 4.11.3: delimiters, thickness, style, what is set."""
    opening, closing = _delimiter(parser), _delimiter(parser)
    has_line = not _NOTHING.fullmatch(''.join(parser.raw_argument()))
    number = ''.join(parser.raw_argument())
    style = int(number) if number in {'0', '1', '2', '3'} else parser.style
    above, below = (parser.styled_argument(font, min(style + 1, 3), its) for its in (parser.cramped, True))
    parser.tail = 0
    if not has_line and (opening, closing) != ('(', ')'):
        out += parser.stack(opening, closing, above, below)
        return
    name = parser.fraction_name(r'\frac' if has_line else r'\binom', style)
    body: Items = [name, '{', *above, '}', '{', *below, '}']
    if has_line and (opening or closing):
        body = _delimited(parser, [symbol(name, font) if name else '' for name in (opening, closing)], body, style)
    out += body


def _delimited(parser: Parser, pair: Sequence[Item], body: Items, style: int) -> Items:
    """A fraction between delimiters, which TeX makes as large as the style says, whatever it consists of."""
    if style > 1 and parser.form.sizes:
        return [r'\left', pair[0] or '.', *body, r'\right', pair[1] or '.']
    size: Items = [(r'\bigg', r'\big')[style]] if parser.form.sizes else []
    parser.has_sizes |= parser.form.sizes
    left, right = ([*size, delimiter] if delimiter else [] for delimiter in pair)
    return [*left, *body, *right]


def _delimiter(parser: Parser) -> str:
    found = [token for token in parser.raw_argument() if token not in rules.DROPPED and token not in rules.SIZED]
    token = rules.SYNONYMS.get(found[0], found[0]) if found else ''
    return rules.DELIMITER_NAMES.get(token, token) if token in rules.DELIMITERS else ''


def slanted_fraction(parser: Parser, token: str, out: Items, font: str) -> None:
    """`\\nicefrac{a}{b}`: the digits are smaller than those of `a/b`, which is its name here."""
    parser.bracket()
    above, below = (parser.braced(parser.argument(font)) for _ in range(2))
    out += (*above, symbol('/', font), *below)


def plain_table(parser: Parser, token: str, out: Items, font: str) -> None:
    """`\\pmatrix{a & b \\cr c & d}`."""
    if parser.skip_space() != '{':
        out.append(symbol(token, font))
        return
    parser.position += 1
    name = rules.PLAIN_TABLES[token]
    out += tabulate(parser, name, rows(parser, anew(font), '}', cell_style(name)))
    parser.tail = 0


def unknown(parser: Parser, token: str, out: Items, font: str) -> None:
    """A command that no table holds: groups right behind it may be its arguments and keep their braces."""
    out.append(symbol(token, font))
    position, option = parser.position, parser.bracket()
    if option is not None and parser.peek() == '{':
        out += _option(parser.inside(option, font)) or ['[', ']']
    else:
        parser.position = position
    while parser.peek() == '{':
        parser.position += 1
        out += ('{', *parser.group(font), '}')
        parser.tail = 0
