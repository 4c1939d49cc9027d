r"""LaTeX maths as tokens, and its canonical form: one picture, one label.

`tokenize` and `detokenize` are exact inverses. `normalize` parses a formula and writes it again with one spelling for
every picture; the tables are in `latex_rules.py`, the parser in `latex_parser.py` and `latex_commands.py`.

    python -c "from data.latex import normalize; print(normalize(r'{\bf x}_1^{} \over 2'))"
"""

import hashlib
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from .latex_commands import KNOWN, parse
from .latex_form import CANONICAL, EmptyFormula, Form, LatexError, UnsupportedCommand
from .latex_rules import ACCENTS, DROPPED, EXPANDED, SIZED, SPACES, STARRED, SYNONYMS, TEXT

_ENVIRONMENT = r'\\(?:begin|end)\s*+\{[A-Za-z\s]*+\*?+\s*+\}'
_STARRED = '|'.join(re.escape(name) + r'\*' for name in sorted(STARRED))
_TOKEN = re.compile(rf'{_ENVIRONMENT}|{_STARRED}|\\[A-Za-z]++|\\\\\*|\\.|%[^\n]*+\n?|[^\s%]|\\', re.DOTALL)
# The same with white space: after a control word TeX skips it, elsewhere text mode shows it.
_TOKEN_OR_SPACE = re.compile(
    rf'{_ENVIRONMENT}|(?:{_STARRED}|\\[A-Za-z]++)(?:\s++)?|\\\\\*|\\.|%[^\n]*+\n?\s*+|[^\s%]|\\|\s++', re.DOTALL
)
_TEXT = re.compile('|'.join(re.escape(name) for name in sorted(TEXT)))
# Harvard-normalised text has a space between all tokens, which means nothing: `\textrm { i f ~ x }`.
_SPACED = re.compile(r'\{(?:\s++(?:[^\s\\{}$]|\\[A-Za-z]++|\\.)){2,}+\s++\}', re.DOTALL)
_ALIGNED = r'\begin{aligned}'
# mathtools (1.29) stops with an error at `\begin{aligned}&`.
_APART = frozenset({(_ALIGNED, '&'), (r'\\', '*'), *((name, '*') for name in STARRED)})
_INVISIBLE = frozenset({'{', '}', '_', '^', '&', r'\\', *SPACES.values()})
_STARRED_ROW_END = r'\\*'  # behind a space the star is drawn
_BEFORE_DELIMITERS = SIZED.keys() | {r'\left', r'\right'}
_ROUNDS = 4


def tokenize(latex: str) -> list[str]:
    r"""Splits maths into control words, control symbols, `\begin{env}`, `\end{env}` and single characters.

    White space and comments are dropped, and the star of `\\*`, which only forbids a page break; inside text
    (`\text{for all}`, `\mbox`, ...) a space becomes the token `~`. Never raises, in time linear in the length.
    """
    if _TEXT.search(latex):
        return _tokenize_text(latex)
    tokens = _TOKEN.findall(latex)
    if _STARRED_ROW_END in latex:
        tokens = [r'\\' if token == _STARRED_ROW_END else token for token in tokens]
    if '{' in latex or '%' in latex:
        return [_compact(t) if len(t) > 6 and t[-1] == '}' else t for t in tokens if t[0] != '%']
    return tokens


def detokenize(tokens: Sequence[str]) -> str:
    r"""The shortest readable LaTeX: `tokenize(detokenize(tokens)) == tokens` for every answer of `tokenize`."""
    pieces: list[str] = []
    last = ''
    for token in tokens:
        if (last[1:] and last[0] == '\\' and _is_letter(last[-1]) and _is_letter(token[0])) or (last, token) in _APART:
            pieces.append(' ')
        pieces.append(token)
        last = token
    return ''.join(pieces)


def canonicalize(latex: str, form: Form = CANONICAL) -> str:
    """The canonical LaTeX of the picture that `latex` draws, without needless spaces. Idempotent.

    Raises LatexError, one of the reasons in `latex_form.py`: no other string gets through, and nothing else is raised.
    """
    tokens = _parse(tokenize(latex), form)
    if not any(token not in _INVISIBLE and token not in ACCENTS for token in tokens):
        raise EmptyFormula('nothing is drawn')
    if not form.exact and (unknown := next((token for token in tokens if token not in KNOWN), None)):
        raise UnsupportedCommand(unknown)
    return detokenize(tokens)


def normalize(latex: str, form: Form = CANONICAL) -> str:
    """The same for any string: what has no canonical form keeps what is unknown, or gets the rules for single tokens.

    Never raises; idempotent.
    """
    tokens = tokenize(latex)
    for _ in range(_ROUNDS):
        before = tokens
        try:
            tokens = parse(tokens, form)
        except LatexError:
            tokens = tokenize(detokenize(_rename(tokens)))
        if tokens == before:
            break
    return detokenize(tokens)


def _parse(tokens: list[str], form: Form) -> list[str]:
    """Parses until nothing changes: a rule may make the beginnings of another."""
    for _ in range(_ROUNDS):
        before, tokens = tokens, parse(tokens, form)
        if tokens == before:
            break
    return tokens


@cache
def fingerprint() -> str:
    """Changes whenever the rules do: names what is kept of `normalize`'s answers."""
    sources = sorted(Path(__file__).parent.glob('latex*.py'))
    return hashlib.sha256(b''.join(source.read_bytes() for source in sources)).hexdigest()[:16]


def _tokenize_text(latex: str) -> list[str]:
    tokens: list[str] = []
    modes = ['maths']  # 'dollar' is maths inside of text
    last = ''
    for match in _TOKEN_OR_SPACE.finditer(latex):
        token = match[0]
        if token.isspace():
            if modes[-1] == 'text' and token:
                tokens.append('~')
            continue
        if token[0] == '%':
            continue
        if token == _STARRED_ROW_END:
            token = r'\\'
        elif token[0] == '\\' and len(token) > 2:
            token = _compact(token)
        elif token == '{':
            is_text = last in TEXT or modes[-1] == 'text'
            modes.append('text' if is_text and not _SPACED.match(latex, match.start()) else 'maths')
        elif token == '}' and len(modes) > 1:
            modes.pop()
        elif token == '$' and modes[-1] != 'maths':
            modes[-1] = 'dollar' if modes[-1] == 'text' else 'text'
        tokens.append(token)
        last = token
    return tokens


def _compact(token: str) -> str:
    return ''.join(token.split())


def _is_letter(character: str) -> bool:
    return character.isascii() and character.isalpha()


def _rename(tokens: Sequence[str]) -> list[str]:
    renamed: list[str] = []
    for token in tokens:
        token = SYNONYMS.get(token, token)
        if token == r'\setminus' and renamed and renamed[-1] in _BEFORE_DELIMITERS:
            token = r'\backslash'
        if token in EXPANDED:
            renamed += EXPANDED[token]
        elif token not in DROPPED:
            renamed.append(token)
    return renamed
