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

# What follows these is no symbol of the formula: a delimiter, what is struck out, a script, which takes one token only.
_BEFORE_ONE = {rf'\{name}{side}' for name in ('big', 'Big', 'bigg', 'Bigg') for side in ('', 'l', 'r', 'm')}
_BEFORE_ONE |= {r'\left', r'\right', r'\middle', r'\not', '_', '^'}
# Nor is what is in braces behind these: the specification of columns, a length, a name, a text.
_BEFORE_NAME = {r'\begin{array}', r'\hspace', r'\vspace', r'\operatorname', r'\color', r'\kern', r'\mbox'}
_BEFORE_NAME |= {rf'\text{font}' for font in ('', 'rm', 'bf', 'it', 'sf', 'tt')}
_BEFORE_OPTION = {r'\sqrt', r'\xrightarrow', r'\xleftarrow'}
# Coloured they would be no operators, and their limits scripts beside them.
_WITH_LIMITS = {rf'\big{name}' for name in ('cap', 'cup', 'odot', 'oplus', 'otimes', 'sqcup', 'uplus', 'vee', 'wedge')}
_WITH_LIMITS |= {r'\sum', r'\prod', r'\coprod'}


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
    """The formula as LaTeX whose uncertain symbols are coloured; braces, scripts, texts and the like cannot be."""
    tokens = prediction.tokens
    if not tokens:
        return prediction.latex
    texts = ['', *(token.text for token in tokens), '']
    written = ''
    for token, before, after, is_verbatim in zip(tokens, texts, texts[2:], _verbatim(texts[1:-1]), strict=False):
        text = token.text
        written += ' ' if _apart(before, text) else ''
        is_doubtful = token.probability < UNCERTAIN
        shown = not is_verbatim and before not in _BEFORE_ONE | _BEFORE_NAME and _is_symbol(text, after)
        written += f'{INK}{{{text}}}' if shown and is_doubtful else text
    return written


def _verbatim(texts: Sequence[str]) -> list[bool]:
    """Which tokens are in a text, a name or an optional argument: no symbol can be coloured there."""
    found = []
    depth = 0
    end: tuple[str, int] | None = None
    for before, text in zip(['', *texts], texts, strict=False):
        if end is None and ((text == '{' and before in _BEFORE_NAME) or (text == '[' and before in _BEFORE_OPTION)):
            end = ('}' if text == '{' else ']', depth)
        depth += (text == '{') - (text == '}')
        found.append(end is not None)
        if (text, depth) == end:
            end = None
    return found


def _apart(before: str, text: str) -> bool:
    r"""Whether a space must stand between two tokens: in a text it would be seen.

    KaTeX takes @ for a letter, and a bracket right behind `\\` for a length.
    """
    if text == '[':
        return before == r'\\' or before.startswith(r'\begin')
    return before[:1] == '\\' and before[-1].isalpha() and (text[:1].isalpha() or text[:1] == '@')


def _is_symbol(token: str, after: str) -> bool:
    if len(token) == 1:
        return token.isalnum() or token in '+-=<>,.;:!|()[]/*?'
    if after in {r'\limits', r'\nolimits'} or (token in _WITH_LIMITS and after in {'_', '^'}):
        return False
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
