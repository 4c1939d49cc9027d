"""Scores from rendered pictures: label and prediction typeset alike, then compared as pictures and glyph by glyph.

    scores = compare_pictures([(r'\\frac{a}{b}', r'{a \\over b}')], workers=2)
    scores[0].cdm, scores[0].image.match_without_spaces
    picture_scores(scores).summary()

Both are set by `data.render`: Computer Modern at 10 pt, amsmath, display style, drawn as large as 12 pt at 200 dpi, the
size of Deng et al. and of CDM.
"""

import contextlib
import multiprocessing
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

import pypdfium2

from data.glyphs import page_glyphs
from data.render import rasterize, typeset

from . import cdm, image
from .harvard import typesettable

DPI = 240  # 10 pt type as large as 12 pt at 200 dpi
# Formulas a TeX run: a run that fails costs its formulas a second one, starting it costs 0.1 s.
CHUNK = 200

DEFINITIONS = {
    'samples': 'number of pictures; those whose label cannot be typeset are left out',
    'unrendered': 'predictions that cannot be typeset, empty ones included; they count as wrong',
    'cdm': 'mean F1 of Character Detection Matching (Wang et al., arXiv 2409.03643), on glyphs read from the PDF',
    'cdm_exp_rate': 'share of pictures with a CDM of exactly 1 (ExpRate@CDM)',
    'image_match': 'exact match of Deng et al. (arXiv 1609.04938): no 5 columns of the label in a row changed',
    'image_match_without_spaces': 'the same after blank columns are left out',
    'image_match_strict': 'no 5 columns in a row changed on either side',
    'image_match_strict_without_spaces': 'the same after blank columns are left out',
    'image_edit_similarity': '1 - sum(column Levenshtein distance) / sum(max(widths)), as Deng et al.',
}
"""What each key of `PictureScores.summary` means."""


@dataclass(frozen=True)
class PictureScore:
    """How the picture of one prediction compares with its label's."""

    cdm: float
    """F1, 0 to 1"""
    is_exact: bool
    """whether every glyph has found its partner"""
    image: image.ImageComparison
    label_width: int
    """pixels from the first to the last column of the label's ink, at `DPI`"""
    error: str | None = None
    """why the prediction cannot be typeset, if so"""


@dataclass(frozen=True)
class PictureScores:
    """Sums over a corpus; ratios raise ValueError while there are no samples."""

    samples: int
    unrendered: int
    f1: float
    exact: int
    match: int
    match_without_spaces: int
    strict_match: int
    strict_match_without_spaces: int
    distance: int
    width: int

    def summary(self) -> dict[str, Any]:
        """The scores by their full names, the keys of `DEFINITIONS`; ready for JSON."""
        if not self.samples:
            raise ValueError('no samples were scored')
        return {
            'samples': self.samples,
            'unrendered': self.unrendered,
            'cdm': self.f1 / self.samples,
            'cdm_exp_rate': self.exact / self.samples,
            'image_match': self.match / self.samples,
            'image_match_without_spaces': self.match_without_spaces / self.samples,
            'image_match_strict': self.strict_match / self.samples,
            'image_match_strict_without_spaces': self.strict_match_without_spaces / self.samples,
            'image_edit_similarity': 1 - self.distance / self.width if self.width else 1.0,
        }


def picture_scores(scores: Iterable[PictureScore | None]) -> PictureScores:
    """The sums of a corpus; None, a label that cannot be typeset, is left out."""
    found = [score for score in scores if score is not None]
    return PictureScores(
        samples=len(found),
        unrendered=sum(score.error is not None for score in found),
        f1=sum(score.cdm for score in found),
        exact=sum(score.is_exact for score in found),
        match=sum(score.image.match for score in found),
        match_without_spaces=sum(score.image.match_without_spaces for score in found),
        strict_match=sum(score.image.strict_match for score in found),
        strict_match_without_spaces=sum(score.image.strict_match_without_spaces for score in found),
        distance=sum(score.image.distance for score in found),
        width=sum(score.image.width for score in found),
    )


def compare_pictures(
    pairs: Sequence[tuple[str, str]],
    *,
    workers: int | None = None,
    progress: Callable[[Iterable[Any], int], Iterable[Any]] = lambda chunks, total: chunks,
) -> list[PictureScore | None]:
    """Typeset and compare pairs of label and prediction, in the order given.

    Args:
        pairs: LaTeX of label and prediction.
        workers: processes; None takes as many as there are cores, 1 stays in this one.
        progress: wraps the chunks as they come, given their number; for example `tqdm`.

    Returns:
        A score for each pair; None where the label cannot be typeset.

    Raises:
        RenderError: pdflatex is missing.
    """
    chunks = [pairs[i : i + CHUNK] for i in range(0, len(pairs), CHUNK)]
    workers = min(workers or os.cpu_count() or 1, len(chunks))
    typeset(['x'])  # makes the TeX format once, and says so here if there is no TeX
    if workers <= 1:
        return [score for part in progress(map(_compare_chunk, chunks), len(chunks)) for score in part]
    # Spawned, not forked: pdfium and torch do not expect to be copied.
    with ProcessPoolExecutor(workers, multiprocessing.get_context('spawn')) as pool:
        return [score for part in progress(pool.map(_compare_chunk, chunks), len(chunks)) for score in part]


def _compare_chunk(pairs: Sequence[tuple[str, str]]) -> list[PictureScore | None]:
    pairs = [(typesettable(label), typesettable(prediction)) for label, prediction in pairs]
    formulas = list(dict.fromkeys(formula for pair in pairs for formula in pair))
    result = typeset(formulas, timeout=20.0)
    pages = dict(zip(formulas, result.pages, strict=True))
    errors = {formulas[index]: error for index, error in result.errors.items()}
    if not result.pdf:
        return [None] * len(pairs)
    with contextlib.closing(pypdfium2.PdfDocument(result.pdf)) as document:
        return [_compare(document, pages[label], pages[found], errors.get(found)) for label, found in pairs]


def _compare(
    document: pypdfium2.PdfDocument, label: int | None, prediction: int | None, error: str | None
) -> PictureScore | None:
    if label is None:
        return None
    target = image.ink(rasterize(document, label, DPI))
    if prediction is None:
        return PictureScore(0.0, False, image.compare(target, None), target.shape[1], error)
    match = cdm.compare(page_glyphs(document, label), page_glyphs(document, prediction))
    found = target if label == prediction else image.ink(rasterize(document, prediction, DPI))
    return PictureScore(match.f1, match.is_exact, image.compare(target, found), target.shape[1])
