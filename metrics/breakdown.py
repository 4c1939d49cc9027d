"""Where a model is weak: scores by length, size and structure of the formulas, and the tokens it confuses.

    by_structure(evaluation), token_errors(evaluation)

All on canonical tokens (`data.latex.normalize`).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from rapidfuzz.distance import Levenshtein

from data.latex import tokenize

from .evaluation import Evaluation
from .pictures import DPI
from .score import ScoredPrediction

LENGTHS: Final = ((1, 10), (11, 25), (26, 50), (51, 100), (101, 150), (151, None))
SCALES: Final = ((0.0, 0.5), (0.5, 0.75), (0.75, 1.25), (1.25, 2.0), (2.0, 3.0), (3.0, None))
UNIT_DPI: Final = 100
# Kinds of errors by their names in rapidfuzz, how they are called, and how many are listed.
KINDS: Final = {'replace': ('Confused', 30), 'delete': ('Missed', 15), 'insert': ('Invented', 15)}
_BRACES: Final = frozenset('{}')


def _commands(names: str) -> frozenset[str]:
    return frozenset(rf'\{name}' for name in names.split())


_ENVIRONMENTS: Final = 'matrix pmatrix bmatrix Bmatrix vmatrix Vmatrix smallmatrix array cases rcases aligned gathered'
STRUCTURES: Final = {
    'fraction': _commands('frac tfrac dfrac cfrac binom tbinom dbinom'),
    'root': _commands('sqrt'),
    'accent': _commands(
        'hat bar tilde vec dot ddot dddot widehat widetilde overline underline check breve acute grave mathring '
        'overrightarrow overleftarrow overleftrightarrow'
    ),
    'sum, product, integral': _commands(
        'sum prod coprod int iint iiint oint bigcup bigcap bigoplus bigotimes bigvee bigwedge biguplus bigsqcup bigodot'
    ),
    'function': _commands(
        'ln log exp sin cos tan sinh cosh tanh cot coth lim det min max sup inf dim arctan arcsin arccos sec csc ker '
        'arg deg gcd hom Pr limsup liminf'
    ),
    'letters in another face': _commands(
        'mathbf mathcal mathrm mathbb mathfrak mathsf mathit boldsymbol mathscr mathtt'
    ),
    'array, matrix, cases': frozenset(rf'\begin{{{name}}}' for name in _ENVIRONMENTS.split()) | {r'\substack'},
    'stacked, braced': _commands('overset underset underbrace overbrace xrightarrow xleftarrow'),
    'prime': _commands('prime'),
}


@dataclass(frozen=True)
class Row:
    """The scores of one class of formulas."""

    name: str
    samples: int
    exact_match: float
    edit_similarity: float
    cdm: float | None
    """mean F1; None if pictures were not compared"""


@dataclass(frozen=True)
class TokenError:
    """A token of the labels and what was read instead; empty is nothing."""

    label: str
    prediction: str
    count: int
    share: float | None
    """of all times that the labels have the token; None for a token that is not there"""


def by_length(evaluation: Evaluation) -> list[Row]:
    """By the number of tokens in the label."""
    lengths = {item.index: len(tokenize(item.normalised_latex)) for item in evaluation.scores.predictions}
    return _rows(
        evaluation,
        ((f'{low} to {high} tokens' if high else f'more than {low - 1}', _within(lengths, low, high, 1))
         for low, high in LENGTHS),
    )  # fmt: skip


def by_structure(evaluation: Evaluation) -> list[Row]:
    """By what the label contains; a formula may be in several classes."""
    found = {item.index: set(tokenize(item.normalised_latex)) for item in evaluation.scores.predictions}
    known = frozenset().union(*STRUCTURES.values())

    def has(tokens: frozenset[str]) -> Callable[[ScoredPrediction], bool]:
        return lambda item: not tokens.isdisjoint(found[item.index])

    classes = [(name, has(tokens)) for name, tokens in STRUCTURES.items()]
    return _rows(evaluation, [*classes, ('none of these', lambda item: known.isdisjoint(found[item.index]))])


def by_scale(evaluation: Evaluation, widths: Mapping[int, int]) -> list[Row]:
    """By the size of the letters: 1 is 10 pt type at 100 dpi.

    Args:
        evaluation: with its pictures compared.
        widths: pixels from the first to the last column of ink in the picture of a prediction, by its index.
    """
    scales = {}
    for index, width in widths.items():
        score = evaluation.pictures and evaluation.pictures.get(index)
        if score and score.label_width and width:
            scales[index] = width / (score.label_width * UNIT_DPI / DPI)
    return _rows(
        evaluation,
        ((f'{low:g} to {high:g}' if high else f'more than {low:g}', _within(scales, low, high, 0))
         for low, high in SCALES),
    )  # fmt: skip


def token_errors(evaluation: Evaluation) -> dict[str, list[TokenError]]:
    """The commonest errors, by kind, by an alignment of each prediction with its label at the least distance.

    Kinds are those of `KINDS`. Braces are left out: they come and go with what they hold.
    """
    seen: Counter[str] = Counter()
    errors: dict[str, Counter[tuple[str, str]]] = {kind: Counter() for kind in KINDS}
    for item in evaluation.scores.predictions:
        label, prediction = tokenize(item.normalised_latex), tokenize(item.normalised_prediction)
        seen.update(label)
        for edit in Levenshtein.editops(label, prediction):
            pair = (
                '' if edit.tag == 'insert' else label[edit.src_pos],
                '' if edit.tag == 'delete' else prediction[edit.dest_pos],
            )
            if not _BRACES.intersection(pair):
                errors[edit.tag][pair] += 1
    return {
        kind: [
            TokenError(label, prediction, count, count / seen[label] if label else None)
            for (label, prediction), count in errors[kind].most_common(number)
        ]
        for kind, (_, number) in KINDS.items()
    }


def _within(
    values: Mapping[int, float], low: float, high: float | None, step: int
) -> Callable[[ScoredPrediction], bool]:
    """Whether a prediction's value lies from `low` to `high`, which belongs to it if values are whole (`step` 1)."""
    end = float('inf') if high is None else high + step
    return lambda item: item.index in values and low <= values[item.index] < end


def _rows(evaluation: Evaluation, classes: Iterable[tuple[str, Callable[[ScoredPrediction], bool]]]) -> list[Row]:
    rows = []
    for name, condition in classes:
        part = evaluation.where(condition)
        if part.scores.predictions:
            summary = part.summary()
            text, pictures = summary['normalised'], summary.get('pictures')
            cdm = pictures['cdm'] if pictures else None
            rows.append(Row(name, text['samples'], text['exact_match'], text['edit_similarity'], cdm))
    return rows
