"""Predictions as the page shows them."""

import html
from dataclasses import dataclass
from itertools import count

from .batching import Prediction
from .formats import FORMATS, FormatError, write
from .wording import difference, marked, remark, sureness, uncertain

_FAILURES = count()
HINT = '<span class="hint">The formula appears here as it was read.</span>'


@dataclass(frozen=True)
class Answer:
    """What the page shows for one picture."""

    formula: str
    """Markdown with the formula, uncertain symbols coloured"""
    verdict: str
    """HTML: how sure the model is, and what to look at twice"""
    latex: str
    written: dict[str, str]
    """the formula in every format that it can be written in"""


def answer(prediction: Prediction) -> Answer:
    """A prediction for the page."""
    latex = prediction.latex
    return Answer(display(marked(prediction)), _verdict(prediction), latex, written(latex))


def failure(reason: str) -> Answer:
    """Why there is nothing to show."""
    sentence = reason[:1].upper() + reason[1:]
    # By its number the page knows one failure from the same another time.
    number = next(_FAILURES)
    return Answer(HINT, f'<span class="dot bad" data-failure="{number}"></span>{html.escape(sentence)}', '', {})


def display(latex: str) -> str:
    """Markdown that shows a formula; nothing for no formula."""
    # Dollars would end the formula; Markdown has no way to escape them within one.
    body = ' '.join(latex.replace(r'\$', r'\text{\textdollar}').replace('$', '').split())
    return f'$$\n{body}\n$$' if body else ''


def written(latex: str) -> dict[str, str]:
    """A formula in every format that it can be written in."""
    found = {}
    for name in FORMATS:
        try:
            found[name] = write(latex, name)
        except FormatError:
            continue
    return found


def choices(prediction: Prediction) -> list[tuple[str, int]]:
    """Labels of a prediction's readings, the prediction first; none if there is only one."""
    if not prediction.alternatives:
        return []
    labels = ['the likeliest', *(difference(prediction, other) for other in prediction.alternatives)]
    readings = [prediction, *prediction.alternatives]
    return [(f'{label}   ({each.score:.0%})', i) for i, (label, each) in enumerate(zip(labels, readings, strict=True))]


def _verdict(prediction: Prediction) -> str:
    said, doubts = remark(prediction), uncertain(prediction)
    if prediction.is_formula is False:
        return f'<span class="dot bad"></span>{html.escape(said or "")}'
    colour = 'doubtful' if said or doubts else 'good'
    parts = [f'<span class="dot {colour}"></span>Confidence {sureness(prediction)}.']
    if said is not None:
        parts.append(html.escape(said))
    if doubts:
        named = ', '.join(f'<code>{html.escape(token.text)}</code> {token.probability:.0%}' for token in doubts[:5])
        parts.append(f'<span class="more">Look twice at {named}{", …" if len(doubts) > 5 else ""}</span>')
    return ' '.join(parts)
