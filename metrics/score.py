"""The one scoring loop: training validates with it and evaluate.py reports with it.

    batches = picture_batches(source, range(len(source)), size=32)      # source: data.dataset.load(...)
    scores = score(model, processor, batches, predict=predict)          # modeling.generation_im2latex.predict
    scores.normalised.exact_match, scores.predictions[0].prediction

The model is reached through `predict` alone, so this package stays free of `modeling`, and validation, evaluation and
the command line read a picture in the same way.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

from data.latex import normalize, tokenize

from .text import TextScores, edit_distance, text_scores

Batch = Mapping[str, Any]
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
    distance: int
    """token Levenshtein distance of the two normalised strings"""
    error: str | None = None
    """why the picture could not be read, if so"""

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Scores:
    """The scores of a corpus and the predictions behind them, in the order of the data set."""

    as_given: TextScores
    """labels and predictions as they are, in tokens of `data.latex.tokenize`"""
    normalised: TextScores
    """both brought to canonical form first (`data.latex.normalize`): different spellings of one picture agree"""
    predictions: list[ScoredPrediction]

    @classmethod
    def of(cls, predictions: Iterable[ScoredPrediction]) -> 'Scores':
        """The scores of these predictions."""
        predictions = sorted(predictions, key=lambda item: item.index)
        return cls(
            as_given=text_scores(
                [tokenize(item.prediction) for item in predictions],
                [tokenize(item.latex) for item in predictions],
            ),
            normalised=text_scores(
                [tokenize(item.normalised_prediction) for item in predictions],
                [tokenize(item.normalised_latex) for item in predictions],
            ),
            predictions=predictions,
        )

    def where(self, condition: Callable[[ScoredPrediction], bool]) -> 'Scores':
        """The scores of the pictures that meet a condition."""
        return Scores.of(item for item in self.predictions if condition(item))

    def summary(self) -> dict[str, Any]:
        """Both scores by name, ready for JSON."""
        return {'as_given': self.as_given.summary(), 'normalised': self.normalised.summary()}


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
        model: the model itself, not a wrapper of a data-parallel run. Set to evaluation mode, and back afterwards.
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
    was_training = model.training
    model.eval()
    scored: list[ScoredPrediction] = []
    try:
        for batch in progress(batches):
            readings = predict(model, processor, batch.get('image', batch), num_beams, max_new_tokens)
            indices = [int(i) for i in batch['index']] if 'index' in batch else [-1] * len(readings)
            scored += [_compare(*item) for item in zip(indices, batch['latex'], readings, strict=True)]
    finally:
        model.train(was_training)
    found: dict[int, ScoredPrediction] = {}
    for item in gather(scored):
        index = item.index if item.index >= 0 else len(found)
        found[index] = replace(item, index=index)
    return Scores.of(found.values())


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


def _compare(index: int, latex: str, reading: Reading) -> ScoredPrediction:
    label, prediction = normalize(latex), normalize(reading.latex)
    return ScoredPrediction(
        index=index,
        latex=latex,
        prediction=reading.latex,
        score=reading.score,
        normalised_latex=label,
        normalised_prediction=prediction,
        distance=edit_distance(tokenize(prediction), tokenize(label)),
        error=reading.error,
    )
