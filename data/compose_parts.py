"""What composed formulas are made of: pieces of a corpus, and how they are drawn at random; and their command line."""

import argparse
import itertools
import random
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

from .pages import read_formulas, write_formulas
from .token_spans import GREEK, depths

Tokens: TypeAlias = list[str]
Choice = TypeVar('Choice')

MAX_CELL: Final = 8
MAX_EQUATION: Final = 28
KEPT: Final = 4000
"""how many pieces of a kind are kept; later ones take the places of earlier ones"""

RELATIONS: Final = frozenset(
    {'=', '<', '>', r'\equiv', r'\sim', r'\leq', r'\geq', r'\rightarrow', r'\in', r'\approx', r'\simeq', r'\neq'}
)

_CAPITALS_ONLY: Final = frozenset({r'\mathcal', r'\mathbb', r'\mathscr'})


@dataclass
class Pool:
    """Pieces of the formulas seen so far, to fill tables with."""

    cells: list[Tokens] = field(default_factory=lambda: [[name] for name in 'abcd01'])
    """short formulas without a relation"""
    equations: list[Tokens] = field(default_factory=lambda: [['x', '=', '0'], ['a', '<', 'b']])
    """formulas with a relation that stands in no group, of at most `MAX_EQUATION` tokens"""

    def add(self, tokens: Tokens, rng: random.Random) -> None:
        """Keeps a formula if it can be a piece."""
        piece = without_end(tokens)
        if not piece or '&' in piece or r'\\' in piece:
            return
        if len(piece) <= MAX_CELL and not RELATIONS & set(piece):
            _keep(piece, self.cells, rng)
        elif len(piece) <= MAX_EQUATION and relations(piece):
            _keep(piece, self.equations, rng)


Change: TypeAlias = Callable[[Tokens, random.Random, Pool], Tokens]


def _keep(piece: Tokens, pieces: list[Tokens], rng: random.Random) -> None:
    if len(pieces) < KEPT:
        pieces.append(piece)
    else:
        pieces[rng.randrange(KEPT)] = piece


def pick(weights: Mapping[Choice, float], rng: random.Random) -> Choice:
    return rng.choices(list(weights), list(weights.values()))[0]


def font_of(token: str, weights: Mapping[str, float], rng: random.Random) -> str:
    r"""The command of a font for one letter or digit: bold for what a font of capitals lacks and for Greek letters."""
    if token in GREEK:
        return r'\boldsymbol'
    chosen = pick(weights, rng)
    return r'\mathbf' if chosen in _CAPITALS_ONLY and not token.isupper() else chosen


def relations(tokens: Sequence[str]) -> list[int]:
    """Positions of the relations that stand in no group, with something on both sides."""
    level = depths(tokens)
    return [i for i, token in enumerate(tokens) if token in RELATIONS and not level[i] and 0 < i < len(tokens) - 1]


def behind_commas(tokens: Sequence[str]) -> list[int]:
    """Positions behind the commas that stand in no group."""
    level = depths(tokens)
    return [i + 1 for i, token in enumerate(tokens) if token == ',' and not level[i]]


def next_comma(tokens: Sequence[str], start: int) -> int:
    """Where the next comma is that stands in no group, or the end."""
    return next((place - 1 for place in behind_commas(tokens) if place > start), len(tokens))


def staggered(first: Sequence[str], second: Sequence[str], rng: random.Random) -> Tokens:
    r"""Two scripts of one base, the one behind the other: `_{a}{}^{b}` or, as often, `^{b}{}_{a}`."""
    left, right = (first, second) if rng.random() < 0.5 else (second, first)
    return [*left, '{', '}', *right]


def without_end(tokens: Tokens) -> Tokens:
    return tokens[:-1] if tokens[-1:] in ([','], ['.'], [';']) else tokens


def write_made(
    make: Callable[[Iterable[str], int], Iterator[dict[str, str]]],
    name: str,
    description: str,
    argv: Sequence[str] | None = None,
) -> int:
    """The command line of a module that makes formulas of others; returns the exit status.

    Args:
        make: from formulas and a seed, what is to be written.
        name: of the module.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument('formulas', nargs='+', type=Path, help='JSONL files, plain or .xz, with a field "latex"')
    parser.add_argument('--out', type=Path, required=True, help='JSONL file to write')
    parser.add_argument('--limit', type=int, help='stop after so many formulas')
    parser.add_argument('--every', type=int, default=1, help='take one formula of so many (default 1)')
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args(argv)
    if args.every < 1:
        parser.error('--every must be at least 1')
    try:
        rows = (row['latex'] for row in read_formulas(args.formulas))
        made = itertools.islice(make(itertools.islice(rows, 0, None, args.every), args.seed), args.limit)
        count = write_formulas(made, args.out)
    except (OSError, ValueError) as error:
        print(f'{name}: {error}', file=sys.stderr)
        return 2
    print(f'{count} formulas made')
    return 0
