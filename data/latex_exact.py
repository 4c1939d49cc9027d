r"""The exact rules of the canonical form alone: what they change leaves the page as it is, to the last bit.

Braces around arguments and scripts, one order of scripts, names that TeX itself takes for the same, `\over` and its
like, fonts as commands, what draws nothing (comments, labels). All else stays as it was written.
"""

from typing import Final

from . import latex_rules as rules
from .latex_arguments import optional_argument, root
from .latex_fonts import Item, Items
from .latex_form import MissingArgument
from .latex_parser import Handler, Parser
from .token_spans import close

_NOTHING: Final = frozenset({r'\nonumber', r'\notag'})
# Thickness and delimiters, as arguments of \genfrac.
_FRACTIONS: Final = {
    r'\choose': ('(', ')'),
    r'\brack': ('[', ']'),
    r'\brace': (r'\{', r'\}'),
    r'\atop': ('', ''),
}
_SWITCHED: Final = {r'\bf': r'\mathbf', r'\rm': r'\mathrm', r'\it': r'\mathit', r'\sf': r'\mathsf', r'\tt': r'\mathtt',
                    r'\cal': r'\mathcal'}  # fmt: skip


class ExactParser(Parser):
    """Keeps groups, space, styles and what else TeX sees."""

    synonyms = rules.EXACT_SYNONYMS

    def switch(self, token: str, out: Items, font: str, stop: frozenset[str]) -> str:
        if out or token not in _SWITCHED:
            out.append(token)
        else:
            out += (_SWITCHED[token], '{', *self.sequence(font, stop), '}')
        return font

    def restyle(self, token: str, out: Items) -> None:
        out.append(token)

    def space(self, token: str, out: Items, font: str) -> bool:
        if token not in _NOTHING:
            out.append(token if token in rules.WORD_SPACE else rules.SPACES.get(token, token))
        return token not in _NOTHING

    def skip_space(self) -> str:
        return self.peek()

    def script(self, font: str, mark: str) -> Items:
        return super().script(font, mark) or ['{', '}']

    def lowered(self, items: Items, mark: str) -> Items:
        return items

    def begins_with_space(self, script: str) -> str:
        return ''

    def takes_scripts(self, base: Items) -> bool:
        return True

    def may_join(self, base: Items) -> bool:
        return False

    def continues(self, atom: Items, sub: Items, sup: Items) -> bool:
        return False

    def natural_limits(self, base: Items) -> str:
        return ''

    def braced(self, items: Items) -> Items:
        is_alone = self.is_atom or (len(items) == 1 and items[0] in rules.ORDINARY_ATOMS)
        is_group = items[:1] == ['{'] and close(items, 0) == len(items)
        if is_alone or is_group:
            return items
        self.tail = 0
        return ['{', *items, '}']

    def bare(self, items: Items) -> Items:
        return items  # an accent stands otherwise over a group

    def fraction(self, infix: str, above: Items, below: Items) -> Items:
        if infix == r'\over':
            return [r'\frac', '{', *above, '}', '{', *below, '}']
        delimiters = [part for name in _FRACTIONS[infix] for part in ('{', *([name] if name else []), '}')]
        return [r'\genfrac', *delimiters, *'{0pt}{}', '{', *above, '}', '{', *below, '}']


def _command(count: int) -> Handler:
    """A command that stays, with that many arguments."""

    def handle(parser: Parser, token: str, out: Items, font: str) -> None:
        found = [parser.argument(font) for _ in range(count)]
        out.append(token)
        for items in found:
            out.extend(('{', *items, '}'))
        parser.tail = 0

    return handle


def _verbatim(parser: Parser, token: str, out: Items, font: str) -> None:
    """A command with its arguments as they stand; in text, spaces are spaces."""
    out.append(token)
    while parser.peek() == '[' and (option := parser.bracket()) is not None:
        out += ('[', *option, ']')
    if token in {r'\hbox', r'\vbox'}:
        while parser.peek() not in {'{', ''}:
            out.append(parser.tokens[parser.position])
            parser.position += 1
    if parser.peek() == '*':
        out.append('*')
        parser.position += 1
    count = rules.UNWRAPPED[token][1] if token in rules.UNWRAPPED else rules.DROPPED_WITH_ARGUMENTS.get(token, 1)
    for _ in range(count):
        argument: list[Item] = [' ' if part == '~' else part for part in parser.raw_argument()]
        out += ('{', *argument, '}')
        while token == r'\raisebox' and parser.peek() == '[' and (option := parser.bracket()) is not None:
            out += ('[', *option, ']')
    parser.tail = 0


def _length(parser: Parser, token: str, out: Items, font: str) -> None:
    start = parser.position
    parser.length()
    out += (token, *parser.tokens[start : parser.position], r'\relax')
    while parser.peek() == r'\relax':
        parser.position += 1


def _label(parser: Parser, token: str, out: Items, font: str) -> None:
    parser.raw_argument()


def _operator(parser: Parser, token: str, out: Items, font: str) -> None:
    items = parser.argument(font)
    name = ''.join(str(item) for item in items)
    limited = name in rules.LIMIT_OPERATORS
    if name in rules.OPERATORS and (token == r'\operatorname*') == limited:
        out.append('\\' + name)
    else:
        out += (token, '{', *items, '}')
    parser.tail = 0


def _left(parser: Parser, token: str, out: Items, font: str) -> None:
    opening = _delimiter(parser)
    inner = parser.sequence(font, frozenset({r'\right'}))
    parser.position += 1
    out += (r'\left', opening, *inner, r'\right', _delimiter(parser))
    parser.tail = 0


def _delimiter(parser: Parser) -> str:
    token = parser.synonyms.get(parser.peek(), parser.peek())
    if token not in rules.DELIMITERS:
        raise MissingArgument('a delimiter')
    parser.position += 1
    return token


def _symbol(parser: Parser, token: str, out: Items, font: str) -> None:
    out.append(token)


def _newline(parser: Parser, token: str, out: Items, font: str) -> None:
    option = parser.bracket()
    out.append(token)
    if option is not None:
        out += ('[', *option, ']')


def _environment(parser: Parser, token: str, out: Items, font: str) -> None:
    name = token[len(r'\begin{') : -1]
    end = rf'\end{{{name}}}'
    out.append(token)
    if (option := parser.bracket()) is not None:
        out += ('[', *option, ']')
    if name in rules.ARRAYS or name.removesuffix('*') in rules.ENVIRONMENT_ARGUMENT:
        out += ('{', *parser.raw_argument(), '}')
    # A cell ends what began in it, as a group does.
    while (parser.peek()) != end:
        out += parser.sequence(font, frozenset({'&', r'\\', r'\cr', end}))
        if parser.peek() == end:
            break
        separator = parser.peek()
        parser.position += 1
        if separator == '&':
            out.append(separator)
        else:
            _newline(parser, separator, out, font)
    parser.position += 1
    out.append(end)
    parser.tail = 0


def _buildrel(parser: Parser, token: str, out: Items, font: str) -> None:
    above = parser.sequence(font, frozenset({r'\over'}))
    parser.position += 1
    base = parser.argument(font)
    out += (r'\mathrel', '{', r'\mathop', '{', *base, '}', r'\limits', '^', '{', *above, '}', '}')
    parser.tail = 0


EXACT_HANDLERS: Final[dict[str, Handler]] = {
    **{name: _command(count) for name, count in rules.ARGUMENTS.items()},
    **{name: _command(1) for name in (*rules.FONTS, r'\mathop', r'\pmod', r'\substack', *rules.DISPLAYED)},
    **{name: _command(2) for name in (*rules.FRACTIONS, r'\stackrel', r'\nicefrac')},
    **dict.fromkeys((*rules.TEXT, *rules.UNWRAPPED, *rules.DROPPED_WITH_ARGUMENTS), _verbatim),
    **{name: _command(1) for name in rules.UNWRAPPED if name[:5] in {r'\math', r'\smas'} and name != r'\mathchoice'},
    **dict.fromkeys(rules.DROPPED_WITH_LENGTH, _length),
    **dict.fromkeys(rules.OPTIONAL, optional_argument),
    **dict.fromkeys((*rules.SIZED, r'\not', r'\dots', '.', *rules.EXPANDED), _symbol),
    r'\operatorname': _operator,
    r'\operatorname*': _operator,
    r'\label': _label,
    r'\root': root,
    r'\left': _left,
    r'\\': _newline,
    r'\buildrel': _buildrel,
    r'\prescript': _command(3),
    'environment': _environment,
    'unknown': _symbol,
}  # fmt: skip
