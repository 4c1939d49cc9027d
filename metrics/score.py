"""The one scoring loop: training validates with it and evaluate.py reports with it.

    batches = picture_batches(source, range(len(source)), size=32)      # source: data.dataset.load(...)
    scores = score(model, processor, batches, predict=predict)          # modeling.generation_im2latex.predict
    scores.normalised.exact_match, scores.predictions[0].prediction

The model is reached through `predict` alone, so this package stays free of `modeling`, and validation, evaluation and
the command line read a picture in the same way.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import tee
from typing import Any, Protocol

from data.latex import normalize, tokenize

from . import harvard
from .mathnet import mathnet_tokens
from .text import TextScores, pair_scores

Batch = Mapping[str, Any]
CONVENTIONS = {
    'as_given': 'labels as they are, in the tokens of im2latex-100k; predictions brought to its convention',
    'normalised': "both in this project's canonical form: what has one picture has one spelling",
    'mathnet': "both by MathNet's rules, as im2latexv2; formulas that the rules leave out do not count",
}
"""The spellings in which label and prediction are compared, and what each name means."""
# Pictures are sorted by size within so many: enough to fill batches with like pictures, few enough to hold in memory.
WINDOW = 2048


class Source(Protocol):
    """What `data.dataset.load` returns."""

    def __getitem__(self, index: int, /) -> Mapping[str, Any]: ...
    def latex(self, index: int, /) -> str: ...


class Reading(Protocol):
    """What `predict` returns for a picture."""

    @property
    def latex(self) -> str: ...
    @property
    def score(self) -> float: ...
    @property
    def error(self) -> str | None: ...


class Predict(Protocol):
    """`modeling.generation_im2latex.predict`, or a stand-in for it."""

    def __call__(
        self, model: Any, processor: Any, images: Any, num_beams: int | None, max_new_tokens: int | None, /
    ) -> Sequence[Reading]: ...


@dataclass(frozen=True)
class ScoredPrediction:
    """One picture: its label, what was read in it, and how far apart they are."""

    index: int
    """position in the data set"""
    latex: str
    """the label as given"""
    prediction: str
    """as predicted; empty if the picture could not be read"""
    score: float
    """confidence of the prediction, 0 to 1"""
    normalised_latex: str
    normalised_prediction: str
    error: str | None
    """why the picture could not be read, if so"""
    text: Mapping[str, TextScores]
    """how far label and prediction are apart, for each of `CONVENTIONS`; without samples where it leaves them out"""

    @classmethod
    def of(
        cls, index: int, latex: str, prediction: str, score: float = 0.0, error: str | None = None
    ) -> 'ScoredPrediction':
        """Compare a prediction with its label."""
        normalised = normalize(prediction), normalize(latex)
        by_mathnet = mathnet_tokens(prediction), mathnet_tokens(latex)
        return cls(
            index=index,
            latex=latex,
            prediction=prediction,
            score=score,
            normalised_latex=normalised[1],
            normalised_prediction=normalised[0],
            error=error,
            text={
                'as_given': pair_scores(harvard.convert(prediction), harvard.tokens(latex)),
                'normalised': pair_scores(tokenize(normalised[0]), tokenize(normalised[1])),
                'mathnet': TextScores() if by_mathnet[1] is None else pair_scores(by_mathnet[0] or [], by_mathnet[1]),
            },
        )

    @property
    def distance(self) -> int:
        """Token Levenshtein distance of the two normalised strings."""
        return self.text['normalised'].distance

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON; `of` takes it back."""
        names = (
            'index', 'latex', 'prediction', 'score', 'normalised_latex', 'normalised_prediction', 'distance', 'error'
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Scores:
    """The scores of a corpus and the predictions behind them, in the order of the data set."""

    predictions: list[ScoredPrediction]
    text: Mapping[str, TextScores]
    """for each of `CONVENTIONS`"""

    @classmethod
    def of(cls, predictions: Iterable[ScoredPrediction]) -> 'Scores':
        """The scores of these predictions."""
        predictions = sorted(predictions, key=lambda item: item.index)
        return cls(
            predictions, {name: sum((item.text[name] for item in predictions), TextScores()) for name in CONVENTIONS}
        )

    @property
    def as_given(self) -> TextScores:
        return self.text['as_given']

    @property
    def normalised(self) -> TextScores:
        return self.text['normalised']

    def where(self, condition: Callable[[ScoredPrediction], bool]) -> 'Scores':
        """The scores of the pictures that meet a condition."""
        return Scores.of(item for item in self.predictions if condition(item))

    def summary(self) -> dict[str, Any]:
        """The scores by convention and by name, ready for JSON; without conventions that leave out every formula."""
        return {name: scores.summary() for name, scores in self.text.items() if scores.samples}


def score(
    model: Any,
    processor: Any,
    batches: Iterable[Batch],
    *,
    predict: Predict,
    num_beams: int | None = None,
    max_new_tokens: int | None = None,
    gather: Callable[[list[ScoredPrediction]], list[ScoredPrediction]] = lambda items: items,
    progress: Callable[[Iterable[Batch]], Iterable[Batch]] = lambda batches: batches,
) -> Scores:
    """Read every picture of `batches` and compare with the labels.

    Args:
        model: the model itself, not a wrapper of a data-parallel run. One in training mode is set to evaluation mode,
            and back afterwards.
        processor: the processor of the same checkpoint.
        batches: dicts with `latex`, a list of B labels; with the pictures, either as `pixel_values` (B, 1, H, W) and
            `pixel_mask` (B, H, W) or as `image`, a list of B pictures; and optionally with `index`, B positions in the
            data set. Without `index` the pictures are numbered as they come.
        predict: `modeling.generation_im2latex.predict`.
        num_beams: beam width; None takes the checkpoint's.
        max_new_tokens: most tokens to generate for a picture; None takes the checkpoint's.
        gather: called once, at the end: makes one list of the lists of all processes, for example
            `accelerate.utils.gather_object`. The processes may hold parts of any size, and the same picture twice:
            give `index`, by which it is known.
        progress: wraps the batches, for example `tqdm`.

    Returns:
        The scores of all pictures of all processes, on every process. A picture that cannot be read counts as an
        empty prediction.

    Raises:
        ValueError: a batch holds more or fewer labels than pictures.
    """
    was_training = getattr(model, 'training', False)  # graphs have no such mode
    if was_training:
        model.eval()
    try:
        return scores_of(
            (
                (batch, predict(model, processor, batch.get('image', batch), num_beams, max_new_tokens))
                for batch in progress(batches)
            ),
            gather,
        )
    finally:
        if was_training:
            model.train(was_training)


def read_together(
    batches: Iterable[Batch], read: Callable[[Iterator[Sequence[Any]]], Iterable[Sequence[Reading]]]
) -> Iterator[tuple[Batch, Sequence[Reading]]]:
    """Every batch and the readings of its pictures, for `scores_of`; `read` may take some batches ahead."""
    batches, ahead = tee(batches)
    return zip(batches, read(batch['image'] for batch in ahead), strict=True)


def scores_of(
    read: Iterable[tuple[Batch, Sequence[Reading]]],
    gather: Callable[[list[ScoredPrediction]], list[ScoredPrediction]] = lambda items: items,
) -> Scores:
    """Compare what was read with the labels.

    Args:
        read: batches as in `score`, and the reading of each of their pictures.
        gather: as in `score`.

    Raises:
        ValueError: a batch holds more or fewer labels than readings.
    """
    scored: list[ScoredPrediction] = []
    for batch, readings in read:
        indices = [int(i) for i in batch['index']] if 'index' in batch else [-1] * len(readings)
        scored += [
            ScoredPrediction.of(index, latex, reading.latex, reading.score, reading.error)
            for index, latex, reading in zip(indices, batch['latex'], readings, strict=True)
        ]
    found: dict[int, ScoredPrediction] = {}
    for item in gather(scored):
        index = item.index if item.index >= 0 else len(found)
        found[index] = replace(item, index=index)
    return Scores.of(found.values())


def spread(items: Sequence[int], limit: int | None) -> list[int]:
    """So many of the items, at equal distances."""
    count = min(len(items), limit or len(items))
    return [items[i * len(items) // count] for i in range(count)]


def picture_batches(source: Source, indices: Sequence[int], size: int) -> Iterator[Batch]:
    """The pictures of a data set at `indices` as batches of `size` for `score`, like sizes together.

    Pictures are left as they are; one that cannot be decoded is None, and stays in its batch with its label.
    """
    for start in range(0, len(indices), WINDOW):
        items = [(i, *_example(source, i)) for i in indices[start : start + WINDOW]]
        items.sort(key=lambda item: (0, 0) if item[1] is None else item[1].size)
        for first in range(0, len(items), size):
            index, image, latex = zip(*items[first : first + size], strict=True)
            yield {'index': list(index), 'image': list(image), 'latex': list(latex)}


def _example(source: Source, index: int) -> tuple[Any, str]:
    try:
        example = source[index]
    except (OSError, SyntaxError, ValueError):  # what PIL raises for a broken file
        return None, source.latex(index)
    return example['image'], example['latex']
