"""From pictures to predictions: confidence against a teacher-forced pass, bad pictures, loading."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from PIL import Image

from modeling.generation_im2latex import CheckpointError, confidences, load, predict

EOS, PAD = 2, 0


class Scorer:
    """Gives the log-probabilities it was made with, as `compute_transition_scores` of a model does."""

    generation_config = SimpleNamespace(eos_token_id=EOS)

    def __init__(self, log_probabilities: torch.Tensor):
        self.log_probabilities = log_probabilities

    def compute_transition_scores(self, *args: Any, **kwargs: Any) -> torch.Tensor:
        return self.log_probabilities


@pytest.mark.parametrize(
    ('tokens', 'probabilities', 'expected'),
    [
        ([5, 6, EOS], [0.5, 0.5, 0.5], 0.5),
        ([5, 6, EOS], [0.9, 0.3, 0.1], (0.9 * 0.3 * 0.1) ** (1 / 3)),
        ([5, EOS, PAD], [0.9, 0.4, 0.001], (0.9 * 0.4) ** (1 / 2)),  # padding counts for nothing
        ([EOS, PAD, PAD], [0.7, 0.1, 0.1], 0.7),
        ([5, 6, 7], [0.8, 0.8, 0.8], 0.8),  # cut off before its end
        ([5, 6, EOS], [1.0001, 1.0001, 1.0001], 1),
    ],
)
def test_confidence_table(tokens: list[int], probabilities: list[float], expected: float) -> None:
    output = SimpleNamespace(sequences=torch.tensor([[1, *tokens]]), scores=(), logits=())
    model = Scorer(torch.tensor([probabilities]).log())
    assert confidences(model, output) == [pytest.approx(expected)]


@pytest.mark.parametrize('beams', [1, 3])
def test_confidence_is_that_of_a_teacher_forced_pass(
    tiny_model: Any, tiny_processor: Any, formula_images: list[Image.Image], beams: int
) -> None:
    batch = tiny_processor(images=formula_images[:3])
    predictions = predict(tiny_model, tiny_processor, batch, num_beams=beams, max_new_tokens=6)
    inputs = {key: batch[key] for key in ('pixel_values', 'pixel_mask')}
    ids = tiny_model.generate(**inputs, num_beams=beams, max_new_tokens=6)
    with torch.no_grad():
        logits = tiny_model(**inputs, decoder_input_ids=ids[:, :-1]).logits
    chosen = logits.log_softmax(-1).gather(2, ids[:, 1:, None])[..., 0]
    for row, prediction in enumerate(predictions):
        ends = (ids[row, 1:] == tiny_model.generation_config.eos_token_id).nonzero()
        length = int(ends[0]) + 1 if len(ends) else ids.shape[1] - 1
        assert prediction.score == pytest.approx(chosen[row, :length].mean().exp().item(), rel=1e-3)
        assert prediction.latex == tiny_processor.post_process(ids[row : row + 1])[0]


@pytest.mark.parametrize('beams', [1, 3])
def test_pictures_and_prepared_batches_agree(
    tiny_model: Any, tiny_processor: Any, formula_images: list[Image.Image], beams: int
) -> None:
    pictures = formula_images[:3]
    options = {'num_beams': beams, 'max_new_tokens': 6}
    raw = predict(tiny_model, tiny_processor, pictures, **options)
    prepared = predict(tiny_model, tiny_processor, tiny_processor(images=pictures), **options)
    assert raw == prepared


@pytest.mark.parametrize('beams', [1, 3])
def test_tokens_are_the_formula(
    tiny_model: Any, tiny_processor: Any, formula_images: list[Image.Image], beams: int
) -> None:
    """In order they make the LaTeX; their probabilities and, unless it was cut off, that of its end make the score."""
    for prediction in predict(tiny_model, tiny_processor, formula_images, num_beams=beams, max_new_tokens=6):
        texts = [token.text for token in prediction.tokens]
        assert ''.join(texts) == prediction.latex.replace(' ', '')
        logs = torch.tensor([token.probability for token in prediction.tokens]).log()
        assert all(0 <= token.probability <= 1 for token in prediction.tokens)
        if len(texts) == 6:
            assert prediction.score == pytest.approx(logs.mean().exp().item(), rel=1e-4)


def test_alternatives(tiny_model: Any, tiny_processor: Any, formula_images: list[Image.Image]) -> None:
    """They are the other beams: the best answer stays what it is, and no reading comes twice."""
    plain = predict(tiny_model, tiny_processor, formula_images, num_beams=4, max_new_tokens=6)
    several = predict(tiny_model, tiny_processor, formula_images, max_new_tokens=6, n_best=4)
    assert [item.latex for item in several] == [item.latex for item in plain]
    assert all(item.alternatives == () for item in plain)
    for item in several:
        readings = [item, *item.alternatives]
        assert 1 < len(readings) <= 4
        assert len({reading.latex for reading in readings}) == len(readings)
        scores = [reading.score for reading in readings]
        assert scores == sorted(scores, reverse=True)
    with pytest.raises(ValueError, match='n_best'):
        predict(tiny_model, tiny_processor, formula_images, n_best=0)


def test_bad_pictures_do_not_disturb_the_others(
    tiny_model: Any, tiny_processor: Any, formula_images: list[Image.Image], tmp_path: Path
) -> None:
    formula_images[0].save(tmp_path / 'cut.png')
    (tmp_path / 'cut.png').write_bytes((tmp_path / 'cut.png').read_bytes()[:-60])
    # A second piece of pixels whose name is broken: PIL raises a SyntaxError for it, and only when it decodes.
    Image.effect_noise((400, 400), 99).save(tmp_path / 'damaged.png')
    content = (tmp_path / 'damaged.png').read_bytes()
    place = content.index(b'IDAT', content.index(b'IDAT') + 4)
    (tmp_path / 'damaged.png').write_bytes(content[:place] + b'\x00\x01\x02\x03' + content[place + 4 :])
    blank, cut = Image.new('L', (50, 20), 255), Image.open(tmp_path / 'cut.png')
    damaged = Image.open(tmp_path / 'damaged.png')
    good = predict(tiny_model, tiny_processor, formula_images[:2], max_new_tokens=6)
    pictures = [blank, formula_images[0], None, cut, formula_images[1], damaged]
    mixed = predict(tiny_model, tiny_processor, pictures, max_new_tokens=6)
    assert [mixed[1], mixed[4]] == good
    for i in (0, 2, 3, 5):
        assert (mixed[i].latex, mixed[i].score) == ('', 0) and mixed[i].error
    assert 'blank' in str(mixed[0].error)


def test_no_good_picture(tiny_model: Any, tiny_processor: Any) -> None:
    assert predict(tiny_model, tiny_processor, []) == []
    assert [item.error for item in predict(tiny_model, tiny_processor, [None, None])] == ['not a picture'] * 2


def test_load(tiny_checkpoint: Path, tiny_model: Any, formula_images: list[Image.Image]) -> None:
    model, processor = load(tiny_checkpoint, device='cpu')
    assert not model.training and model.dtype == torch.float32
    assert len(predict(model, processor, formula_images[:2], max_new_tokens=3)) == 2


@pytest.mark.parametrize('name', ['nowhere', 'empty'])
def test_load_says_what_is_missing(tmp_path: Path, name: str) -> None:
    (tmp_path / 'empty').mkdir()
    with pytest.raises(CheckpointError, match=name) as caught:
        load(tmp_path / name)
    assert '\n' not in str(caught.value)


def test_a_slip_of_the_pen_does_not_go_to_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'checkpoints').mkdir()
    with pytest.raises(CheckpointError, match='no such folder'):
        load('checkpoints/bsae')
