r"""Makes formulas that differ a little from real ones, in what a reader that guesses gets wrong.

    python -m data.contrast formulas.jsonl.xz --out contrast.jsonl --limit 150000

A reader that knows how formulas go reads what ought to be there: a `\bar{z}` below a fraction bar as *z*, *F* as the
*P* of the line above, `f_{+}{}^{-}` as `f_{+}^{-}`, and it is sure of that. Of 1,813 wrong readings of im2latex-100k's
validation split three in four were wrong as well when the label was typeset again, and half of these in the same way.
In these formulas only the picture tells: each is a real one with a few small changes in single places, so that what
stands there is not what its surroundings lead one to expect. (Gardner et al., "Evaluating Models' Local Decision
Boundaries via Contrast Sets", 2020, has the idea, for tests.) A line is the formula as drawn (`latex`) and the one it
stands for (`label`), as `data.pages` takes them.
"""

import contextlib
import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from .compose_parts import Tokens, font_of, pick, write_made
from .contrast_scripts import primes, scripts
from .contrast_tables import tables
from .italic_operators import italic_operators
from .latex import canonicalize, detokenize, tokenize
from .latex_form import LatexError
from .latex_rules import DIGITS, LETTERS
from .token_spans import CLOSERS, GREEK, close, closes, depths, is_delimiter, letters, opens, pairs

MIN_TOKENS: Final = 10
MAX_TOKENS: Final = 120
MAX_TABLE_TOKENS: Final = 180
"""the same for formulas with a table: those of one line are that long rarely"""
TOKENS_A_CHANGE: Final = 30
"""so many tokens are worth one change more"""
MAX_PIECE: Final = 14
"""the longest piece that `repetition` doubles, in tokens"""
TABLES: Final = 0.5
"""the share of the changes of a formula with a table that are changes of the table"""
ITALIC: Final = 0.3
"""the share whose operator names are drawn as letters"""

_COUNTS: Final = {1: 5, 2: 3, 3: 2}
_LOOK_ALIKES: Final = tuple(
    tuple(group.split())
    for group in (
        r'e c \epsilon \varepsilon \in', r'l 1 I \ell i | /', r'i j \imath \jmath \iota', r'\upsilon v u \nu',
        r'a \alpha', r'F P E', r'* \star \cdot . \circ', r'h \hbar b n', r'n m \eta', r'| \|', r'; : , .', r'6 0 8 9 3',
        r'2 3 z Z', r'\kappa k K', r'\omega w', r'\chi x X \times', r'\rho p P', r'\tau t r', r'\gamma y Y \Upsilon',
        r'o 0 O \sigma', r'\theta \Theta 0 \vartheta', r'\beta B 8', r'\phi \varphi \psi \varPhi', r's S 5', r'c C',
        r'\triangle \Delta \bigtriangleup', r'\ldots \cdots', r'\sim \simeq \approx \cong', r'\otimes \oplus \odot',
        r'\partial \delta d', r'\Lambda A \wedge', r'\xi \zeta', r'\cap \cup U', r'\subset \subseteq \in', r'\leq <',
        r'\geq >', r'= \equiv -', r'v V \vee', r'w W', r'u U \mu', r'g q 9', r'f \int', r'\Sigma \sum', r'\Pi \prod',
        r'+ - \pm \mp', r'\pi \varpi', r'\rightarrow \longrightarrow \mapsto', r'\dagger \ddagger t', r'\prime 1',
    )
)  # fmt: skip
_TWINS: Final = {
    token: tuple(twin for group in _LOOK_ALIKES if token in group for twin in group if twin != token)
    for token in itertools.chain(*_LOOK_ALIKES)
}
_MARKS: Final = {
    r'\bar': 8, r'\tilde': 6, r'\dot': 6, r'\hat': 5, r'\vec': 3, r'\ddot': 2, r'\check': 1, r'\breve': 0.5,
    r'\overline': 2, r'\underline': 2, r'\widetilde': 1, r'\widehat': 1,
}  # fmt: skip
_FONTS: Final = {
    r'\mathbf': 6, r'\mathrm': 4, r'\mathsf': 2, r'\mathit': 1, r'\mathcal': 2, r'\boldsymbol': 2, r'\mathbb': 1,
    r'\mathfrak': 0.5,
}  # fmt: skip
_PUNCTUATION: Final = {'.': 5, ',': 3, ';': 1, ':': 1}
_BRACKETS: Final = {('(', ')'): 4, ('[', ']'): 3, (r'\{', r'\}'): 2, (r'\langle', r'\rangle'): 1}
_BRACKET_SIZES: Final = {'': 4, r'\left': 6, r'\big': 2, r'\Big': 3, r'\bigg': 2, r'\Bigg': 1}

Change: TypeAlias = Callable[[Tokens, random.Random], Tokens]


def contrast(tokens: Tokens, rng: random.Random) -> dict[str, str] | None:
    """A canonical formula after a few changes, as drawn and as labelled; None where none of them finds a place.

    Raises:
        LatexError: the changes do not agree with each other.
    """
    changed = tokens
    has_table = _has_table(tokens)
    for _ in range(pick(_COUNTS, rng) + len(tokens) // TOKENS_A_CHANGE):
        change = tables if has_table and rng.random() < TABLES else pick(CHANGES, rng)
        changed = change(changed, rng)
    label = canonicalize(detokenize(changed))
    if label == detokenize(tokens):
        return None
    drawn = detokenize(changed)
    return {'latex': italic_operators(drawn) if rng.random() < ITALIC else drawn, 'label': label}


def look_alike(tokens: Tokens, rng: random.Random) -> Tokens:
    """A sign that looks much like the one that stood there."""
    words = _columns(tokens) | _texts(tokens)
    places = [i for i, t in enumerate(tokens) if t in _TWINS and i not in words and not is_delimiter(tokens, i)]
    if not places:
        return tokens
    place = rng.choice(places)
    return [*tokens[:place], rng.choice(_TWINS[tokens[place]]), *tokens[place + 1 :]]


def other(tokens: Tokens, rng: random.Random) -> Tokens:
    """Any other letter of the alphabet, or any other digit."""
    columns = _columns(tokens)
    places = [i for i, token in enumerate(tokens) if (token in LETTERS or token in DIGITS) and i not in columns]
    if not places:
        return tokens
    place = rng.choice(places)
    kind = DIGITS if tokens[place] in DIGITS else LETTERS
    return [*tokens[:place], rng.choice(sorted(kind)), *tokens[place + 1 :]]


def accent(tokens: Tokens, rng: random.Random) -> Tokens:
    """One letter more with an accent, one with another or with two, or one without; half of them inside of groups."""
    accented = [i for i, token in enumerate(tokens) if token in _MARKS and tokens[i + 1 : i + 2] == ['{']]
    if accented and rng.random() < 0.4:
        place = rng.choice(accented)
        end = close(tokens, place + 1)
        kind = rng.random()
        if kind < 0.4:
            return [*tokens[:place], pick(_MARKS, rng), *tokens[place + 1 :]]
        if kind < 0.7:
            return [*tokens[:place], *tokens[place + 2 : end - 1], *tokens[end:]]
        return [*tokens[:place], pick(_MARKS, rng), '{', *tokens[place:end], '}', *tokens[end:]]
    return _dress(tokens, letters(tokens), lambda _: pick(_MARKS, rng), rng)


def font(tokens: Tokens, rng: random.Random) -> Tokens:
    """One letter or digit more in another font, or one less."""
    styled = [i for i, token in enumerate(tokens) if token in _FONTS and tokens[i + 1 : i + 2] == ['{']]
    if styled and rng.random() < 0.4:
        place = rng.choice(styled)
        end = close(tokens, place + 1)
        inside = tokens[place + 2 : end - 1]
        if len(inside) == 1 and rng.random() < 0.5:
            return [*tokens[:place], font_of(inside[0], _FONTS, rng), '{', *inside, '}', *tokens[end:]]
        return [*tokens[:place], *inside, *tokens[end:]]
    digits = [i for i, token in enumerate(tokens) if token in DIGITS]
    return _dress(
        tokens, digits if digits and rng.random() < 0.3 else letters(tokens), lambda t: font_of(t, _FONTS, rng), rng
    )


def _dress(tokens: Tokens, places: Sequence[int], command: Callable[[str], str], rng: random.Random) -> Tokens:
    level = depths(tokens)
    if rng.random() < 0.5:
        places = [i for i in places if level[i]] or places
    if not places:
        return tokens
    place = rng.choice(places)
    return [*tokens[:place], command(tokens[place]), '{', tokens[place], '}', *tokens[place + 1 :]]


def punctuation(tokens: Tokens, rng: random.Random) -> Tokens:
    """One full stop, comma, ... more or less, wherever it may stand."""
    columns = _columns(tokens)
    if rng.random() < 0.4:
        found = [i for i, t in enumerate(tokens) if t in ('.', ',') and not is_delimiter(tokens, i)]
        if found:
            place = rng.choice(found)
            return [*tokens[:place], *tokens[place + 1 :]]
    places = [
        i + 1
        for i, token in enumerate(tokens)
        if (token in LETTERS or token in DIGITS or token in ('}', ')', r'\ldots', r'\cdots'))
        and i not in columns
        and tokens[i + 1 : i + 2] not in (['{'], ['_'], ['^'])
    ]
    if not places:
        return tokens
    place = rng.choice(places)
    return [*tokens[:place], pick(_PUNCTUATION, rng), *tokens[place:]]


def brackets(tokens: Tokens, rng: random.Random) -> Tokens:
    r"""A pair of brackets of another size (plain, `\left` or `\Big`), one in four of another kind."""
    found = [pair for pair in pairs(tokens) if CLOSERS.get(tokens[pair.opening]) == tokens[pair.closing]]
    if not found:
        return tokens
    pair = rng.choice(found)
    inside = tokens[pair.opening + 1 : pair.closing - pair.fitted]
    if r'\middle' in inside:
        return tokens
    opening, closing = tokens[pair.opening], tokens[pair.closing]
    if rng.random() < 0.25:
        opening, closing = pick(_BRACKETS, rng)
    size = pick(_BRACKET_SIZES, rng)
    sizes = ([size], [r'\right' if size == r'\left' else size]) if size else ([], [])
    before, after = tokens[: pair.opening - pair.fitted], tokens[pair.closing + 1 :]
    return [*before, *sizes[0], opening, *inside, *sizes[1], closing, *after]


def slash(tokens: Tokens, rng: random.Random) -> Tokens:
    r"""One letter more with a slash through it, as `\not D` or as a slash moved back onto it."""
    places = letters(tokens)
    if not places:
        return tokens
    place = rng.choice(places)
    letter = tokens[place]
    if rng.random() < 0.6:
        return [*tokens[:place], '{', r'\not', letter, '}', *tokens[place + 1 :]]
    back = [r'\!'] * (2 if letter.islower() else 3)
    return [*tokens[:place], '{', letter, *back, '/', '}', *tokens[place + 1 :]]


def spaces(tokens: Tokens, rng: random.Random) -> Tokens:
    """One space more or less between the words of a text."""
    texts = [i for i, t in enumerate(tokens) if t in (r'\text', r'\mathrm') and close(tokens, i + 1) - i > 5]
    if not texts:
        return tokens
    place = rng.choice(texts)
    end = close(tokens, place + 1)
    inside = tokens[place + 2 : end - 1]
    gaps = [i for i, token in enumerate(inside) if token == '~']
    if gaps and rng.random() < 0.4:
        del inside[rng.choice(gaps)]
    else:
        inside.insert(rng.randrange(1, len(inside)), '~')
    return [*tokens[:place], r'\text', '{', *inside, '}', *tokens[end:]]


def repetition(tokens: Tokens, rng: random.Random) -> Tokens:
    """A piece of the formula twice, or not at all: what a reader that has lost its place reads."""
    columns = _columns(tokens)
    starts = [i for i, token in enumerate(tokens) if (token in LETTERS or token in GREEK) and i not in columns]
    starts = [i for i in starts if not is_delimiter(tokens, i)]
    if not starts:
        return tokens
    start = rng.choice(starts)
    ends = _ends(tokens, start)
    if not ends:
        return tokens
    end = rng.choice(ends)
    if rng.random() < 0.6:
        return [*tokens[:end], *tokens[start:end], *tokens[end:]]
    is_all = tokens[start - 1 : start] == ['{'] and tokens[end] == '}'
    return tokens if is_all else [*tokens[:start], *tokens[end:]]


def _ends(tokens: Tokens, start: int) -> list[int]:
    """Where a piece that begins at `start` may be over: what it opens it closes, and no script is cut off its base."""
    found: list[int] = []
    level = 0
    for position in range(start, min(start + MAX_PIECE, len(tokens))):
        token = tokens[position]
        level += opens(token) - closes(token)
        if level < 0 or token in ('&', r'\\'):
            break
        following = tokens[position + 1 : position + 2]
        if not level and following not in (['{'], ['_'], ['^']) and not is_delimiter(tokens, position + 1):
            found.append(position + 1)
    return found


def _has_table(tokens: Tokens) -> bool:
    return any(token.startswith(r'\begin{') for token in tokens)


def _columns(tokens: Tokens) -> set[int]:
    """Positions of the columns of tables, which are letters and lines that are not seen as such."""
    found: set[int] = set()
    for i, token in enumerate(tokens):
        if token == r'\begin{array}':
            found.update(range(i + 1, close(tokens, i + 1)))
    return found


def _texts(tokens: Tokens) -> set[int]:
    """Positions in texts, where signs of maths are errors."""
    return {j for i, token in enumerate(tokens) if token.startswith(r'\text') for j in range(i, close(tokens, i + 1))}


CHANGES: Final[Mapping[Change, float]] = {
    look_alike: 6, other: 3, accent: 6, font: 3, punctuation: 3, brackets: 4, scripts: 5,
    primes: 2, tables: 1.5, slash: 1, spaces: 1.5, repetition: 2.5,
}  # fmt: skip


def contrasts(formulas: Iterable[str], seed: int = 0) -> Iterator[dict[str, str]]:
    """Formulas of `MIN_TOKENS` to `MAX_TOKENS` tokens (`MAX_TABLE_TOKENS` with a table), changed."""
    rng = random.Random(seed)
    for formula in formulas:
        with contextlib.suppress(LatexError):
            tokens = tokenize(canonicalize(formula))
            most = MAX_TABLE_TOKENS if _has_table(tokens) else MAX_TOKENS
            if MIN_TOKENS <= len(tokens) <= most and (row := contrast(tokens, rng)):
                yield row


def main(argv: Sequence[str] | None = None) -> int:
    return write_made(contrasts, 'data.contrast', 'Make formulas that differ a little from real ones.', argv)


if __name__ == '__main__':
    raise SystemExit(main())
