"""What composed formulas are made of: pieces of a corpus, and how they are drawn at random."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias, TypeVar

from .token_spans import depths

Tokens: TypeAlias = list[str]
Choice = TypeVar('Choice')

MAX_CELL: Final = 8
MAX_EQUATION: Final = 28
KEPT: Final = 4000
"""how many pieces of a kind are kept; later ones take the places of earlier ones"""

RELATIONS: Final = frozenset(
    {'=', '<', '>', r'\equiv', r'\sim', r'\leq', r'\geq', r'\rightarrow', r'\in', r'\approx', r'\simeq', r'\neq'}
)


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


def without_end(tokens: Tokens) -> Tokens:
    return tokens[:-1] if tokens[-1:] in ([','], ['.'], [';']) else tokens
