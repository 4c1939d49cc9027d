"""A batch in the decoder: what is shared stays where it is, what is dropped or reordered takes its past along."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runtime.generation import load
from runtime.model import DecoderBatch, Model


@pytest.fixture(scope='module')
def model(exported_checkpoint: Path) -> Model:
    return load(exported_checkpoint, threads=1)[0]


@pytest.fixture(scope='module')
def encoded(exported_checkpoint: Path, model: Model, formula_images: list[Image.Image]) -> list[list[np.ndarray]]:
    prepare = load(exported_checkpoint)[1].image_processor.prepare
    return [model.encode(prepare(image)) for image in formula_images]


def tokens(*rows: list[int]) -> np.ndarray:
    return np.array(rows)


def test_nothing_is_copied_from_step_to_step(model: Model, encoded: list[list[np.ndarray]]) -> None:
    batch = DecoderBatch(model, encoded[:1], beams=3, limit=20)
    places = [part.ctypes.data for part in (*batch.cross, batch.keys, batch.values)]
    assert batch.cross[1] is encoded[0][1]
    for position in range(10):
        batch.step(tokens([4, 5, 6]))
        batch.reorder(tokens([1, 0, 2]))
        assert batch.keys[..., position].any() and not batch.keys[..., position + 1 :].any()
    assert places == [part.ctypes.data for part in (*batch.cross, batch.keys, batch.values)]
    assert batch.cross[1].shape[0] == 1  # the beams share it


def test_beams_are_rows_of_their_own(model: Model, encoded: list[list[np.ndarray]]) -> None:
    batch = DecoderBatch(model, encoded[:2], beams=2, limit=20)
    singles = [DecoderBatch(model, encoded[i : i + 1], beams=1, limit=20) for i in (0, 0, 1, 1)]
    for step in range(3):
        fed = tokens([4 + step, 7], [5, 6 + step])
        alone = [single.step(fed[i // 2, i % 2].reshape(1, 1))[0, 0].copy() for i, single in enumerate(singles)]
        np.testing.assert_allclose(batch.step(fed).reshape(4, -1), alone, atol=1e-4)


def test_rows_kept_and_reordered_remember_their_past(model: Model, encoded: list[list[np.ndarray]]) -> None:
    batch = DecoderBatch(model, encoded, beams=2, limit=20)
    first = np.arange(8).reshape(4, 2) + 3
    batch.step(first)
    batch.keep(np.array([1, 3]))
    batch.reorder(tokens([1, 1], [1, 0]))
    found = batch.step(tokens([4, 5], [6, 7])).copy()

    wanted = DecoderBatch(model, [encoded[1], encoded[3]], beams=2, limit=20)
    wanted.step(tokens([first[1, 1], first[1, 1]], [first[3, 1], first[3, 0]]))
    np.testing.assert_allclose(found, wanted.step(tokens([4, 5], [6, 7])), atol=1e-4)


def test_several_tokens_at_once_are_as_one_after_the_other(model: Model, encoded: list[list[np.ndarray]]) -> None:
    """Also after some were taken back, and when the cache has to grow in between."""
    right = [1, 4, 5, 6, 7, 8, 4, 5, 9]
    single = DecoderBatch(model, encoded[:1], beams=1, limit=100)
    wanted = [single.step(tokens([token]))[0, 0].copy() for token in right]
    batch = DecoderBatch(model, encoded[:1], beams=1, limit=100)
    batch.capacity = 4
    batch.keys, batch.values = batch.keys[..., :4].copy(), batch.values[..., :4, :].copy()
    found = [*batch.steps(tokens(right[:3])[None])[0, 0].copy()]
    batch.steps(tokens([7, 7, 7])[None])
    batch.forget(3)
    found += [*batch.steps(tokens(right[3:8])[None])[0, 0].copy(), *batch.steps(tokens(right[8:])[None])[0, 0].copy()]
    np.testing.assert_allclose(found, wanted, atol=1e-4)
    with pytest.raises(ValueError, match='made for 100'):
        batch.steps(np.full((1, 1, 92), 4))
