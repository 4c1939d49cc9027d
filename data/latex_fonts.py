r"""Fonts in the canonical form of LaTeX: which letters a font changes, and how neighbours of one font are written.

The parser writes a formula as a flat list of items: plain tokens, letters that carry a font as `(font, token)`, and
characters that only text can set as `(font, token, 'text')`; punctuation in text is `(font, token, 'shared')`, since it
belongs to a text only between its words. Fonts are pushed down to the letters, so `{\bf x_1}` and
`\mathbf{x}_{\mathbf 1}` give the same items, and a font that does not change a glyph (`\mathrm{2}`) leaves no trace.
"""

from typing import Final, TypeAlias

from . import latex_rules as rules
from .token_spans import close

Item: TypeAlias = str | tuple[str, ...]
Items: TypeAlias = list[Item]
_AHEAD: Final = 8  # items between two words of a text, at most
_OTHER_GROUPS: Final = rules.OTHER_LETTERS | {'_', '^'}


def combine(outer: str, inner: str) -> str:
    """The font that `inner` gives inside of `outer`."""
    return rules.BOLD.get(inner, inner) if outer.startswith('sym') else inner


def anew(font: str) -> str:
    r"""What is left of a font in a formula of its own: `\boldsymbol`, which is no font of letters alone."""
    return font if font.startswith('sym') else ''


def combine_text(outer: str, inner: str) -> str:
    """The same for text, where weight and shape add up: bold italic is nearly the glyph of \\boldsymbol."""
    return 'sym' if {outer, inner} == {'bf', 'it'} or outer == 'sym' and inner in {'bf', 'it'} else inner


def symbol(token: str, font: str) -> Item:
    """One symbol in `font`, or plain where the font does not change it."""
    if not font:
        return token
    if font == 'mit':
        return rf'\var{token[1:]}' if token in rules.CAPITAL_GREEK else token
    if font == 'sc':
        return ('rm', token.upper()) if token in rules.LETTERS else token
    if token in rules.LETTERS:
        return ('bf' if font == 'sym bf' else font, token)
    if token in rules.DIGITS or (token in rules.CAPITAL_GREEK and font in rules.GREEK_FONTS):
        return token if font == 'rm' else ('bf' if font in {'sym', 'sym bf'} else font, token)
    if font.startswith('sym') and token not in rules.NEVER_BOLD and token not in rules.CAPITAL_GREEK:
        return ('sym', token)
    return token


def text_symbol(token: str, font: str) -> Item:
    """A character that maths cannot set: a space, a hyphen, an accent."""
    if font not in rules.TEXT_FONTS:
        font = 'bf' if font.startswith('sym') else 'rm'
    return (font, token, 'text')


def operator(items: Items) -> str:
    r"""The command of a function name that was spelt in letters: `\sin`; empty if the items are anything else."""
    if any(type(item) is str or item[0] != 'rm' for item in items):
        return ''
    name = ''.join(item[1] for item in items)
    return '\\' + name if name in rules.OPERATORS else ''


def write(items: Items, with_fonts: bool = True) -> list[str]:
    """Joins neighbours of one font and writes their commands (of styles only `with_fonts`)."""
    out: list[str] = []
    index, end = 0, len(items)
    while index < end:
        item = items[index]
        if type(item) is str:
            out.append(item)
            index += 1
            continue
        if item[2:] == ('shared',):
            out.append(item[1])
            index += 1
            continue
        font, is_text = item[0], False
        letters: list[str] = []
        while index < end:
            item = items[index]
            if item == '.' and letters and _goes_on(items, index + 1, font):
                item = (font, '.')
            elif type(item) is str or item[0] != font:
                break
            elif item[2:] == ('shared',):
                if not letters or not _goes_on(items, index + 1, font):
                    break
                is_text = True
            elif item[1] != '~':
                is_text |= len(item) > 2
            elif not letters or letters[-1] == '~':
                index += 1
                continue
            letters.append(item[1])
            index += 1
        if letters and letters[-1] == '~':
            letters.pop()
        if letters and not with_fonts and font not in rules.ALPHABETS:
            out += [letter for letter in letters if letter != '~']
        elif letters:
            out += _run(font, letters, is_text or '~' in letters, index < end and items[index] in {'_', '^'})
    return out


def _goes_on(items: Items, index: int, font: str) -> bool:
    """Whether a font goes on behind a full stop, as in `a.e. in` or `79.6`."""
    if font not in rules.TEXT_FONTS:
        return False
    for item in items[index : index + _AHEAD]:
        if type(item) is str or item[0] != font:
            return False
        if item[1] != '~' and item[2:] != ('shared',):
            return True
    return False


def _run(font: str, letters: list[str], is_text: bool, has_scripts: bool) -> list[str]:
    if font == 'rm' and not is_text:
        name = ''.join(letters)
        if name in rules.OPERATORS and not (has_scripts and name in rules.LIMIT_OPERATORS):
            return ['\\' + name]
    if font == 'it' and len(letters) == 1 and letters[0] in rules.LETTERS and not is_text:
        return letters  # text's italics and those of maths are the same letters, with other spaces about them
    if font.startswith('sym '):
        return [r'\boldsymbol', '{', rules.FONT_NAMES[font[4:]][0], '{', *letters, '}', '}']
    return [rules.FONT_NAMES[font][is_text], '{', *letters, '}']


def name_functions(tokens: list[str]) -> list[str]:
    r"""Italic letters that spell a function are that function, outside of scripts: `exp(x)` is `\exp(x)`.

    The pictures of im2latex-100k show `\exp` as an italic *exp*, so nobody could tell one from the other.
    """
    out: list[str] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        if token not in rules.LETTERS:
            skips = token == '{' and position > 0 and tokens[position - 1] in _OTHER_GROUPS
            end = close(tokens, position) if skips else position + 1
            out += tokens[position:end]
            position = end
            continue
        start = position
        while position < len(tokens) and tokens[position] in rules.LETTERS:
            position += 1
        is_before_bracket = position < len(tokens) and tokens[position] in rules.OPENERS
        out += _with_function(''.join(tokens[start:position]), is_before_bracket)
    return out


def _with_function(letters: str, is_before_bracket: bool) -> list[str]:
    """Letters in a row; a bracket behind them says that other factors may stand before the function."""
    if not is_before_bracket:
        return ['\\' + letters] if letters in rules.SPELLED else [*letters]
    name = max((name for name in rules.SPELLED if letters.endswith(name)), key=len, default='')
    return [*letters.removesuffix(name), '\\' + name] if name else [*letters]
