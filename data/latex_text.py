"""Text inside of maths (`\\text`, `\\mbox`, ...) in the canonical form of LaTeX."""

from . import latex_rules as rules
from .latex_fonts import Items, combine_text, symbol, text_symbol
from .latex_parser import Parser, UnparsableError


def text_command(parser: Parser, token: str, out: Items, font: str) -> None:
    _box_size(parser, token)
    items = text_argument(parser, rules.TEXT[token])
    out += [r'\boxed', '{', *items, '}'] if token in rules.FRAMED else items
    parser.tail = 0


def text_argument(parser: Parser, font: str, maths_font: str = '') -> Items:
    token = parser.skip_space()
    if token == '{':
        parser.position += 1
        items = _text(parser, font, maths_font, '}')
        parser.position += 1
        return items
    return parser.argument(font if token in rules.LETTERS or token in rules.DIGITS else '')


def _text(parser: Parser, font: str, maths_font: str, stop: str) -> Items:
    """Text up to `stop`; maths in it begins with `maths_font`."""
    parser.descend()
    out: Items = []
    while (token := parser.peek()) != stop:
        if not token:
            raise UnparsableError('the end is missing')
        parser.position += 1
        if token in rules.LETTERS or token in rules.DIGITS:
            out.append(symbol(token, font))
        elif token in rules.TEXT_SPACE:
            out.append(text_symbol('~', font))
        elif token in {'$', r'\('}:
            out += parser.sequence(maths_font, frozenset({'$' if token == '$' else r'\)'}))
            parser.position += 1
        elif token == '{':
            out += _text(parser, font, maths_font, '}')
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
            out.append(token)
        elif token in rules.TEXT_ACCENTS or (len(token) == 1 and token not in {'_', '^', '&', '}'}):
            out.append(text_symbol(token, font))
        elif (token := rules.SYNONYMS.get(token, token)) not in rules.DROPPED and token not in {'_', '^'}:
            if token in rules.INFIX:
                raise UnparsableError(token)
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
