"""What commands become in the canonical form of LaTeX: the handlers of `latex_parser.Parser`, and `parse`."""

from collections.abc import Sequence
from typing import Final

from . import latex_rules as rules
from .latex_arguments import (
    arguments,
    displayed,
    fraction,
    general_fraction,
    optional_argument,
    plain_table,
    root,
    slanted_fraction,
    unknown,
)
from .latex_environments import environment, join, rows, unwrapped, without_needless_table
from .latex_exact import EXACT_HANDLERS, ExactParser
from .latex_extent import is_plain, lone_size, shortest_tail
from .latex_fonts import Items, anew, combine, name_functions, operator, symbol, write
from .latex_form import CANONICAL, Form, MissingArgument
from .latex_parser import Handler, Parser
from .latex_symbols import WITHOUT_ARGUMENT
from .latex_text import text_argument, text_command
from .token_spans import close

_RIGHT: Final = frozenset({r'\right'})
_SCRIPTS: Final = frozenset({'_', '^', "'"})
# Put on top of a letter by hand.
_DOTS_ON_TOP: Final = {'.': r'\dot', '..': r'\ddot'}
_SIZE_NAMES: Final = {1: r'\big', 2: r'\Big', 3: r'\bigg', 4: r'\Bigg'}


def parse(tokens: Sequence[str], form: Form = CANONICAL) -> list[str]:
    """The canonical tokens of a formula. Raises LatexError."""
    if form.exact:
        return [str(item) for item in ExactParser((), EXACT_HANDLERS, form).inside(tokens, '')]
    items = without_needless_table(Parser((), HANDLERS, form).inside(tokens, ''))
    return name_functions(write(items, form.fonts))


# --- Maths ------------------------------------------------------------------------------------------------------------


def _font(parser: Parser, token: str, out: Items, font: str) -> None:
    items = parser.braced(parser.argument(combine(font, rules.FONTS[token]), cramped=parser.cramped))
    tail = parser.tail
    name = operator(items)
    if token == r'\operatorname*':
        _limits(parser, items, out, font)
        return
    # \mathrm{max} has its scripts at its side.
    if name and not (token == r'\mathrm' and name[1:] in rules.LIMIT_OPERATORS and parser.skip_space() in _SCRIPTS):
        items = [name]
    out += items
    parser.tail = tail if len(items) > 1 else 0


def _mathop(parser: Parser, token: str, out: Items, font: str) -> None:
    _limits(parser, parser.braced(parser.argument(font)), out, font)


def _limits(parser: Parser, body: Items, out: Items, font: str) -> None:
    """An operator of the author's own, whose scripts stand below and above as \\underset and \\overset."""
    body = [operator(body)] if operator(body) else body
    parser.tail = 0
    if len(body) == 1 and body[0] in rules.LIMIT_SYMBOLS:
        if parser.style != parser.natural:
            parser.show_style(out)
        out += body
        return
    has_limits = parser.style == 0
    while (token := parser.skip_space()) in rules.LIMITS:
        has_limits = token == r'\limits' or (token == r'\displaylimits' and parser.style == 0)
        parser.position += 1
    if body and has_limits and token in {'_', '^'}:
        sub, sup, _ = parser.read_scripts(font)
        out += _stack(parser, sup, sub, body)
    else:
        out += body


def _overset(parser: Parser, token: str, out: Items, font: str) -> None:
    script = parser.script(font, '_' if token == r'\underset' else '^')
    base = parser.argument(font, cramped=parser.cramped)
    base = [operator(base)] if operator(base) else base if script else parser.braced(base)
    parser.tail = 0
    if token == r'\overset' and (accent := _DOTS_ON_TOP.get(''.join(map(str, script)))):
        out += (accent, '{', *base, '}')
        return
    above: Items = []
    if token == r'\overset':
        above, script = script, []
    elif base[:2] == [r'\overset', '{'] and close(base, middle := close(base, 1)) == len(base):
        above, base = base[2 : middle - 1], base[middle + 1 : -1]
    out += _stack(parser, above, script, base)


def _stack(parser: Parser, above: Items, below: Items, base: Items) -> Items:
    """`base` with something above and below: as limits where it is an operator that has them."""
    if base and base[0] in rules.LIMIT_SYMBOLS:
        held = _groups([item for item in base[1:] if item != r'\limits'], '_^')
        if len(base) == 1 or (held and not ('^' in held and above) and not ('_' in held and below)):
            held |= ({'_': below} if below else {}) | ({'^': above} if above else {})
            limits = [] if parser.style == 0 or not parser.form.sizes else [r'\limits']
            return [
                base[0],
                *limits,
                *(item for mark in '_^' if mark in held for item in (mark, '{', *held[mark], '}')),
            ]
    if below:
        base = [r'\underset', '{', *below, '}', '{', *base, '}']
    return [r'\overset', '{', *above, '}', '{', *base, '}'] if above else base


def _groups(items: Items, marks: str) -> dict[str, Items]:
    """The groups that the items consist of, each by the mark before it; empty if there is more than that."""
    groups: dict[str, Items] = {}
    position = 0
    while position < len(items):
        mark = str(items[position])
        if mark not in set(marks) or mark in groups:
            return {}
        end = close(items, position + 1)
        groups[mark] = items[position + 2 : end - 1]
        position = end
    return groups


def _left(parser: Parser, token: str, out: Items, font: str) -> None:
    opening = _delimiter(parser)
    inner = parser.sequence(font, _RIGHT)
    tail, leaks = parser.tail, parser.leaks
    parser.position += 1
    closing = _delimiter(parser)
    plain = [item for item in inner if item != r'\middle']
    pair = [[symbol(delimiter, font)] if delimiter else [] for delimiter in (opening, closing)]
    if matrix := _matrix(opening, inner, closing):
        out += matrix
    elif not (opening or closing or leaks or len(plain) < len(inner) or parser.skip_space() in _SCRIPTS):
        out += inner  # two invisible delimiters
    elif parser.form.sizes and not leaks and (lone := _lone(parser, opening, inner, closing)):
        # Where the invisible one of the two stands, nobody sees.
        out += (*([lone] if opening else []), *pair[0], *plain, *([lone] if closing else []), *pair[1])
        parser.has_sizes = True
    elif parser.form.sizes and (
        leaks or not is_plain(plain, parser.style, [one for one in (opening, closing) if one], parser.cramped)
    ):
        keeps = opening or leaks or len(plain) < len(inner)
        start = 0 if keeps else shortest_tail(inner, parser.style, parser.cramped)
        out += (*inner[:start], r'\left', *(pair[0] or '.'), *inner[start:], r'\right', *(pair[1] or '.'))
        closing = closing or '.'
    else:
        out += (*pair[0], *plain, *pair[1])
    parser.tail = 0 if closing else tail


def _lone(parser: Parser, opening: str, inner: Items, closing: str) -> str:
    r"""The `\big` or its like as which `\left.` ... `\right|` draws its only delimiter; nothing if there is none."""
    if bool(opening) == bool(closing) or r'\middle' in inner:
        return ''
    has_scripts = bool(closing) and parser.peek() in _SCRIPTS
    return _SIZE_NAMES.get(lone_size(inner, parser.style, opening or closing, has_scripts, parser.cramped) or 0, '')


def _sized(parser: Parser, token: str, out: Items, font: str) -> None:
    start = parser.position
    is_braced = parser.skip_space() == '{'
    parser.position += is_braced
    if parser.skip_space() not in rules.DELIMITERS:
        parser.position = start
        return
    delimiter = _delimiter(parser)
    if is_braced:
        if parser.skip_space() != '}':
            parser.position = start
            return
        parser.position += 1
    if delimiter:
        out += ([rules.SIZED[token]] if parser.form.sizes else []) + [symbol(delimiter, font)]
        parser.has_sizes |= parser.form.sizes


def _delimiter(parser: Parser) -> str:
    token = parser.skip_space()
    if not token or token in {'{', '}', '_', '^'} or token.startswith((r'\begin{', r'\end{')):
        raise MissingArgument('a delimiter')
    parser.position += 1
    token = rules.SYNONYMS.get(token, token)
    return rules.DELIMITER_NAMES.get(token, token)


def _matrix(opening: str, items: Items, closing: str) -> Items:
    """The environment of a matrix and its delimiters, if the items are that."""
    name = rules.DELIMITED_MATRICES.get((opening, closing))
    if name is None or items[:1] != [r'\begin{matrix}'] or _end_of_environment(items) != len(items):
        return []
    return [rf'\begin{{{name}}}', *items[1:-1], rf'\end{{{name}}}']


def _end_of_environment(items: Items) -> int:
    """Where the environment that the items begin with is over."""
    level = 0
    for position, item in enumerate(items):
        if isinstance(item, str):
            level += item.startswith(r'\begin{') - item.startswith(r'\end{')
            if not level:
                return position + 1
    return len(items)


def _not(parser: Parser, token: str, out: Items, font: str) -> None:
    items = parser.braced(parser.argument(font))
    name = rules.NEGATED.get(str(items[0])) if len(items) == 1 else None
    out += [name] if name else [r'\not', *items]


def _dots(parser: Parser, token: str, out: Items, font: str) -> None:
    out.append(r'\cdots' if parser.peek() in rules.CENTERED else r'\ldots')


def _centered_dot(parser: Parser, token: str, out: Items, font: str) -> None:
    dot = symbol(token, font)
    if out[-2:] == [dot, dot]:
        out[-2:] = [r'\cdots']
    else:
        out.append(dot)


def _period(parser: Parser, token: str, out: Items, font: str) -> None:
    if list(parser.tokens[parser.position : parser.position + 2]) == ['.', '.']:
        parser.position += 2
        out.append(r'\ldots')
    else:
        out.append(symbol('.', font))


def _unstroked(parser: Parser, token: str, out: Items, font: str) -> None:
    r"""In maths `\l` lacks the stroke that it has in text, and is a letter l."""
    out.append(symbol(token[1:], font))


def _modulo(parser: Parser, token: str, out: Items, font: str) -> None:
    word: Items = [] if token == r'\pod' else [('rm', letter) for letter in 'mod']
    out += ('(', *word, *parser.braced(parser.argument(font)), ')') if token in {r'\pmod', r'\pod'} else word


def _prescript(parser: Parser, token: str, out: Items, font: str) -> None:
    sup, sub, base = parser.script(font, '^'), parser.script(font, '_'), parser.braced(parser.argument(font))
    if sub or sup:
        out += ('{', '}', *(('_', '{', *sub, '}') if sub else ()), *(('^', '{', *sup, '}') if sup else ()))
    out += base


def _buildrel(parser: Parser, token: str, out: Items, font: str) -> None:
    above = parser.sequence(font, frozenset({r'\over'}))
    parser.position += 1
    base = parser.argument(font)
    out += _stack(parser, above, [], base if above else parser.braced(base))


def _substack(parser: Parser, token: str, out: Items, font: str) -> None:
    if parser.skip_space() != '{':
        out += parser.argument(font)
        return
    parser.position += 1
    lines = rows(parser, anew(font), '}', 2)
    out += (r'\substack', '{', *join(lines), '}') if len(lines) > 1 else unwrapped(lines)
    parser.tail = 0


def _angstrom(parser: Parser, token: str, out: Items, font: str) -> None:
    # The letter's own name is unknown to MathJax.
    out += (r'\mathring', '{', ('rm', 'A'), '}')


def _newline(parser: Parser, token: str, out: Items, font: str) -> None:
    parser.bracket()


def _expand(parser: Parser, token: str, out: Items, font: str) -> None:
    out += rules.EXPANDED[token]


def _drop(parser: Parser, token: str, out: Items, font: str) -> None:
    start = parser.position
    _skip(parser, token)
    if parser.form.spacing == 'all' and token in rules.HORIZONTAL:
        length = [part for part in parser.tokens[start : parser.position] if part not in {'{', '}', '*', *rules.SPACES}]
        out += (r'\mspace' if length[-2:] == ['m', 'u'] else r'\hspace', '{', *length, '}')


def _skip(parser: Parser, token: str) -> None:
    """Reads the arguments of a command that is dropped."""
    if token in rules.DROPPED_WITH_LENGTH:
        parser.length()
        return
    if token in {r'\cite', r'\color'}:
        parser.bracket()
    if token in {r'\hspace', r'\vspace', r'\tag'} and parser.skip_space() == '*':
        parser.position += 1
    for _ in range(rules.DROPPED_WITH_ARGUMENTS[token]):
        parser.raw_argument()


def _unwrap(parser: Parser, token: str, out: Items, font: str) -> None:
    kept, count = rules.UNWRAPPED[token]
    kept = parser.style if token == r'\mathchoice' else kept
    font = anew(font) if token in rules.ANEW else font
    if token in rules.UNWRAPPED_WITH_OPTION:
        parser.bracket()
    for index in range(count):
        if index != kept:
            parser.raw_argument()
            if token == r'\raisebox':
                parser.bracket()
        elif token in rules.UNWRAPPED_TEXT:
            out += text_argument(parser, 'rm')
        else:
            out += parser.braced(parser.argument(font))


HANDLERS: Final[dict[str, Handler]] = {
    **dict.fromkeys(rules.ARGUMENTS, arguments),
    **dict.fromkeys(rules.OPTIONAL, optional_argument),
    **dict.fromkeys(rules.FONTS, _font),
    **dict.fromkeys(rules.TEXT, text_command),
    **dict.fromkeys((*rules.DROPPED_WITH_ARGUMENTS, *rules.DROPPED_WITH_LENGTH), _drop),
    **dict.fromkeys(rules.UNWRAPPED, _unwrap),
    **dict.fromkeys(rules.SIZED, _sized),
    **dict.fromkeys(rules.EXPANDED, _expand),
    **dict.fromkeys((r'\pmod', r'\pod', r'\bmod', r'\mod'), _modulo),
    **dict.fromkeys(rules.PLAIN_TABLES, plain_table),
    **dict.fromkeys((r'\nicefrac', r'\sfrac'), slanted_fraction),
    'environment': environment,
    'unknown': unknown,
    **dict.fromkeys(rules.FRACTIONS, fraction),
    **dict.fromkeys(rules.DISPLAYED, displayed),
    r'\genfrac': general_fraction,
    r'\root': root,
    r'\mathop': _mathop,
    r'\overset': _overset,
    r'\underset': _overset,
    r'\left': _left,
    r'\not': _not,
    r'\dots': _dots,
    '.': _period,
    r'\cdot': _centered_dot,
    r'\prescript': _prescript,
    r'\buildrel': _buildrel,
    r'\substack': _substack,
    r'\\': _newline,
    r'\AA': _angstrom,
    r'\l': _unstroked,
}

# All that canonical LaTeX may consist of.
KNOWN: Final = (WITHOUT_ARGUMENT | HANDLERS.keys() | {*rules.SPACES.values()}) - {'environment', 'unknown'}
