"""Scores from rendered pictures, by TeX."""

import pytest

from metrics import pictures
from metrics.pictures import DEFINITIONS, compare_pictures, picture_scores

PAIRS = [
    (r'\frac{a}{b}+c', r'{a \over b}+c'),
    (r'x\quad y', 'xy'),
    ('x', r'\frac{a'),
    ('x', ''),
    (r'\undefined', 'x'),
    (r'a \hspace { 1 c m } b', r'a \hspace{1cm} b'),
]


def test_scores() -> None:
    same, spaced, broken, empty, unknown, length = compare_pictures(PAIRS, workers=1)
    assert same and same.is_exact and same.cdm == 1 and same.image.strict_match and same.image.distance == 0
    assert spaced and spaced.is_exact and not spaced.image.match and spaced.image.match_without_spaces
    for score in (broken, empty):
        assert score and score.cdm == 0 and score.error and not score.image.match
        assert score.image.distance == score.image.width == score.label_width
    assert unknown is None  # nobody can say what its label looks like
    assert length and length.image.strict_match  # im2latex-100k spells lengths in letters

    summary = picture_scores([same, spaced, broken, empty, unknown, length]).summary()
    assert list(summary) == list(DEFINITIONS)
    assert (summary['samples'], summary['unrendered']) == (5, 2)
    assert summary['cdm'] == summary['cdm_exp_rate'] == pytest.approx(3 / 5)
    assert summary['image_match'] == pytest.approx(2 / 5)
    assert summary['image_match_without_spaces'] == pytest.approx(3 / 5)


def test_processes_and_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = compare_pictures(PAIRS, workers=1)
    monkeypatch.setattr(pictures, 'CHUNK', 4)
    assert compare_pictures(PAIRS, workers=2) == expected


def test_nothing_to_compare() -> None:
    assert compare_pictures([]) == []
    with pytest.raises(ValueError, match='no samples'):
        picture_scores([None]).summary()
