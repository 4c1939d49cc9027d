"""Predictions in words and marks, for people."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any

from latex2mathml.symbols_parser import convert_symbol

from .batching import Prediction

# A probability of being right below which a person should look twice.
DOUBTFUL = 0.5
# The same for the score of a checkpoint without calibration: of checkpoints/small's readings of 212 validation pictures
# of im2latex-100k, 1 of 122 below this was right to the last token, and 30 of 90 above.
DOUBTFUL_SCORE = 0.9
# A token below is marked.
UNCERTAIN = 0.9
INK = r'\textcolor{#d97706}'  # amber, which shows on light and dark

# What follows these is no symbol of the formula: a delimiter, the specification of columns, a length, a name.
_BEFORE_DELIMITER = {rf'\{name}{side}' for name in ('big', 'Big', 'bigg', 'Bigg') for side in ('', 'l', 'r', 'm')}
_BEFORE_DELIMITER |= {r'\left', r'\right', r'\middle', r'\not'}
_BEFORE_NAME = {r'\begin{array}', r'\hspace', r'\vspace', r'\operatorname', r'\mbox', r'\text', r'\color', r'\kern'}


def remark(prediction: Prediction) -> str | None:
    """What should make a person look twice at a prediction; None if nothing does."""
    if not prediction.latex:
        return 'Nothing was read: is this a formula?'
    if prediction.is_formula is False:
        return 'This does not look like a formula.'
    if prediction.confidence is None:
        return 'Probably wrong somewhere, or not a formula at all.' if prediction.score < DOUBTFUL_SCORE else None
    return 'Probably wrong somewhere.' if prediction.confidence < DOUBTFUL else None


def sureness(prediction: Prediction) -> str:
    """In percent how sure the model is: its confidence, or its score where it has no calibration."""
    return f'{prediction.score if prediction.confidence is None else prediction.confidence:.0%}'


def uncertain(prediction: Prediction) -> list[Any]:
    """The tokens that the model is unsure of, braces apart, the most doubtful first."""
    doubts = [token for token in prediction.tokens if token.probability < UNCERTAIN and token.text not in '{}']
    return sorted(doubts, key=lambda token: token.probability)


def marked(prediction: Prediction) -> str:
    """The formula as LaTeX whose uncertain symbols are coloured; braces, scripts and the like cannot be."""
    tokens = prediction.tokens
    if not tokens:
        return prediction.latex
    texts = ['', *(token.text for token in tokens), '']
    pieces: list[str] = []
    depth = 0
    name_ends: int | None = None  # depth outside the braces of a name, while within them
    for token, before, after in zip(tokens, texts, texts[2:], strict=False):
        text = token.text
        if text == '{' and before in _BEFORE_NAME and name_ends is None:
            name_ends = depth
        depth += (text == '{') - (text == '}')
        if depth == name_ends:
            name_ends = None
        shown = name_ends is None and before not in _BEFORE_DELIMITER | _BEFORE_NAME and _is_symbol(text, after)
        pieces.append(f'{INK}{{{text}}}' if shown and token.probability < UNCERTAIN else text)
    return ' '.join(pieces)


def _is_symbol(token: str, after: str) -> bool:
    if len(token) == 1:
        return token.isalnum() or token in '+-=<>,.;:!|()[]/*?'
    # What is followed by a brace is an accent, a fraction or the like.
    return after not in ('{', '[') and convert_symbol(token) is not None


def difference(prediction: Prediction, other: Prediction) -> str:
    """How another reading differs from a prediction, as short as can be said."""
    old, new = ([token.text for token in each.tokens] for each in (prediction, other))
    changes = [
        f'{_joined(old[a:b]) or "nothing"} → {_joined(new[c:d]) or "nothing"}'
        for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        if kind != 'equal'
    ]
    said = ', '.join(changes)
    return said if changes and len(changes) <= 3 and len(said) <= 60 else other.latex


def _joined(tokens: Sequence[str]) -> str:
    return ' '.join(tokens)
