r"""LaTeX maths in Typst, by tylax: what it writes wrongly is mended or refused."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

import tylax

from .formats import FormatError

OPTIONS = tylax.L2TOptions(frac_to_slash=False, expand_macros=False)
STRICT = tylax.L2TOptions(frac_to_slash=False, expand_macros=False, non_strict=False)
# It recurses without bound, and where there is no stack left the process ends.
MAX_DEPTH = 100
# What it takes without a word and writes as something else: a bar is gone, rows of an inner table run over the line, an
# accent stands beside its letter. Wrong output would be worse than none.
GARBLED = re.compile(
    r'\\(?:middle|hline|nolimits|mathscr|[dt]binom|dddot|rm|bf|it|sf|tt|text(?:bf|it|sf|tt|sc|color)'
    r'|x(?:right|left)arrow)(?![A-Za-z])|\\_'
    r'|\\begin\{rcases\}|\\begin\{array\}\s*\{[^}]*\|'
    r'|(?<=.)\\begin\{(?:aligned|gathered)\}|\\end\{(?:aligned|gathered)\}(?=.)'
    r'|\\sqrt\s*\[[\w+ -]*[^]\w+ -]|[\^_]\s*[\^_]',
    re.DOTALL,
)
# What it does not know, takes for another symbol, or writes without the space that must be behind it.
SYMBOLS = {
    r'\wp': '℘', r'\varkappa': 'kappa.alt', r'\digamma': 'digamma', r'\eth': 'ð', r'\hbar': 'ℏ', r'\hslash': 'ℏ',
    r'\infty': 'infinity', r'\cdots': 'dots.h.c', r'\langle': 'chevron.l', r'\rangle': 'chevron.r',
    r'\subsetneq': 'subset.neq', r'\supsetneq': 'supset.neq', r'\nsubseteq': 'subset.eq.not',
    r'\nsupseteq': 'supset.eq.not', r'\varsubsetneqq': '⫋', r'\triangleq': 'eq.delta', r'\bumpeq': '≏',
    r'\barwedge': '⊼', r'\veebar': '⊻', r'\sqcap': 'inter.sq', r'\uplus': 'union.plus', r'\amalg': '⨿',
    r'\bowtie': '⋈', r'\intercal': '⊺', r'\surd': r'\√', r'\diamond': '⋄',
    r'\dagger': 'dagger', r'\ddagger': 'dagger.double', r'\S': '§', r'\P': '¶',
    r'\AA': 'Å', r'\L': 'Ł', r'\O': 'Ø', r'\ae': 'æ', r'\l': 'ł', r'\o': 'ø',
    r'\varGamma': '𝛤', r'\varDelta': '𝛥', r'\varTheta': '𝛩', r'\varLambda': '𝛬', r'\varXi': '𝛯', r'\varPi': '𝛱',
    r'\varSigma': '𝛴', r'\varUpsilon': '𝛶', r'\varPhi': '𝛷', r'\varPsi': '𝛹', r'\varOmega': '𝛺',
    ',': ',', ';': ';', r'\&': r'\&', '"': r'\"', '#': r'\#',
}  # fmt: skip
# Commands that it does not know and hands on by their names; those of some accents are others in Typst.
HANDED_ON = {r'\binom', r'\limits', r'\breve', r'\acute', r'\grave', r'\check', r'\mathring'}
ACCENTS = {'check(': 'caron(', 'mathring(': 'circle('}
# Symbols that Typst has struck out; over others the stroke is drawn.
STRUCK = {
    'approx', 'arrow.l', 'arrow.l.r', 'arrow.r', 'asymp', 'divides', 'eq', 'equiv', 'exists', 'gt', 'gt.eq', 'gt.tilde',
    'gt.tri', 'in', 'in.rev', 'lt', 'lt.eq', 'lt.tilde', 'lt.tri', 'parallel', 'prec', 'prec.eq', 'subset', 'subset.eq',
    'subset.sq.eq', 'succ', 'succ.eq', 'supset', 'supset.eq', 'supset.sq.eq', 'tack.r', 'tack.r.double', 'tilde',
    'tilde.eq', 'tilde.equiv',
}  # fmt: skip

# Sizes of delimiters are left out: behind one it takes a bracket for an optional argument, and of others it drops them.
SIZE = re.compile(r'\\(?:big|Big|bigg|Bigg)[lrm]?(?![A-Za-z])\s*\.?')
# Where it, or Typst, would take letters for a name.
BLACKBOARD = re.compile(r'\\mathbb\s*\{([A-Za-z]{2,})\}')
DEGREE = re.compile(r'(?<=\\sqrt\[)[^]]*')
TOKEN = re.compile(
    r'\\(?P<side>left|right)(?![A-Za-z])\s*(?P<delimiter>\\[A-Za-z]+|\\.|.)'
    r'|(?P<text>\\(?:text|textrm|textnormal|mbox|operatorname\*?)\s*\{)(?P<content>[^{}]*)'
    r'|\\(?:begin|end)\s*\{[^{}]*\}|\\[A-Za-z]+|\\.|.',
    re.DOTALL,
)
MARKUP = re.compile(r'\\.|[]*#@`<"/[]|^[=+-]|[^\x00-\x7f]', re.DOTALL)
OPENING, CLOSING = {'(', '[', r'\{'}, {')', ']', r'\}'}
# What ends cells, or is to the end of its group the argument of a function.
CELLS = {'&', r'\\', r'\displaystyle', r'\textstyle'}
TABLES = {r'\begin{array}', r'\begin{matrix}'}
UNDERLINE = '#underline['  # of text: there is one of maths, too
# Names of no command, which it hands on, stand for what is to be in the output as it is; what is no ASCII, too, since
# behind that it cuts other names in two.
DIGITS, LETTERS = '0123456789abcdef', 'BCDFGHJKLMNPRSTV'
STAND_IN = rf'\\?QX(?P<letters>(?:[{LETTERS}]{{2}})+)XQ'
PIECE = re.compile(
    rf'(?P<space>\s*){STAND_IN}|"[^"]*"|#\w+(?:\([^()]*\))?\[\$?|[A-Za-z.]*[A-Za-z]{{2}}\(|\\.|[][(){{}}]', re.DOTALL
)


def typst(latex: str) -> str:
    """The formula between dollars, as Typst 0.15 takes it.

    Raises:
        FormatError: it holds something unknown, or something that the converter writes as something else.
    """
    if found := GARBLED.search(latex):
        raise _unknown(found[0].strip())
    # Rows are what remains of lines put in the middle, which is where Typst puts them.
    latex = _prepared(re.sub(r'\\(?:begin|end)\{gathered\}', '', latex))
    try:
        written = tylax.latex_to_typst(latex, options=OPTIONS).strip()
    except Exception as error:
        raise FormatError(f'cannot be written as Typst: {error}') from error
    if left := re.search(r'/\*.*?\*/|\\(?!QX)[A-Za-z]+|[^\x00-\x7f]', written, re.DOTALL):
        raise _unknown(left[0])
    written = _restored(written)
    if r'\not' in latex:
        written = re.sub(r'([A-Za-z0-9.]*)\.not(?![A-Za-z])', _struck, written)
    return f'$ {written} $'


def _struck(found: re.Match[str]) -> str:
    if not found[1]:
        raise _unknown(r'\not before more than a sign')
    return found[0] if found[1] in STRUCK else f'cancel({found[1]})'


def _unknown(what: str) -> FormatError:
    return FormatError(f'cannot be written as Typst: {what} is unknown to the converter')


@lru_cache(4096)
def _is_known(command: str) -> bool:
    """Whether the converter knows a command: else it writes the name, or where it is strict nothing."""
    lax, strict = (tylax.latex_to_typst(f'x {command} {{b}}{{c}}', options=options) for options in (OPTIONS, STRICT))
    return lax == strict


def _prepared(latex: str) -> str:
    """The formula for the converter, with stand-ins for symbols and for marks that would be taken for Typst's.

    These are commas and semicolons, which separate arguments, brackets that are not closed or not opened, which would
    take an argument's end for theirs, and in texts what is markup.

    Raises:
        FormatError: it holds an unknown command, or is nested too deep.
    """
    latex = BLACKBOARD.sub(lambda found: '{' + ''.join(rf'\mathbb{{{letter}}}' for letter in found[1]) + '}', latex)
    latex = DEGREE.sub(lambda found: re.sub('(?<=[A-Za-z])(?=[A-Za-z])', ' ', found[0]), latex)
    tokens = list(TOKEN.finditer(SIZE.sub('', latex)))
    unmatched = set(_unmatched(tokens))
    written = []
    for place, token in enumerate(tokens):
        side, delimiter = token['side'], token['delimiter']
        if place in unmatched:
            mark = _stand_in(f'\\{(delimiter or token[0])[-1]}')
            written.append(rf'\{side}\{mark} ' if side else rf'\{mark} ')
        elif token['text']:
            written.append(token['text'] + MARKUP.sub(_plain, token['content']))
        elif token[0] in SYMBOLS or (not token[0].isascii() and not side):
            written.append(rf'\{_stand_in(SYMBOLS.get(token[0], token[0]))} ')
        else:
            for command in re.findall(r'\\[A-Za-z]+', token[0]):
                if command not in HANDED_ON and not _is_known(command):
                    raise _unknown(command)
            written.append(token[0])
    return ''.join(written)


def _plain(markup: re.Match[str]) -> str:
    mark = markup[0]
    return mark if mark[0] == '\\' else _stand_in(rf'\{mark}' if mark.isascii() else mark)


def _stand_in(text: str) -> str:
    return f'QX{text.encode().hex().translate(str.maketrans(DIGITS, LETTERS))}XQ'


def _unmatched(tokens: Sequence[re.Match[str]]) -> Iterator[int]:
    """Places of the brackets without another in their group or cell, of whatever kind: half-open intervals are whole.

    Raises:
        FormatError: they are nested too deep.
    """
    opened: list[int] = []
    for place, token in enumerate(tokens):
        ends = token[0] == '}' or token['side'] == 'right' or token[0].startswith(r'\end{')
        if ends or token[0] in CELLS:
            while opened and tokens[opened[-1]][0] in OPENING:
                yield opened.pop()
        if ends:
            start = opened.pop() if opened else place
            left, right = tokens[start]['delimiter'], token['delimiter']
            is_cases = (left, right) == (r'\{', '.') and _is_table(tokens[start + 1 : place])
            if left and right and not is_cases and not (left in OPENING and right in CLOSING):
                yield from (at for at, mark in ((start, left), (place, right)) if mark in OPENING | CLOSING | {'/'})
        elif token[0] in CLOSING:
            if opened and tokens[opened[-1]][0] in OPENING:
                opened.pop()
            else:
                yield place
        elif (
            token[0] in OPENING or token[0] == '{' or token['text'] or token['side'] or token[0].startswith(r'\begin{')
        ):
            opened.append(place)
            if len(opened) > MAX_DEPTH:
                raise FormatError(f'cannot be written as Typst: it is nested more than {MAX_DEPTH} levels deep')
    yield from (place for place in opened if tokens[place][0] in OPENING)


def _is_table(tokens: Sequence[re.Match[str]]) -> bool:
    return bool(tokens) and tokens[0][0] in TABLES and tokens[-1][0].startswith(r'\end{')


def _restored(typst: str) -> str:
    """What the converter has written, with what the stand-ins stand for."""
    opened: list[str] = []

    def restored(found: re.Match[str]) -> str:
        piece, within = found[0], opened[-1] if opened else ''
        is_text = within[:1] == '#' and within[-1:] == '[' and within != UNDERLINE
        if found['letters']:
            text, follows = _meant(found), typst[found.end() : found.end() + 1]
            if text in (',', ';'):
                # In an argument it would begin the next.
                return rf'\{text}' if within == UNDERLINE or (within != '(' and within[-1:] == '(') else text
            is_joined = not is_text and (follows.isalnum() or follows in ('(', '.'))
            return f'{found["space"]}{text} ' if is_joined else f'{found["space"]}{text}'
        if piece[0] == '"':
            # There only quotation marks are more than they are.
            return re.sub(STAND_IN, lambda mark: re.sub(r'\\([^"])', r'\1', _meant(mark)), piece)
        if piece[0] == '\\' or (is_text and piece != ']'):
            return piece
        if piece[0] == '#' or piece[-1] in '([{':
            opened.append(piece)
            return 'underline(' if piece == UNDERLINE else ACCENTS.get(piece, piece)
        start = opened.pop() if opened else ''
        if start == UNDERLINE:
            return ')'
        # What comes right behind content would belong to it.
        return f'{piece} ' if start[:1] == '#' and typst.startswith(('(', '[', '.', ';'), found.end()) else piece

    return PIECE.sub(restored, typst)


def _meant(stand_in: re.Match[str]) -> str:
    return bytes.fromhex(stand_in['letters'].translate(str.maketrans(LETTERS, DIGITS))).decode(errors='replace')
