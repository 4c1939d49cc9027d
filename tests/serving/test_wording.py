"""What people are told about a prediction."""

from dataclasses import replace

import pytest

from modeling.prediction_im2latex import Prediction
from serving.answers import answer
from serving.wording import remark, sureness

PLAIN = Prediction('x', 0.95)


@pytest.mark.parametrize(
    ('prediction', 'said', 'percent'),
    [
        (PLAIN, None, '95%'),
        (replace(PLAIN, score=0.5), 'Probably wrong somewhere, or not a formula at all.', '50%'),
        (replace(PLAIN, confidence=0.8, is_formula=True), None, '80%'),
        (replace(PLAIN, confidence=0.2, is_formula=True), 'Probably wrong somewhere.', '20%'),
        (replace(PLAIN, confidence=0.8, is_formula=False), 'This does not look like a formula.', '80%'),
        (replace(PLAIN, latex='', is_formula=True), 'Nothing was read: is this a formula?', '95%'),
    ],
)
def test_the_calibration_is_believed_where_there_is_one(prediction: Prediction, said: str | None, percent: str) -> None:
    assert (remark(prediction), sureness(prediction)) == (said, percent)


def test_what_is_no_formula_has_no_confidence_on_the_page() -> None:
    shown = answer(replace(PLAIN, confidence=0.8, is_formula=False))
    assert 'does not look like a formula' in shown.verdict and 'Confidence' not in shown.verdict
    assert shown.latex == 'x'
