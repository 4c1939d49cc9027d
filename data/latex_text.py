"""Text inside of maths (`\\text`, `\\mbox`, ...) in the canonical form of LaTeX."""

from typing import Final

from . import latex_rules as rules
from .latex_fonts import Items, combine_text, symbol, text_symbol
from .latex_form import UnbalancedGroup, UnsupportedCommand
from .latex_parser import Parser

_GROUP: Final = frozenset({'}'})


def text_command(parser: Parser, token: str, out: Items, font: str) -> None:
    _box_size(parser, token)
    outer = parser.style, parser.natural
    if token in rules.UNSCALED:
        parser.style = 1
    if (size := _size(parser)) is not None:
        parser.style = max(size, 1)
    items = text_argument(parser, rules.TEXT[token])
    if parser.form.sizes and parser.style != parser.natural and max(parser.style, parser.natural) > 1 and items:
        items = ['{', rules.STYLE_NAMES[parser.style], *items, '}']
    parser.style, parser.natural = outer
    out += [r'\boxed', '{', *items, '}'] if token in rules.FRAMED else items
    parser.tail = 0


def _size(parser: Parser) -> int | None:
    """The style whose letters are as large as the text that follows, if it begins with a size."""
    ahead = [token for token in parser.tokens[parser.position : parser.position + 6] if token not in rules.WORD_SPACE]
    size = next((token for token in ahead if token not in {'{', *rules.TEXT_SWITCHES}), '')
    return rules.TEXT_SIZES.get(size)


def text_argument(parser: Parser, font: str, maths_font: str = '') -> Items:
    token = parser.skip_space()
    if token == '{':
        parser.position += 1
        items = _text(parser, font, maths_font, _GROUP)
        parser.position += 1
        return items
    if token == '-':
        parser.position += 1
        return [text_symbol(token, font)]
    return parser.argument(font if token in rules.LETTERS or token in rules.DIGITS else '')


def text_cell(parser: Parser, stop: frozenset[str]) -> Items:
    """A cell of a column of text, up to a token of `stop`.

    Raises UnsupportedCommand for more than single letters outside of its maths: spaces are not known here.
    """
    start = parser.position
    items = _text(parser, 'rm', '', stop)
    is_maths, level, before = False, 0, ''
    for token in parser.tokens[start : parser.position]:
        is_maths ^= token == '$'
        level += (token == '{') - (token == '}')
        if not (is_maths or level) and token in rules.LETTERS and before in rules.LETTERS:
            raise UnsupportedCommand('words in a column of text')
        before = token
    return items


def _text(parser: Parser, font: str, maths_font: str, stop: frozenset[str]) -> Items:
    """Text up to a token of `stop`; maths in it begins with `maths_font`."""
    parser.descend()
    out: Items = []
    while (token := parser.peek()) not in stop:
        if not token:
            raise UnbalancedGroup('the end of a text is missing')
        parser.position += 1
        if token in rules.LETTERS or token in rules.DIGITS:
            out.append(symbol(token, font))
        elif token in rules.TEXT_SPACE:
            out.append(text_symbol('~', font))
        elif token in {'$', r'\('}:
            out += parser.braced(parser.sequence(maths_font, frozenset({'$' if token == '$' else r'\)'})))
            parser.position += 1
        elif token == '{':
            out += _text(parser, font, maths_font, _GROUP)
            parser.position += 1
        elif token in rules.TEXT_SWITCHES:
            font = combine_text(font, rules.TEXT_SWITCHES[token])
        elif token == r'\boldmath':
            maths_font = 'sym'
        elif token in rules.TEXT and token not in rules.FRAMED:
            _box_size(parser, token)
            inner = rules.TEXT[token]
            keeps = inner == 'rm' and token not in rules.ROMAN
            out += text_argument(parser, font if keeps else combine_text(font, inner), maths_font)
        elif token in rules.SHARED_PUNCTUATION:
            out.append((font, token, 'shared') if font in rules.TEXT_FONTS else token)
        elif token in rules.TEXT_ACCENTS or (len(token) == 1 and token not in {'_', '^', '&', '}'}):
            out.append(text_symbol(token, font))
        elif (token := rules.SYNONYMS.get(token, token)) not in rules.DROPPED and token not in {'_', '^'}:
            if token in rules.INFIX:
                raise UnbalancedGroup(f'{token} in a text')
            parser.command(r'\ldots' if token == r'\dots' else token, out, '')
    parser.depth -= 1
    return out


def _box_size(parser: Parser, token: str) -> None:
    """Skips `[2cm][l]` of \\makebox and `to 2cm` of \\hbox."""
    if token in {r'\makebox', r'\framebox'}:
        while parser.bracket() is not None:
            pass
    elif token in {r'\hbox', r'\vbox'}:
        for word in ('to', 'spread'):
            if ''.join(parser.tokens[parser.position : parser.position + len(word)]) == word:
                parser.position += len(word)
                parser.length()
