"""The scoring loop on a stand-in for the model: what is read, what is compared, what is gathered."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from PIL import Image

from metrics.score import CONVENTIONS, ScoredPrediction, Scores, picture_batches, score


@dataclass
class Reading:
    latex: str
    score: float = 0.5
    error: str | None = None


class Model:
    """Has a training mode, and nothing else."""

    training = True

    def eval(self) -> None:
        self.training = False

    def train(self, mode: bool) -> None:
        self.training = mode


def predict(
    model: Model, processor: Any, images: Any, num_beams: int | None, max_new_tokens: int | None, /
) -> list[Reading]:
    """Reads in a picture what is 'drawn' there; None is a blank picture."""
    assert not model.training
    pictures = images if isinstance(images, list) else images['pixel_values']
    return [Reading(x) if x is not None else Reading('', 0.0, 'blank') for x in pictures]


def batches(*pairs: tuple[str | None, str], size: int = 2, index: bool = False) -> Iterator[dict[str, Any]]:
    for i in range(0, len(pairs), size):
        batch = {'image': [p for p, _ in pairs[i : i + size]], 'latex': [r for _, r in pairs[i : i + size]]}
        yield batch | ({'index': list(range(i, i + len(batch['latex'])))} if index else {})


def run(*pairs: tuple[str | None, str], **options: Any) -> Scores:
    return score(Model(), None, batches(*pairs), predict=predict, **options)


def test_perfect() -> None:
    scores = run(('x^{2}', 'x^{2}'), ('a+b', 'a+b'), (r'\alpha', r'\alpha'))
    assert scores.as_given.exact_match == scores.normalised.exact_match == 1
    assert [item.index for item in scores.predictions] == [0, 1, 2]
    assert [item.distance for item in scores.predictions] == [0, 0, 0]


def test_spelling_counts_as_given_only() -> None:
    scores = run((r'a \leq b', r'a \le b'), ('x', 'x'))
    assert scores.as_given.exact_match == 0.5
    assert scores.normalised.exact_match == 1
    first = scores.predictions[0]
    assert first.latex == r'a \le b' and first.prediction == r'a \leq b'
    assert first.normalised_latex == first.normalised_prediction


def test_predictions_are_brought_to_the_convention_of_labels_as_given() -> None:
    scores = run((r'\ln x', r'\operatorname { l n } x'), (r'\mathcal{L}', r'{ \cal L }'))
    assert scores.as_given.exact_match == 1


def test_formulas_that_mathnet_leaves_out_do_not_count() -> None:
    scores = run(('x', r'\phantom{x}'), (r'a \, b', 'a b'), (r'\phantom{x}', 'x'))
    assert scores.text['mathnet'].samples == 2 and scores.text['mathnet'].exact_match == 0.5
    assert set(scores.summary()) == set(CONVENTIONS)
    assert set(run(('x', r'\phantom{x}')).summary()) == {'as_given', 'normalised'}


def test_predictions_come_back_from_their_json() -> None:
    [item] = run((r'a \leq b', r'a \le c')).predictions
    row = json.loads(json.dumps(item.as_dict()))
    fields = ('index', 'latex', 'prediction', 'score', 'error')
    assert ScoredPrediction.of(**{name: row[name] for name in fields}) == item


def test_spaces_between_tokens_are_no_difference() -> None:
    assert run(('x^{2}', 'x ^ { 2 }')).as_given.exact_match == 1


def test_unreadable_pictures_count_as_empty_predictions() -> None:
    scores = run((None, 'x'), ('y', 'y'))
    assert scores.normalised.samples == 2
    assert scores.normalised.exact_match == 0.5
    blank = scores.predictions[0]
    assert (blank.prediction, blank.score, blank.error, blank.distance) == ('', 0.0, 'blank', 1)


def test_prepared_batches() -> None:
    scores = score(Model(), None, [{'pixel_values': ['x', 'y'], 'latex': ['x', 'z']}], predict=predict)
    assert [item.prediction for item in scores.predictions] == ['x', 'y']


def test_options_reach_the_model() -> None:
    seen: list[tuple[Any, ...]] = []

    def spy(*args: Any) -> list[Reading]:
        seen.append(args[3:])
        return predict(*args)

    score(Model(), None, batches(('x', 'x')), predict=spy, num_beams=4, max_new_tokens=7)
    assert seen == [(4, 7)]


@pytest.mark.parametrize('training', [True, False])
def test_training_mode_comes_back(training: bool) -> None:
    model = Model()
    model.training = training
    score(model, None, batches(('x', 'x')), predict=predict)
    assert model.training is training


def test_training_mode_comes_back_after_an_error() -> None:
    model = Model()
    with pytest.raises(ValueError):
        score(model, None, [{'image': ['x', 'y'], 'latex': ['x']}], predict=predict)
    assert model.training


def test_order_is_that_of_the_data_set() -> None:
    shuffled = [
        {'image': ['c', 'a'], 'latex': ['c', 'a'], 'index': [2, 0]},
        {'image': ['b'], 'latex': ['b'], 'index': [1]},
    ]
    scores = score(Model(), None, shuffled, predict=predict)
    assert ''.join(item.prediction for item in scores.predictions) == 'abc'


def test_repeated_pictures_of_several_processes_count_once() -> None:
    # Two processes, three pictures: the second process was given the first picture to fill up its part.
    def part(*items: tuple[int, str, str], **options: Any) -> Scores:
        loader = [{'index': [i], 'image': [image], 'latex': [latex]} for i, image, latex in items]
        return score(Model(), None, loader, predict=predict, **options)

    other = part((1, 'b', 'b'), (0, 'a', 'a')).predictions
    scores = part((0, 'a', 'a'), (2, 'x', 'c'), gather=lambda mine: mine + other)
    assert [item.prediction for item in scores.predictions] == ['a', 'b', 'x']
    assert scores.normalised.near[0] == 2


class Source:
    """Pictures of several sizes, the second one broken."""

    sizes = ((30, 9), (1, 1), (10, 9), (20, 9))

    def __getitem__(self, index: int) -> dict[str, Any]:
        if index == 1:
            raise OSError('image file is truncated')
        return {'image': Image.new('L', self.sizes[index]), 'latex': self.latex(index)}

    def latex(self, index: int) -> str:
        return str(index)


def test_picture_batches() -> None:
    batches = list(picture_batches(Source(), range(4), 3))
    assert [batch['index'] for batch in batches] == [[1, 2, 3], [0]]
    assert [batch['latex'] for batch in batches] == [['1', '2', '3'], ['0']]
    assert batches[0]['image'][0] is None
    assert [image.width for image in batches[0]['image'][1:] + batches[1]['image']] == [10, 20, 30]


def test_picture_batches_take_a_part() -> None:
    assert [batch['index'] for batch in picture_batches(Source(), [3, 0], 8)] == [[3, 0]]


def test_progress_sees_every_batch() -> None:
    seen: list[Any] = []

    def progress(items: Any) -> Iterator[Any]:
        for item in items:
            seen.append(item)
            yield item

    run(('x', 'x'), ('x', 'x'), ('x', 'x'), progress=progress)
    assert len(seen) == 2


def test_a_part() -> None:
    scores = run((r'\operatorname{ln}x', r'\operatorname{ln}x'), ('x', 'y'), ('z', 'z'))
    part = scores.where(lambda item: r'\operatorname' not in item.latex)
    assert part.normalised.samples == 2 and part.normalised.exact_match == 0.5
    rest = scores.where(lambda item: r'\operatorname' in item.latex)
    assert (part.normalised + rest.normalised).summary() == pytest.approx(scores.normalised.summary())


def test_no_batches() -> None:
    assert run().predictions == []
