"""Guesses at what a formula goes on with: what is guessed right takes no step of its own (`greedy_with_drafts`).

Speculative decoding without a second model: the guesses are looked up in an earlier reading and in the formula so far.
"""

from collections.abc import Mapping, Sequence

# Tokens that must agree before a place is taken for the same; tried in turn.
CONTEXTS = (3, 2)
# Most tokens to guess. A reading of the same picture mostly goes on as it did; a formula seldom repeats itself so far.
MOST_OF_READING = 16
MOST_OF_FORMULA = 4


class Drafts:
    """Guesses from another reading of the picture, and from the formula so far.

    Args:
        reading: tokens that the picture was read as before, the start token first; empty if it was not.
        certain: for tokens that only one token can follow, that one.
    """

    def __init__(self, reading: Sequence[int] = (), certain: Mapping[int, int] | None = None):
        self.reading = list(reading)
        self.certain = certain or {}

    def __call__(self, tokens: list[int]) -> list[int]:
        """What may follow these tokens, the start token first."""
        for count in CONTEXTS if len(tokens) > 1 else (1,):
            places = _places(self.reading, tokens[-count:])
            if places:
                place = min(places, key=lambda place: abs(place - len(tokens)))
                return self.reading[place : place + MOST_OF_READING]
        for count in CONTEXTS:
            places = _places(tokens[:-1], tokens[-count:])
            if places:
                return tokens[places[-1] : places[-1] + MOST_OF_FORMULA]
        return [self.certain[tokens[-1]]] if tokens[-1] in self.certain else []


def _places(tokens: Sequence[int], context: Sequence[int]) -> list[int]:
    """Where these tokens end in others."""
    count = len(context)
    return [end for end in range(count, len(tokens) + 1) if tokens[end - count : end] == context]
