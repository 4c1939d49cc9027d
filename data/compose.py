r"""Composes formulas rich in what a corpus holds too little of: matrices, accents, sized brackets, words, ...

    python -m data.compose formulas.jsonl.xz --out composed.jsonl --limit 150000

Many of the errors on im2latex-100k's validation split had one cause, rare structure. A corpus of 566,000 arXiv
formulas holds one `pmatrix` in 400, the split one in 31, and 1 % of those were read right; of `\dot`, `\vec`, `\Big`
and `\sinh` 25, 29, 6 and 1 %. Each composed formula is a real one after one or two of `CHANGES`. A line is the formula
as drawn (`latex`) and the one it stands for (`label`), as `data.pages` takes them.
"""

import contextlib
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from .compose_mistakes import flat, with_lengths
from .compose_parts import (
    RELATIONS,
    Change,
    Pool,
    Tokens,
    behind_commas,
    font_of,
    next_comma,
    pick,
    relations,
    staggered,
    without_end,
    write_made,
)
from .compose_tables import matrix
from .italic_operators import italic_operators
from .latex import canonicalize, detokenize, tokenize
from .latex_form import LatexError
from .latex_rules import LETTERS, OPERATORS
from .token_spans import CLOSERS, GREEK, close, depths, letters, pairs

MAX_TOKENS: Final = 70
SECOND_CHANGE: Final = 0.3
"""the share of formulas that are changed once more"""
ITALIC: Final = 0.5
"""the share whose operator names are drawn as letters"""
LENGTHS: Final = 0.15
"""the share of formulas that show what TeX makes of a length with spaces in it"""
FLAT: Final = 0.2
"""the share of formulas whose matrices in parentheses are drawn in one line"""

_MARKS: Final = {
    r'\bar': 6, r'\dot': 6, r'\vec': 6, r'\tilde': 6, r'\hat': 6, r'\ddot': 2, r'\check': 0.5, r'\breve': 0.3,
    r'\acute': 0.3, r'\mathring': 0.3,
}  # fmt: skip
_WIDE_MARKS: Final = {
    r'\widetilde': 3, r'\widehat': 3, r'\overline': 3, r'\underline': 3, r'\overrightarrow': 1, r'\overleftarrow': 0.5,
}  # fmt: skip
_ON_TOP: Final = (
    '*', r'\leftrightarrow', r'\rightarrow', r'\leftarrow', r'\rightharpoonup', r'\circ', r'\_', 'o', '0', '!', '?',
    r'\wedge', r'\sim', r'\Delta', r'\mathrm{def}', '(0)', '(1)',
)  # fmt: skip
_STYLES: Final = {
    r'\mathbf': 6, r'\mathrm': 4, r'\mathsf': 4, r'\mathcal': 4, r'\boldsymbol': 3, r'\mathit': 2, r'\mathbb': 2,
    r'\mathfrak': 1.5, r'\mathscr': 1, r'\mathtt': 0.7,
}  # fmt: skip
_SIZES: Final = {r'\big': 4, r'\Big': 5, r'\bigg': 3, r'\Bigg': 1.5}
_BRACKETS: Final = {('(', ')'): 5, ('[', ']'): 4, (r'\{', r'\}'): 3, ('|', '|'): 1}
_NAMES: Final = {
    r'\sin': 2, r'\cos': 2, r'\tan': 2, r'\cot': 2, r'\sinh': 6, r'\cosh': 6, r'\tanh': 5, r'\coth': 4, r'\arctan': 2,
    r'\arcsin': 1, r'\arccos': 1, r'\sec': 1, r'\csc': 1, r'\exp': 3, r'\ln': 3, r'\log': 2, r'\det': 2, r'\dim': 1,
    r'\ker': 1, r'\arg': 1, r'\max': 1, r'\min': 1, r'\deg': 1,
}  # fmt: skip
_WORDS: Final = (
    'for', 'for all', 'for any', 'for every', 'if', 'if and only if', 'and', 'or', 'with', 'where', 'when', 'otherwise',
    'on', 'in', 'as', 'at', 'such that', 'so that', 'mod', 'even', 'odd', 'is', 'then', 'hence', 'const', 'other',
    'permutations', 'the', 'of', 'let', 'by', 'from', 'to', 'fixed', 'case', 'terms', 'cyclic', 'total', 'extreme',
)  # fmt: skip
_INDEXED: Final = frozenset({'}', ')', ']'})
_UNITS: Final = ('cm', 'mm', 'm', 'km', 'kg', 's', 'ms', 'min', 'eV', 'GeV', 'MeV', 'Hz', 'K', 'pt', 'in', 'fm', 'pc')
_ENDS: Final = {',': 4, '.': 4, ';': 1, '': 2}


def compose(tokens: Tokens, rng: random.Random, pool: Pool) -> dict[str, str] | None:
    """A canonical formula after one or two changes, as drawn and as labelled; None where the change finds no place.

    Args:
        pool: pieces to fill tables with.
    Raises:
        LatexError: the changes do not agree with each other.
    """
    changed = pick(CHANGES, rng)(tokens, rng, pool)
    if changed == tokens:
        return None
    if rng.random() < SECOND_CHANGE:
        changed = pick(CHANGES, rng)(changed, rng, pool)
    if rng.random() < 0.2:
        changed = [*without_end(changed), *filter(None, [pick(_ENDS, rng)])]
    label = canonicalize(detokenize(changed))
    seen = flat(tokenize(label), rng) if rng.random() < FLAT else changed
    drawn = with_lengths(seen, rng) if rng.random() < LENGTHS else detokenize(seen)
    return {'latex': italic_operators(drawn) if rng.random() < ITALIC else drawn, 'label': label}


def accents(tokens: Tokens, rng: random.Random, pool: Pool) -> Tokens:
    """Other accents in place of those there are, and some on letters, wherever these occur."""
    found = [pick(_MARKS, rng) if token in _MARKS and rng.random() < 0.7 else token for token in tokens]
    return _dress(found, rng, lambda _: pick(_MARKS if rng.random() < 0.8 else _WIDE_MARKS, rng))


def styles(tokens: Tokens, rng: random.Random, pool: Pool) -> Tokens:
    """Letters that are bold, upright, sans serif and so on, wherever they occur."""
    return _dress(tokens, rng, lambda letter: font_of(letter, _STYLES, rng))


def _dress(tokens: Tokens, rng: random.Random, command: Callable[[str], str]) -> Tokens:
    """One to three of the formula's letters, wherever they occur, as arguments of a command each."""
    places = set(letters(tokens))
    alphabet = sorted({tokens[i] for i in places})
    chosen = rng.sample(alphabet, min(len(alphabet), rng.choice((1, 1, 2, 3))))
    commands = {letter: command(letter) for letter in chosen}
    out: Tokens = []
    for i, token in enumerate(tokens):
        dressed = i in places and token in commands and rng.random() < 0.9
        out += [commands[token], '{', token, '}'] if dressed else [token]
    return out


def wide_accents(tokens: Tokens, rng: random.Random, pool: Pool) -> Tokens:
    """A line, a wide tilde or an arrow over one to three letters in a row, or a sign on top of them."""
    places = letters(tokens)
    if not places:
        return tokens
    start = rng.choice(places)
    wanted = rng.choice((1, 1, 2, 3))
    end = next(i for i in range(start + 1, len(tokens) + 2) if i not in places or i - start == wanted)
    inside = ['{', *tokens[start:end], '}']
    if rng.random() < 0.3:
        inside = ['{', *tokenize(rng.choice(_ON_TOP)), '}', *inside]
        return [*tokens[:start], r'\overset', *inside, *tokens[end:]]
    return [*tokens[:start], pick(_WIDE_MARKS, rng), *inside, *tokens[end:]]


def brackets(tokens: Tokens, rng: random.Random, pool: Pool) -> Tokens:
    r"""Brackets of a fixed size (`\Big`) in place of plain ones and those of `\left`, or about one side."""
    size = pick(_SIZES, rng)
    found = pairs(tokens)
    if found:
        pair = rng.choice(found)
        inside = tokens[pair.opening + 1 : pair.closing - pair.fitted]
        marks = tokens[pair.opening], tokens[pair.closing]
        # `\left.` and brackets that do not belong together become others, since one alone would change its meaning.
        opening, closing = marks if CLOSERS.get(marks[0]) == marks[1] and rng.random() < 0.6 else pick(_BRACKETS, rng)
        if r'\middle' in inside:
            return tokens
        before = tokens[: pair.opening - pair.fitted]
        return [*before, size, opening, *inside, size, closing, *tokens[pair.closing + 1 :]]
    level = depths(tokens)
    start = next((i + 1 for i, token in enumerate(tokens) if token in RELATIONS and not level[i]), 0)
    end = len(without_end(tokens))
    if start >= end or '&' in tokens:
        return tokens
    opening, closing = pick(_BRACKETS, rng)
    return [*tokens[:start], size, opening, *tokens[start:end], size, closing, *tokens[end:]]


def names(tokens: Tokens, rng: random.Random, pool: Pool) -> Tokens:
    """Other names of functions in place of those there are, and some in place of letters, before a bracket if any."""
    out = [pick(_NAMES, rng) if token[1:] in OPERATORS and token in _NAMES else token for token in tokens]
    places = letters(tokens)
    places = [i for i in places if tokens[i + 1 : i + 2] in (['('], [r'\left'])] or (places if out == tokens else [])
    for i in rng.sample(places, min(len(places), rng.choice((1, 1, 2)))):
        out[i] = pick(_NAMES, rng)
    return out


def words(tokens: Tokens, rng: random.Random, pool: Pool) -> Tokens:
    """A few words in the middle or at the end."""
    word = rng.choice(_WORDS)
    command = r'\text' if ' ' in word else rng.choice((r'\mathrm', r'\mathrm', r'\text'))
    text = [command, '{', *word.replace(' ', '~'), '}']
    places = behind_commas(tokens)
    if places and rng.random() < 0.6:
        place = rng.choice(places)
        return tokens[:place] + text + tokens[place:]
    return [*without_end(tokens), *rng.choice(('', ',')), *text, *rng.choice(pool.cells), *rng.choice(('', '.', ','))]


def tensors(tokens: Tokens, rng: random.Random, pool: Pool) -> Tokens:
    """Most indices one after the other, `T_{a}{}^{b}` or `T^{b}{}_{a}`, in place of one above the other."""
    out: Tokens = []
    position = 0
    while position < len(tokens):
        out.append(tokens[position])
        position += 1
        if out[-1] not in ('_', '^') or tokens[position : position + 1] != ['{']:
            continue
        base = out[-2:-1]
        end = close(tokens, position)
        group, position = [out.pop(), *tokens[position:end]], end
        # Signs with limits do not take indices; those after others stand apart already.
        indexed = bool(base) and (base[0] in _INDEXED or base[0] in LETTERS or base[0] in GREEK)
        has_prime = r'\prime' in group or r'\prime' in tokens[position : position + 3]
        if indexed and not has_prime and tokens[position : position + 1] in (['_'], ['^']) and rng.random() < 0.8:
            end = close(tokens, position + 1)
            group, position = staggered(group, tokens[position:end], rng), end
        out += group
    return out


def quantities(tokens: Tokens, rng: random.Random, pool: Pool) -> Tokens:
    """A number with a unit behind a relation: such letters are meant, unlike those `with_lengths` leaves."""
    cuts = relations(tokens)
    if not cuts:
        return tokens
    cut = rng.choice(cuts) + 1
    number = rng.choice(('', '', '0.', '1.', '2.', '1')) + str(rng.randrange(1, 100))
    unit = tokenize(rng.choice(_UNITS))
    if rng.random() < 0.5:
        unit = [r'\mathrm', '{', *unit, '}']
    return [*tokens[:cut], *number, *unit, *tokens[next_comma(tokens, cut) :]]


CHANGES: Final[Mapping[Change, float]] = {
    matrix: 34, accents: 16, brackets: 14, names: 8, styles: 8, wide_accents: 6, words: 8, tensors: 8, quantities: 2
}  # fmt: skip


def composed(formulas: Iterable[str], seed: int = 0) -> Iterator[dict[str, str]]:
    """Formulas of at most `MAX_TOKENS` tokens, changed; each may be a piece of later ones."""
    rng = random.Random(seed)
    pool = Pool()
    for formula in formulas:
        try:
            tokens = tokenize(canonicalize(formula))
        except LatexError:
            continue
        pool.add(tokens, rng)
        if len(tokens) <= MAX_TOKENS:
            with contextlib.suppress(LatexError):
                if row := compose(tokens, rng, pool):
                    yield row


def main(argv: Sequence[str] | None = None) -> int:
    return write_made(composed, 'data.compose', 'Compose formulas of structure that corpora lack.', argv)


if __name__ == '__main__':
    raise SystemExit(main())
