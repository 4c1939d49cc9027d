"""Confidence and verdict: what they are made of, the file they are kept in, and that both backends agree on them."""

import math
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from modeling import generation_im2latex as generation
from modeling.checkpoint_im2latex import CheckpointError
from modeling.confidence_im2latex import EVIDENCE, FILE, Calibration, Logistic, Term, evidence, load_calibration
from modeling.prediction_im2latex import Prediction, Token
from runtime import generation as runtime

CALIBRATION = Calibration(
    Logistic(0.5, {'doubt': Term(0.0, 2.0, -1.0), 'length': Term(1.0, 1.0, 0.25)}, {'length length': -0.1}),
    Logistic(-1.0, {name: Term(0.0, 5.0, 0.1) for name in sorted(EVIDENCE)}, {'width height': 0.05}),
    threshold=0.5,
    fitted={'data': 'some.parquet'},
)
INK = np.zeros((32, 48), np.float32)
INK[8:24, 8:12] = 1
tokens = st.builds(Token, st.sampled_from(['x', '{', '}', '^', r'\frac', r'\mathrm', '=', '1']), st.floats(0, 1))


def prediction(*texts: str, probability: float = 0.9) -> Prediction:
    return Prediction(''.join(texts), probability, tokens=tuple(Token(text, probability) for text in texts))


@pytest.fixture
def calibrated(exported_checkpoint: Path, tmp_path: Path) -> Path:
    folder = tmp_path / 'calibrated'
    shutil.copytree(exported_checkpoint, folder)
    (folder / FILE).write_text(CALIBRATION.as_json())
    return folder


def test_both_backends_agree(calibrated: Path, formula_images: list[Image.Image]) -> None:
    found = []
    for backend in (generation, runtime):
        model, processor = backend.load(calibrated)
        found.append(backend.predict(model, processor, [*formula_images, Image.new('L', (40, 40), 255)]))
    for torch_one, onnx_one in zip(*found, strict=True):
        assert torch_one.is_formula == onnx_one.is_formula
        assert torch_one.confidence == pytest.approx(onnx_one.confidence, abs=1e-4)
    assert [item.confidence is None for item in found[0]] == [False] * len(formula_images) + [True]
    assert found[0][-1].error


def test_the_batch_does_not_matter(calibrated: Path, formula_images: list[Image.Image]) -> None:
    model, processor = generation.load(calibrated, device='cpu')
    together = generation.predict(model, processor, processor(formula_images))
    alone = [generation.predict(model, processor, [image])[0] for image in formula_images]
    assert [item.confidence for item in together] == pytest.approx([item.confidence for item in alone], abs=1e-4)


@pytest.mark.parametrize('backend', [generation, runtime])
def test_a_checkpoint_without_calibration_has_neither(
    backend: Any, exported_checkpoint: Path, formula_images: list[Image.Image]
) -> None:
    model, processor = backend.load(exported_checkpoint)
    [found] = backend.predict(model, processor, formula_images[:1])
    assert found.error is None and found.confidence is None and found.is_formula is None


def test_the_file_comes_back_as_it_was(tmp_path: Path) -> None:
    assert load_calibration(tmp_path) is None
    (tmp_path / FILE).write_text(CALIBRATION.as_json())
    assert load_calibration(tmp_path) == CALIBRATION


@pytest.mark.parametrize(
    ('text', 'reason'),
    [
        ('{', 'Expecting'),
        ('[]', 'not a calibration'),
        ('{"version": 1}', 'not a calibration'),
        (CALIBRATION.as_json().replace('"version": 1', '"version": 7'), 'version 7 is unknown'),
        (CALIBRATION.as_json().replace('doubt', 'zeal'), 'unknown evidence: zeal'),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(CheckpointError, match=f'{FILE}.*{reason}.*benchmarks.calibrate'):
        load_calibration(tmp_path)


@pytest.mark.parametrize('backend', [generation, runtime])
def test_both_backends_refuse_a_broken_file(calibrated: Path, backend: Any) -> None:
    (calibrated / FILE).write_text('{')
    with pytest.raises(CheckpointError, match=FILE):
        backend.load(calibrated)


def test_what_is_far_away_counts_no_more() -> None:
    model = Logistic(0.1, {'doubt': Term(mean=1.0, scale=2.0, weight=0.3)}, {'doubt doubt': -0.05})
    assert model({'doubt': 2.0}) == pytest.approx(1 / (1 + math.exp(-(0.1 + 0.3 * 0.5 - 0.05 * 0.25))))
    assert model({'doubt': 100.0}) == model({'doubt': 9.0}) != model({'doubt': 8.9})


def test_the_threshold_decides() -> None:
    read = prediction('x')
    probability = CALIBRATION.formula(evidence(read, INK))
    assert replace(CALIBRATION, threshold=probability).judged(read, INK).is_formula is True
    assert replace(CALIBRATION, threshold=probability + 1e-9).judged(read, INK).is_formula is False


@given(st.lists(tokens, max_size=20), st.floats(0, 1), st.integers(1, 40), st.integers(1, 40), st.floats(0, 1))
def test_evidence_is_always_the_same_finite_numbers(
    found: list[Token], score: float, height: int, width: int, level: float
) -> None:
    known = evidence(Prediction('', score, tokens=tuple(found)), np.full((height, width), level, np.float32))
    assert set(known) == EVIDENCE
    assert all(math.isfinite(value) for value in known.values())


def test_doubt_is_that_of_all_tokens_and_the_end() -> None:
    assert evidence(prediction('x', '=', '1', probability=0.5), INK)['doubt'] == pytest.approx(
        math.log(4 * math.log(2)), abs=1e-3
    )


def test_letters_in_a_row_make_a_word() -> None:
    def longest(*texts: str) -> int:
        return round(math.expm1(evidence(prediction(*texts), INK)['longest_word']))

    assert longest(r'\mathrm', '{', *'word', '}') == 4
    assert longest(*'ab', '=', *'abc') == 3
    assert longest('x', '_', '{', *'max', '}') == 3
    assert longest('1', '+', '2') == 0


def test_what_repeats_itself_counts_once() -> None:
    def fresh(*texts: str) -> float:
        return math.expm1(evidence(prediction(*texts), INK)['fresh_length'])

    assert fresh(*'abab' * 5) == pytest.approx(4)  # a, ab, aba, bab
    assert fresh(*'abcdefgh') == pytest.approx(8)
