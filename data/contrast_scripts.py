"""Scripts for contrast formulas: where they stand says what they belong to, and that is a matter of a point or two."""

import random
from typing import Final

from .compose_parts import Tokens, pick, staggered
from .latex_rules import LETTERS
from .token_spans import GREEK, close, letters

_INDICES: Final = {
    '2': 4, '3': 1, '*': 1, '+': 1, '-': 1, r'\prime': 1, 'a': 1, 'b': 1, 'i': 1, 'n': 1, r'\mu': 1.5, r'\nu': 1,
    r'\alpha': 1,
}  # fmt: skip


def scripts(tokens: Tokens, rng: random.Random) -> Tokens:
    """One script behind another instead of above it, a second one, one before its base, on the other side, or gone."""
    places = [i for i, token in enumerate(tokens) if token in ('_', '^') and i and tokens[i + 1 : i + 2] == ['{']]
    if not places:
        return tokens
    place = rng.choice(places)
    end = close(tokens, place + 1)
    base, group = tokens[place - 1], tokens[place:end]
    is_letter = base in LETTERS or base in GREEK
    if tokens[end : end + 1] in (['_'], ['^']) and (is_letter or base in ('}', ')')):
        partner = close(tokens, end + 1)
        return [*tokens[:place], *staggered(group, tokens[end:partner], rng), *tokens[partner:]]
    if base == '}' and tokens[place - 2] == '{' and rng.random() < 0.7:  # an empty group, which holds them apart
        return [*tokens[: place - 2], *tokens[place:]]
    kind = rng.random()
    index = ['{', pick(_INDICES, rng), '}']
    turned = '_' if group[0] == '^' else '^'
    if is_letter and kind < 0.25:
        return [*tokens[: place - 1], '{', base, *group, '}', group[0], *index, *tokens[end:]]
    if is_letter and kind < 0.6:
        return [*tokens[:place], *staggered(group, [turned, *index], rng), *tokens[end:]]
    if is_letter and kind < 0.7:
        return [*tokens[: place - 1], '{', '}', rng.choice('_^^'), *index, *tokens[place - 1 :]]
    if kind < 0.85:
        return [*tokens[:place], turned, *group[1:], *tokens[end:]]
    return [*tokens[:place], *tokens[end:]]


def primes(tokens: Tokens, rng: random.Random) -> Tokens:
    r"""A power of a letter with primes, drawn beside them or above: `x^{\prime2}` or `{x^{\prime}}^{2}`, one label."""
    places = [i for i in letters(tokens) if tokens[i + 1 : i + 4] == ['^', '{', r'\prime']]
    bare = [i for i in letters(tokens) if tokens[i + 1 : i + 2] not in (['^'], ['_'])]
    if not places and not bare:
        return tokens
    if places and (not bare or rng.random() < 0.8):
        place = rng.choice(places)
        end = close(tokens, place + 2)
    else:
        place = rng.choice(bare)
        end = place + 1
    inside = tokens[place + 3 : end - 1] or [r'\prime']
    count = next((i for i, token in enumerate(inside) if token != r'\prime'), len(inside))
    marks, power = inside[:count], inside[count:] or [pick(_INDICES, rng)]
    if rng.random() < 0.5:
        return [*tokens[: place + 1], '^', '{', *marks, *power, '}', *tokens[end:]]
    return [*tokens[:place], '{', tokens[place], '^', '{', *marks, '}', '}', '^', '{', *power, '}', *tokens[end:]]
