"""Where things are in a canonical formula: its groups, letters, levels of nesting, pairs of brackets."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from .latex_rules import ACCENTS, LETTERS, OTHER_LETTERS

GREEK: Final = frozenset({
    r'\alpha', r'\beta', r'\gamma', r'\delta', r'\epsilon', r'\zeta', r'\eta', r'\theta', r'\kappa', r'\lambda', r'\mu',
    r'\nu', r'\xi', r'\pi', r'\rho', r'\sigma', r'\tau', r'\phi', r'\chi', r'\psi', r'\omega', r'\Gamma', r'\Delta',
    r'\Theta', r'\Lambda', r'\Xi', r'\Pi', r'\Sigma', r'\Phi', r'\Psi', r'\Omega',
})  # fmt: skip
CLOSERS: Final = {'(': ')', '[': ']', r'\{': r'\}', r'\langle': r'\rangle', r'\lfloor': r'\rfloor'}
SIZES: Final = frozenset({r'\big', r'\Big', r'\bigg', r'\Bigg'})
_BEFORE_A_DELIMITER: Final = SIZES | {r'\left', r'\right', r'\middle'}
_OVER: Final = ACCENTS | {r'\overline', r'\underline', r'\overrightarrow', r'\overleftarrow'}


class Pair(NamedTuple):
    """Positions of a bracket and the one that closes it; `fitted` if `\\left` and `\\right` stand before them."""

    opening: int
    closing: int
    fitted: bool


def close(tokens: Sequence[object], opening: int) -> int:
    """Where the group that opens at `opening` is over: behind its brace. For tokens and for the parser's items."""
    level = 0
    for position in range(opening, len(tokens)):
        level += (tokens[position] == '{') - (tokens[position] == '}')
        if not level:
            return position + 1
    return len(tokens)


def depths(tokens: Sequence[str]) -> list[int]:
    """How many groups, environments and fitted brackets are open at each token; 0 is the formula itself."""
    found: list[int] = []
    level = 0
    for token in tokens:
        level -= closes(token)
        found.append(level)
        level += opens(token)
    return found


def opens(token: str) -> bool:
    return token in ('{', r'\left') or token.startswith(r'\begin{')


def closes(token: str) -> bool:
    return token in ('}', r'\right') or token.startswith(r'\end{')


def letters(tokens: Sequence[str]) -> list[int]:
    """Positions of the Latin and Greek letters of maths that have neither a font nor an accent of their own."""
    found: list[int] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        if token in OTHER_LETTERS and tokens[position + 1 : position + 2] == ['{']:
            position = close(tokens, position + 1)
            continue
        if (token in LETTERS or token in GREEK) and not is_accented(tokens, position):
            found.append(position)
        position += 1
    return found


def is_accented(tokens: Sequence[str], position: int) -> bool:
    return position >= 2 and tokens[position - 1] == '{' and tokens[position - 2] in _OVER


def is_delimiter(tokens: Sequence[str], position: int) -> bool:
    r"""Whether a sign stands where `\left`, `\big` and so on want a bracket."""
    return position > 0 and tokens[position - 1] in _BEFORE_A_DELIMITER


def pairs(tokens: Sequence[str]) -> list[Pair]:
    """Brackets that pair in one group or cell: plain ones, and those of `\\left` and `\\right`."""
    found: list[Pair] = []
    stack: list[tuple[str, int]] = []
    for position, token in enumerate(tokens):
        if opens(token):
            stack.append((token, position))
        elif token == '&' or token == r'\\':
            while stack and stack[-1][0] in CLOSERS:
                stack.pop()
        elif closes(token):
            while stack and stack[-1][0] in CLOSERS:
                stack.pop()
            if stack:
                opening = stack.pop()[1]
                if token == r'\right' and position + 1 < len(tokens):
                    found.append(Pair(opening + 1, position + 1, True))
        elif is_delimiter(tokens, position):
            continue
        elif token in CLOSERS:
            stack.append((token, position))
        elif stack and token == CLOSERS.get(stack[-1][0]):
            found.append(Pair(stack.pop()[1], position, False))
    return found
