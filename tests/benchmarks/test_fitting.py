"""The fit, on made-up evidence whose answer is known."""

import numpy as np
import pytest

pytest.importorskip('sklearn')

from benchmarks.fitting import VALIDATION, Case, fit, share_flagged, summary, tables  # noqa: E402
from modeling.confidence_im2latex import EVIDENCE  # noqa: E402


def cases(count: int = 2000) -> list[Case]:
    """Right with the probability that the doubt says; words where there is no formula; one refused picture a kind."""
    rng = np.random.default_rng(0)
    found = []
    for i in range(count):
        part = ('fit', 'check')[i % 2]
        known = dict.fromkeys(sorted(EVIDENCE), 0.0) | {'doubt': rng.normal(), 'words': rng.normal()}
        is_right = bool(rng.random() < 1 / (1 + np.exp(3 * known['doubt'])))
        label = r'\operatorname{x}' if i % 7 == 0 else 'x'
        found.append(Case(VALIDATION, part, label, 'x', known, is_right, is_right))
        if i % 4 < 2:
            found.append(Case('word', part, '', 'w', known | {'words': 12 + rng.normal()}))
            found.append(Case('clean', part, 'x', 'x', known))
    return [*found, Case('word', 'check', '', '', None), Case(VALIDATION, 'check', 'x', '', None, False, None)]


def test_what_can_be_told_is_told() -> None:
    given = cases()
    found = summary(fit(given), given)
    exact = found['confidence']['exact match']
    assert exact['pictures'] == 1000
    assert exact['expected_calibration_error'] < 0.05
    assert exact['area_under_curve'] > 0.9
    assert found['confidence'][r'exact match, without \operatorname']['pictures'] < 1000
    assert found['non_formulas']['word'] == {'pictures': 501, 'refused': 1, 'flagged': 501}
    assert share_flagged(found['formulas'].values()) < 0.02


def test_the_part_check_has_no_say() -> None:
    given = cases()
    assert fit(given) == fit([case for case in given if case.part == 'fit'])


def test_tables_have_all_kinds() -> None:
    given = cases()
    calibration = fit(given)
    text = tables(calibration, given, summary(calibration, given))
    for row in ('| exact match | 1000 |', '| word | 501 | 1 | 100.0% |', '| all conditions | 500 |'):
        assert row in text


def test_right_predictions_are_needed() -> None:
    wrong = [Case(case.kind, case.part, case.label, case.latex, case.evidence, False) for case in cases(100)]
    with pytest.raises(ValueError, match='more pictures'):
        fit(wrong)
