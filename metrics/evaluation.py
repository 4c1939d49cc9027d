"""All scores of a set of predictions, text and pictures together, by part of the data set.

evaluation = Evaluation(scores, dict(zip(indices, compare_pictures(pairs), strict=True)))
table({'all': evaluation.summary(), 'without_operatorname': evaluation.where(...).summary()})
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .pictures import PictureScore, compare_pictures, picture_scores
from .score import ScoredPrediction, Scores

# Rows of the table: what is compared, and of that which scores under what names.
ROWS = {
    'as_given': {
        'exact_match': 'exact match', 'edit_similarity': 'edit similarity', 'character_error_rate': 'CER',
        'bleu': 'BLEU', 'multi_bleu': 'multi-bleu',
    },
    'normalised': {
        'exact_match': 'exact match', 'within_1': 'within 1 token', 'within_2': 'within 2 tokens',
        'within_3': 'within 3 tokens', 'edit_similarity': 'edit similarity',
        'edit_similarity_macro': 'edit similarity, macro', 'character_edit_similarity': 'edit similarity, characters',
        'character_error_rate': 'CER', 'bleu': 'BLEU',
    },
    'mathnet': {
        'samples': 'samples', 'exact_match': 'exact match', 'edit_similarity': 'edit similarity', 'bleu': 'BLEU',
    },
    'pictures': {
        'samples': 'samples', 'unrendered': 'cannot be typeset', 'cdm': 'CDM', 'cdm_exp_rate': 'ExpRate@CDM',
        'image_match': 'image match', 'image_match_without_spaces': 'image match, no spaces',
        'image_match_strict': 'image match, strict',
        'image_match_strict_without_spaces': 'image match, strict, no spaces',
        'image_edit_similarity': 'image edit similarity',
    },
}  # fmt: skip
TITLES = {'as_given': 'as given', 'normalised': 'canonical', 'mathnet': 'MathNet', 'pictures': 'pictures'}


@dataclass(frozen=True)
class Evaluation:
    """Predictions with their scores."""

    scores: Scores
    pictures: Mapping[int, PictureScore | None] | None = None
    """by index of the prediction; None where the label cannot be typeset, or if pictures were not compared"""

    @classmethod
    def of(
        cls,
        scores: Scores,
        *,
        workers: int | None = None,
        progress: Callable[[Iterable[Any], int], Iterable[Any]] = lambda chunks, total: chunks,
    ) -> 'Evaluation':
        """Typesets and compares what was predicted. Raises RenderError without TeX."""
        found = compare_pictures(
            [(item.latex, item.prediction) for item in scores.predictions], workers=workers, progress=progress
        )
        return cls(scores, {item.index: score for item, score in zip(scores.predictions, found, strict=True)})

    def where(self, condition: Callable[[ScoredPrediction], bool]) -> 'Evaluation':
        """Of the pictures that meet a condition."""
        return Evaluation(self.scores.where(condition), self.pictures)

    def picture(self, item: ScoredPrediction) -> PictureScore | None:
        return None if self.pictures is None else self.pictures[item.index]

    def summary(self) -> dict[str, Any]:
        """`{'as_given': {...}, 'normalised': {...}, 'mathnet': {...}, 'pictures': {...}}`, ready for JSON."""
        summary = self.scores.summary()
        if self.pictures is not None:
            pictures = picture_scores(self.picture(item) for item in self.scores.predictions)
            summary |= {'pictures': pictures.summary()} if pictures.samples else {}
        return summary


def table(parts: Mapping[str, Mapping[str, Any]]) -> str:
    """Summaries as a Markdown table: a row a metric, a column a part; without rows that no part has."""
    lines = ['| LaTeX | metric | ' + ' | '.join(name.replace('_', ' ') for name in parts) + ' |']
    lines += ['| --- | --- ' + '| ---: ' * len(parts) + '|']
    samples = ' | '.join(str(part['normalised']['samples']) for part in parts.values())
    lines += [f'| | pictures | {samples} |']
    for kind, metrics in ROWS.items():
        for key, name in metrics.items():
            values = [part[kind][key] if kind in part else None for part in parts.values()]
            if any(value is not None for value in values):
                lines.append(f'| {TITLES[kind]} | {name} | ' + ' | '.join(map(_number, values)) + ' |')
    return '\n'.join(lines)


def _number(value: float | int | None) -> str:
    if value is None:
        return ''
    return str(value) if isinstance(value, int) else f'{value:.4g}'
