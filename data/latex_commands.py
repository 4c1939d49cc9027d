"""What commands become in the canonical form of LaTeX: the handlers of `latex_parser.Parser`, and `parse`."""

from collections.abc import Sequence
from typing import Final

from . import latex_rules as rules
from .latex_arguments import arguments, fraction, optional_argument, plain_table, root, slanted_fraction, unknown
from .latex_environments import environment, join, rows
from .latex_fonts import Items, combine, operator, symbol, write
from .latex_parser import Handler, Parser, UnparsableError
from .latex_text import text_argument, text_command

_RIGHT: Final = frozenset({r'\right'})
_SCRIPTS: Final = frozenset({'_', '^', "'"})


def parse(tokens: Sequence[str]) -> list[str]:
    """The canonical tokens of a formula. Raises UnparsableError."""
    return write(Parser((), HANDLERS).inside(tokens, ''))


# --- Maths ------------------------------------------------------------------------------------------------------------


def _font(parser: Parser, token: str, out: Items, font: str) -> None:
    items = parser.argument(combine(font, rules.FONTS[token]))
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
    _limits(parser, parser.argument(font), out, font)


def _limits(parser: Parser, body: Items, out: Items, font: str) -> None:
    """An operator of the author's own, whose scripts stand below and above as \\underset and \\overset."""
    body = [operator(body)] if operator(body) else body
    parser.tail = 0
    while parser.skip_space() == r'\limits':
        parser.position += 1
    is_own = len(body) != 1 or body[0] not in rules.LIMIT_SYMBOLS
    if body and is_own and not parser.in_script and parser.peek() in {'_', '^'}:
        sub, sup, _ = parser.read_scripts(font)
        out += _stack(sup, sub, body)
    else:
        out += body


def _overset(parser: Parser, token: str, out: Items, font: str) -> None:
    script, base = parser.script(font), parser.argument(font)
    base = [operator(base)] if operator(base) else base
    parser.tail = 0
    above: Items = []
    if token == r'\overset':
        above, script = script, []
    elif base[:2] == [r'\overset', '{'] and _close(base, middle := _close(base, 1)) == len(base):
        above, base = base[2 : middle - 1], base[middle + 1 : -1]
    out += _stack(above, script, base)


def _stack(above: Items, below: Items, base: Items) -> Items:
    """`base` with something above and below: as limits where it is an operator that has them."""
    if base and base[0] in rules.LIMIT_SYMBOLS:
        held = _groups(base[1:], '_^')
        if len(base) == 1 or (held and not ('^' in held and above) and not ('_' in held and below)):
            held |= ({'_': below} if below else {}) | ({'^': above} if above else {})
            return [base[0], *(item for mark in '_^' if mark in held for item in (mark, '{', *held[mark], '}'))]
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
        end = _close(items, position + 1)
        groups[mark] = items[position + 2 : end - 1]
        position = end
    return groups


def _close(items: Items, opening: int) -> int:
    """Where the group that opens at `opening` is over."""
    position, level = opening + 1, 1
    while level:
        level += (items[position] == '{') - (items[position] == '}')
        position += 1
    return position


def _left(parser: Parser, token: str, out: Items, font: str) -> None:
    opening = _delimiter(parser)
    inner = parser.sequence(font, _RIGHT)
    tail = parser.tail
    parser.position += 1
    closing = _delimiter(parser)
    if opening == r'\{' and not closing and (cases := _cases(inner)):
        out += cases
        tail = 0
    else:
        out += (*([symbol(opening, font)] if opening else []), *inner, *([symbol(closing, font)] if closing else []))
    parser.tail = 0 if closing else tail


def _sized(parser: Parser, token: str, out: Items, font: str) -> None:
    if parser.skip_space() in rules.DELIMITERS and (delimiter := _delimiter(parser)):
        out.append(symbol(delimiter, font))


def _delimiter(parser: Parser) -> str:
    token = parser.skip_space()
    if not token or token in {'{', '}', '_', '^'} or token.startswith((r'\begin{', r'\end{')):
        raise UnparsableError('a delimiter is missing')
    parser.position += 1
    token = rules.SYNONYMS.get(token, token)
    return {'.': '', '<': r'\langle', '>': r'\rangle'}.get(token, token)


def _cases(items: Items) -> Items:
    """The cases environment, if the items are one array of one or two left columns."""
    if items[:3] != [r'\begin{array}', '{', 'l'] or items.index(r'\end{array}') != len(items) - 1:
        return []
    end = items.index('}')
    return [r'\begin{cases}', *items[end + 1 : -1], r'\end{cases}'] if items[2:end] in (['l'], ['l', 'l']) else []


def _not(parser: Parser, token: str, out: Items, font: str) -> None:
    items = parser.argument(font)
    name = rules.NEGATED.get(str(items[0])) if len(items) == 1 else None
    out += [name] if name else [r'\not', *items]


def _dots(parser: Parser, token: str, out: Items, font: str) -> None:
    following = rules.SYNONYMS.get(parser.peek(), parser.peek())
    out.append(r'\cdots' if following in rules.CENTERED else r'\ldots')


def _period(parser: Parser, token: str, out: Items, font: str) -> None:
    if list(parser.tokens[parser.position : parser.position + 2]) == ['.', '.']:
        parser.position += 2
        out.append(r'\ldots')
    else:
        out.append(symbol('.', font))


def _modulo(parser: Parser, token: str, out: Items, font: str) -> None:
    word: Items = [] if token == r'\pod' else [('rm', letter) for letter in 'mod']
    out += ('(', *word, *parser.argument(font), ')') if token in {r'\pmod', r'\pod'} else word


def _prescript(parser: Parser, token: str, out: Items, font: str) -> None:
    sup, sub, base = parser.script(font), parser.script(font), parser.argument(font)
    if sub or sup:
        out += ('{', '}', *(('_', '{', *sub, '}') if sub else ()), *(('^', '{', *sup, '}') if sup else ()))
    out += base


def _buildrel(parser: Parser, token: str, out: Items, font: str) -> None:
    above = parser.sequence(font, frozenset({r'\over'}))
    parser.position += 1
    out += _stack(above, [], parser.argument(font))


def _substack(parser: Parser, token: str, out: Items, font: str) -> None:
    if parser.skip_space() != '{':
        out += parser.argument(font)
        return
    parser.position += 1
    lines = rows(parser, font, '}')
    out += (r'\substack', '{', *join(lines), '}') if len(lines) > 1 else join(lines)
    parser.tail = 0


def _newline(parser: Parser, token: str, out: Items, font: str) -> None:
    parser.bracket()


def _expand(parser: Parser, token: str, out: Items, font: str) -> None:
    out += rules.EXPANDED[token]


def _drop(parser: Parser, token: str, out: Items, font: str) -> None:
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
            out += parser.argument(font)


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
    r'\genfrac': fraction,
    r'\root': root,
    r'\mathop': _mathop,
    r'\overset': _overset,
    r'\underset': _overset,
    r'\left': _left,
    r'\not': _not,
    r'\dots': _dots,
    '.': _period,
    r'\prescript': _prescript,
    r'\buildrel': _buildrel,
    r'\substack': _substack,
    r'\\': _newline,
}
