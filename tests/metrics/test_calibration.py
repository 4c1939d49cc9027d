"""The expected calibration error by hand, and what it refuses."""

import numpy as np
import pytest

from metrics.calibration import expected_calibration_error, reliability, reliability_table


def test_by_hand() -> None:
    # Bins of width 0.5: {0.2, 0.4} with one right of two, {0.6, 1.0} with both right.
    probabilities, outcomes = [0.2, 0.4, 0.6, 1.0], [True, False, True, True]
    low, high = reliability(probabilities, outcomes, bins=2)
    assert (low.count, low.probability, low.share) == (2, pytest.approx(0.3), 0.5)
    assert (high.low, high.high, high.share) == (0.5, 1.0, 1.0)
    assert expected_calibration_error(probabilities, outcomes, bins=2) == pytest.approx((0.2 + 0.2) / 2)


@pytest.mark.parametrize(
    ('probability', 'outcome', 'error'), [(1, True, 0), (0, False, 0), (1, False, 1), (0, True, 1)]
)
def test_extremes(probability: float, outcome: bool, error: float) -> None:
    assert expected_calibration_error([probability] * 3, [outcome] * 3) == error


def test_true_probabilities_have_next_to_none() -> None:
    rng = np.random.default_rng(0)
    probabilities = rng.random(20_000)
    outcomes = rng.random(20_000) < probabilities
    assert expected_calibration_error(probabilities.tolist(), outcomes.tolist()) < 0.02
    assert expected_calibration_error((probabilities / 2).tolist(), outcomes.tolist()) == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize(
    ('probabilities', 'outcomes'), [([], []), ([0.5], [True, False]), ([1.5], [True]), ([float('nan')], [True])]
)
def test_what_is_no_probability_is_refused(probabilities: list[float], outcomes: list[bool]) -> None:
    with pytest.raises(ValueError):
        reliability(probabilities, outcomes)


def test_the_table_has_a_row_a_bin() -> None:
    assert reliability_table(reliability([0.1, 0.9], [False, True])).count('\n') == 3
