"""An evaluation as one HTML page for people: `write_report(path, evaluations, title=..., settings=...)`.

The page needs nothing beside it: style and pictures are inside. The pictures of labels and predictions are typeset here
by `data.render`; glyphs that Character Detection Matching found no partner for are marked.
"""

import base64
import contextlib
import io
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import pypdfium2
from PIL import Image, ImageDraw
from rapidfuzz.distance import Levenshtein

from data.glyphs import page_glyphs
from data.latex import detokenize, tokenize
from data.render import rasterize, typeset

from . import breakdown, cdm
from .evaluation import ROWS, TITLES, Evaluation
from .harvard import typesettable
from .score import ScoredPrediction

CASES = 24
DPI = 130
_TEMPLATE = Path(__file__).with_name('report.html.jinja')
_RED = (214, 40, 40)
_SEED = 0

Picture = Callable[[int], Image.Image | None]


@dataclass(frozen=True)
class Case:
    """One picture as the report shows it; pictures are data URLs, or None where there is none."""

    item: ScoredPrediction
    f1: float | None
    given: str | None
    label: str | None
    prediction: str | None
    error: str | None
    difference: list[tuple[str, str]]
    """canonical LaTeX of both in pieces: ('equal' | 'delete' | 'insert', piece)"""


def write_report(
    path: Path,
    evaluations: Mapping[str, Evaluation],
    *,
    title: str,
    settings: Mapping[str, Any],
    widths: Mapping[int, int] | None = None,
    picture: Picture = lambda index: None,
) -> None:
    """Write the page.

    Args:
        path: the file to write.
        evaluations: columns of the table of scores, by name; cases and breakdowns are of the first, which has pictures
            compared unless none has.
        title: what was evaluated.
        settings: what else is said about it, by name.
        widths: for each index the width of the ink in its picture, for the table by scale; None leaves that out.
        picture: the picture that was read, by index; None where there is none to show.
    """
    first = next(iter(evaluations.values()))
    worst, sample = _choose(first)
    shown = _cases(first, list({item.index: item for item in worst + sample}.values()), picture)
    template = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATE.parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    ).get_template(_TEMPLATE.name)
    content = template.render(
        title=title,
        settings=settings,
        columns=list(evaluations),
        summaries=[evaluation.summary() for evaluation in evaluations.values()],
        rows=ROWS,
        row_titles=TITLES,
        breakdowns=[
            ('Length of the label', breakdown.by_length(first)),
            ('What the label contains', breakdown.by_structure(first)),
            *([('Size of the letters (1: 10 pt at 100 dpi)', breakdown.by_scale(first, widths))] if widths else []),
        ],
        errors=[(breakdown.KINDS[kind][0], rows) for kind, rows in breakdown.token_errors(first).items()],
        sections=[
            ('Worst', 'The lowest CDM, then the lowest edit similarity.', [shown[item.index] for item in worst]),
            ('Random', 'Drawn from all pictures.', [shown[item.index] for item in sample]),
        ],
    )
    path.write_text(content, encoding='utf-8')


def _choose(evaluation: Evaluation) -> tuple[list[ScoredPrediction], list[ScoredPrediction]]:
    """The worst predictions and some at random, without those whose label cannot be typeset."""
    items = [
        item
        for item in evaluation.scores.predictions
        if evaluation.pictures is None or evaluation.picture(item) is not None
    ]

    def goodness(item: ScoredPrediction) -> tuple[float, float, int]:
        score = evaluation.picture(item)
        return (score.cdm if score else 0.0, item.text['normalised'].edit_similarity, item.index)

    sample = random.Random(_SEED).sample(items, min(CASES, len(items)))
    return sorted(items, key=goodness)[:CASES], sorted(sample, key=lambda item: item.index)


def _cases(evaluation: Evaluation, items: Sequence[ScoredPrediction], picture: Picture) -> dict[int, Case]:
    if evaluation.pictures is None:
        return {item.index: _case(item, None, picture, None, None) for item in items}
    result = typeset([typesettable(formula) for item in items for formula in (item.latex, item.prediction)])
    cases = {}
    with contextlib.ExitStack() as stack:
        document = stack.enter_context(contextlib.closing(pypdfium2.PdfDocument(result.pdf))) if result.pdf else None
        for number, item in enumerate(items):
            drawn: tuple[str | None, str | None] = (None, None)
            if document is not None:
                drawn = _draw_pair(document, result.pages[2 * number], result.pages[2 * number + 1])
            score = evaluation.picture(item)
            f1 = score.cdm if score else None
            cases[item.index] = _case(item, f1, picture, drawn, result.errors.get(2 * number + 1))
    return cases


def _case(
    item: ScoredPrediction,
    f1: float | None,
    picture: Picture,
    drawn: tuple[str | None, str | None] | None,
    error: str | None,
) -> Case:
    given = picture(item.index)
    label, prediction = drawn or (None, None)
    return Case(
        item, f1, None if given is None else _url(given), label, prediction, item.error or error, _difference(item)
    )


def _difference(item: ScoredPrediction) -> list[tuple[str, str]]:
    label, prediction = tokenize(item.normalised_latex), tokenize(item.normalised_prediction)
    pieces: list[tuple[str, str]] = []
    for block in Levenshtein.opcodes(label, prediction):
        if block.tag == 'equal':
            pieces.append(('equal', detokenize(label[block.src_start : block.src_end])))
            continue
        for kind, part in (
            ('delete', label[block.src_start : block.src_end]),
            ('insert', prediction[block.dest_start : block.dest_end]),
        ):
            pieces += [(kind, detokenize(part))] if part else []
    return pieces


def _draw_pair(
    document: pypdfium2.PdfDocument, label: int | None, prediction: int | None
) -> tuple[str | None, str | None]:
    """Pictures of both, with marks on what the other does not have."""
    if label is None or prediction is None:
        return tuple(None if page is None else _url(rasterize(document, page, DPI)) for page in (label, prediction))  # type: ignore[return-value]
    match = cdm.compare(page_glyphs(document, label), page_glyphs(document, prediction))
    sides = ((label, match.label, {pair[0] for pair in match.pairs}),
             (prediction, match.prediction, {pair[1] for pair in match.pairs}))  # fmt: skip
    first, second = (
        _url(_mark(document, page, [item.box for number, item in enumerate(found) if number not in matched]))
        for page, found, matched in sides
    )
    return first, second


def _mark(
    document: pypdfium2.PdfDocument, page: int, boxes: Sequence[tuple[float, float, float, float]]
) -> Image.Image:
    image = rasterize(document, page, DPI).convert('RGB')
    draw = ImageDraw.Draw(image)
    scale, height = DPI / 72, document.get_page_size(page)[1]
    for left, bottom, right, top in boxes:
        corners = (left * scale - 2, (height - top) * scale - 2, right * scale + 1, (height - bottom) * scale + 1)
        draw.rectangle(corners, outline=_RED, width=2)
    return image


def _url(image: Image.Image) -> str:
    """A picture as a data URL, in 32 colours."""
    buffer = io.BytesIO()
    image.convert('RGB').quantize(32).save(buffer, 'PNG', optimize=True)
    return 'data:image/png;base64,' + base64.b64encode(buffer.getvalue()).decode()
