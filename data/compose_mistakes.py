"""What im2latex-100k's pictures show of commands that TeX did not take for what their authors meant."""

import random
from typing import Final

from .compose_parts import RELATIONS, Tokens, behind_commas, pick
from .latex import detokenize
from .latex_rules import LETTERS
from .token_spans import GREEK, depths

_UNITS: Final = {'cm': 8, 'mm': 4, 'in': 3, 'pt': 1.5, 'em': 0.8, 'ex': 0.3, 'truecm': 0.3}
# What is left of a length's number, and the points of space that TeX makes of the part it takes.
_REMAINDERS: Final = {
    ('', '1'): 4, ('', '2'): 2, ('', '5'): 2, ('.#', '0'): 3, ('.#', '1'): 1, ('#', '0'): 1.5, ('0', '1'): 1.5,
    ('.##', '1'): 0.4,
}  # fmt: skip
_BEFORE_A_LENGTH: Final = frozenset({'}', ')', ']', *LETTERS, *GREEK, *'0123456789'})
_SCRIPT_SHARE: Final = 0.05
_COMMA_SHARE: Final = 0.65
_SECOND_SHARE: Final = 0.25


def flat(tokens: Tokens, rng: random.Random) -> Tokens:
    r"""What im2latex-100k shows of `\pmatrix{a & b \cr c & d}`: *( a bcd)*.

    The command is plain TeX's; with amsmath it is an error, after which the cells stand in one line, with gaps before
    the first and the second. A fifth of the data set's matrices in parentheses look so.
    """
    beginning, end = r'\begin{pmatrix}', r'\end{pmatrix}'
    if sum(token.startswith(r'\begin{') or token == r'\substack' for token in tokens) != tokens.count(beginning):
        return tokens  # other tables have rows of their own
    out: Tokens = []
    gaps, depth = 0, 0
    for token in tokens:
        depth += (token == beginning) - (token == end)
        if token == beginning:
            out += ['(', rng.choice((r'\,', r'\:', r'\;'))]
            gaps = 1
        elif token == end:
            out.append(')')
        elif depth and token in ('&', r'\\'):
            out += [r'\,'] * gaps
            gaps = 0
        else:
            out.append(token)
    return out


def with_lengths(tokens: Tokens, rng: random.Random) -> str:
    r"""What im2latex-100k shows of `\hspace { 0 . 5 c m }`: *.5cm*; one or two of them, behind commas most of all.

    TeX ends a number at the first space, misses the unit and sets the rest as letters: *cm* of `1 c m`, *0mm* of
    `1 0 m m`, *2in* of `. 2 i n`. 1.5 % of the data set's pictures have some.
    """
    places: set[int] = set()
    for _ in range(1 + (rng.random() < _SECOND_SHARE)):
        kind = rng.random()
        inside = kind < _SCRIPT_SHARE and _script_beginnings(tokens)
        commas = kind < _SCRIPT_SHARE + _COMMA_SHARE and behind_commas(tokens)
        places.add(rng.choice(inside or commas or _gaps(tokens)))
    parts = [detokenize(tokens[i:j]) for i, j in zip([0, *sorted(places)], [*sorted(places), len(tokens)], strict=True)]
    return parts[0] + ''.join(f'{_length(rng)} {part}' for part in parts[1:])


def _length(rng: random.Random) -> str:
    rest, points = pick(_REMAINDERS, rng)
    digits = ''.join(str(rng.randrange(1, 10)) if char == '#' else char for char in rest)
    return f'\\hspace{{{points}pt}}{digits}{pick(_UNITS, rng)}'


def _gaps(tokens: Tokens) -> list[int]:
    """The ends of the formula, and positions before relations and letters that no command takes for its argument."""
    level = depths(tokens)
    inner = [
        i
        for i in range(1, len(tokens))
        if not level[i]
        and tokens[i - 1] in _BEFORE_A_LENGTH
        and (tokens[i] in RELATIONS or tokens[i] in LETTERS or tokens[i] in GREEK)
    ]
    return [0, len(tokens), *inner]


def _script_beginnings(tokens: Tokens) -> list[int]:
    return [i + 1 for i in range(1, len(tokens)) if tokens[i] == '{' and tokens[i - 1] in ('_', '^')]
