"""Where a model is weak, on predictions made by hand."""

import json
from pathlib import Path

import pytest

from metrics.breakdown import STRUCTURES, TokenError, by_length, by_scale, by_structure, token_errors
from metrics.evaluation import Evaluation, table
from metrics.image import ImageComparison
from metrics.pictures import PictureScore
from metrics.score import ScoredPrediction, Scores


def evaluation(*pairs: tuple[str, str], pictures: dict[int, PictureScore | None] | None = None) -> Evaluation:
    items = [ScoredPrediction.of(index, label, prediction) for index, (label, prediction) in enumerate(pairs)]
    return Evaluation(Scores.of(items), pictures)


def picture(f1: float, width: int = 240) -> PictureScore:
    return PictureScore(f1, f1 == 1, ImageComparison(0, 1, True, True, True, True), width)


def test_by_length() -> None:
    rows = by_length(evaluation(('x', 'x'), ('x+y', 'x+z'), ('a' * 11, 'a' * 11), ('a' * 151, 'a')))
    assert [(row.name, row.samples) for row in rows] == [
        ('1 to 10 tokens', 2), ('11 to 25 tokens', 1), ('more than 150', 1)
    ]  # fmt: skip
    assert [row.exact_match for row in rows] == [0.5, 1, 0]
    assert rows[0].edit_similarity == pytest.approx(3 / 4) and rows[0].cdm is None


def test_every_environment_of_the_vocabulary_is_a_table() -> None:
    tokenizer = Path(__file__).resolve().parents[2] / 'checkpoints' / 'base' / 'tokenizer.json'
    vocabulary = json.loads(tokenizer.read_text())['model']['vocab']
    assert {token for token in vocabulary if token.startswith(r'\begin')} <= STRUCTURES['array, matrix, cases']


def test_by_structure() -> None:
    rows = by_structure(evaluation((r'\frac{a}{\sqrt{b}}', r'\frac{a}{b}'), (r'\hat{x}', r'\hat{x}'), ('x', 'x')))
    assert {row.name: row.exact_match for row in rows} == {'fraction': 0, 'root': 0, 'accent': 1, 'none of these': 1}


def test_by_scale() -> None:
    found = evaluation(('x', 'x'), ('y', 'y'), ('z', 'z'), pictures={0: picture(1), 1: picture(0.5), 2: None})
    rows = by_scale(found, {0: 100, 1: 250, 2: 100})  # 240 pixels at 240 dpi are 100 at 100 dpi
    assert [(row.name, row.samples, row.cdm) for row in rows] == [('0.75 to 1.25', 1, 1), ('2 to 3', 1, 0.5)]


def test_token_errors() -> None:
    found = token_errors(evaluation((r'\bar{a}+b', r'\hat{a}+b'), (r'\bar{a}', 'a'), ('a', 'ab')))
    assert found == {
        'replace': [TokenError(r'\bar', r'\hat', 1, 1 / 2)],
        'delete': [TokenError(r'\bar', '', 1, 1 / 2)],
        'insert': [TokenError('', 'b', 1, None)],
    }


def test_table() -> None:
    whole = evaluation(('x', 'x'), (r'\phantom{x}', 'y'), pictures={0: picture(1), 1: None})
    part = whole.where(lambda item: item.index == 1)
    lines = table({'all': whole.summary(), 'a_part': part.summary()}).splitlines()
    assert lines[0] == '| LaTeX | metric | all | a part |'
    assert '| | pictures | 2 | 1 |' in lines
    assert '| pictures | CDM | 1 |  |' in lines
    assert '| MathNet | samples | 1 |  |' in lines
