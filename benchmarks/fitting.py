"""Fits a calibration to what was read in some pictures, and says how well it does on others."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from metrics.calibration import expected_calibration_error, reliability, reliability_table
from modeling.confidence_im2latex import EVIDENCE, FAR, Calibration, Logistic, Term

# Evidence that the LaTeX is right. All the other evidence together adds nothing to it.
OF_RIGHT = ('doubt', 'mean_doubt', 'surest_doubt', 'length', 'agreement')
# The threshold lets this share of the formulas that it is fitted to be taken for something else.
MISSED = 0.006
# Inverses of the penalty on squared weights, as scikit-learn has it: of a few weights, and of hundreds.
CONFIDENCE_C, FORMULA_C = 1.0, 0.003
VALIDATION = 'validation pictures'


@dataclass(frozen=True)
class Case:
    """What was read in one picture."""

    kind: str
    """`VALIDATION`, a condition under which a formula is shown, or a kind of picture that shows none"""
    part: str
    """`fit` or `check`"""
    label: str
    """empty if the picture shows no formula"""
    latex: str
    """as predicted"""
    evidence: Mapping[str, float] | None
    """None if the picture was refused as blank"""
    is_right: bool | None = None
    """of validation pictures: whether label and prediction have the same canonical tokens"""
    is_same_picture: bool | None = None
    """of validation pictures whose label can be typeset: whether both, typeset, match but for white space"""

    @property
    def known(self) -> Mapping[str, float]:
        """The evidence in a picture that was not refused."""
        if self.evidence is None:
            raise ValueError(f'a picture of the kind {self.kind!r} was refused: there is no evidence')
        return self.evidence


def fit(cases: Sequence[Case]) -> Calibration:
    """The calibration for the cases of the part `fit`.

    Raises:
        ValueError: they lack right or wrong predictions, or pictures with or without a formula.
    """
    read = [case for case in cases if case.part == 'fit' and case.evidence is not None]
    pictures = [case for case in read if case.kind == VALIDATION]
    confidence = _logistic(pictures, [bool(case.is_right) for case in pictures], OF_RIGHT, [], CONFIDENCE_C)
    names = sorted(EVIDENCE)
    pairs = list(combinations_with_replacement(names, 2))
    formula = _logistic(read, [bool(case.label) for case in read], names, pairs, FORMULA_C, _weights(read))
    shown = [case for case in read if case.label]
    probabilities = np.array([formula(case.known) for case in shown])
    threshold = np.quantile(probabilities, MISSED, weights=_weights(shown), method='inverted_cdf')
    return Calibration(confidence, formula, float(threshold))


def _logistic(
    cases: Sequence[Case],
    outcomes: Sequence[bool],
    names: Sequence[str],
    pairs: Sequence[tuple[str, str]],
    c: float,
    weights: np.ndarray | None = None,
) -> Logistic:
    if len(set(outcomes)) < 2:
        raise ValueError('all that was read is right, or all of it wrong: more pictures are needed to fit a confidence')
    values = np.array([[case.known[name] for name in names] for case in cases])
    mean, scale = values.mean(axis=0), np.maximum(values.std(axis=0), 1e-6)
    deviations = np.clip((values - mean) / scale, -FAR, FAR)
    column = dict(zip(names, deviations.T, strict=True))
    products = [column[first] * column[second] for first, second in pairs]
    model = LogisticRegression(C=c, max_iter=10_000)
    model.fit(np.column_stack([deviations, *products]), outcomes, weights)
    singles, doubles = np.split(model.coef_[0], [len(names)])
    return Logistic(
        _short(model.intercept_[0]),
        {name: Term(*map(_short, row)) for name, *row in zip(names, mean, scale, singles, strict=True)},
        {' '.join(pair): _short(weight) for pair, weight in zip(pairs, doubles, strict=True)},
    )


def _short(number: float) -> float:
    return float(f'{number:.5g}')


def _weights(cases: Sequence[Case]) -> np.ndarray:
    """Formulas count as much as the others; among them validation pictures as much as conditions; then every kind."""
    groups = [(bool(case.label), case.kind == VALIDATION if case.label else case.kind) for case in cases]
    sizes = Counter(groups)
    kinds = Counter(is_formula for is_formula, _ in sizes)
    return np.array([len(cases) / (kinds[group[0]] * sizes[group]) for group in groups])


def summary(calibration: Calibration, cases: Sequence[Case]) -> dict[str, Any]:
    """How well a calibration does on the cases of the part `check`; ready for JSON."""
    checked = [case for case in cases if case.part == 'check']
    pictures = [case for case in checked if case.kind == VALIDATION and case.evidence is not None]
    return {
        'confidence': {
            'exact match': _quality(calibration, pictures, 'is_right'),
            r'exact match, without \operatorname': _quality(
                calibration, [case for case in pictures if r'\operatorname' not in case.label], 'is_right'
            ),
            'same picture': _quality(
                calibration, [case for case in pictures if case.is_same_picture is not None], 'is_same_picture'
            ),
        },
        'formulas': _flagged(calibration, [case for case in checked if case.label]),
        'non_formulas': _flagged(calibration, [case for case in checked if not case.label]),
    }


def _quality(calibration: Calibration, cases: Sequence[Case], outcome: str) -> dict[str, Any]:
    outcomes = [bool(getattr(case, outcome)) for case in cases]
    if len(set(outcomes)) < 2:
        return {'pictures': len(cases)}
    confidences = [calibration.confidence(case.known) for case in cases]
    return {
        'pictures': len(cases),
        'right': float(np.mean(outcomes)),
        'expected_calibration_error': expected_calibration_error(confidences, outcomes),
        'area_under_curve': float(roc_auc_score(outcomes, confidences)),
    }


def _flagged(calibration: Calibration, cases: Iterable[Case]) -> dict[str, dict[str, int]]:
    """By kind: pictures, those refused as blank, and those said to show no formula, refused ones included."""
    found: dict[str, dict[str, int]] = {}
    for case in cases:
        row = found.setdefault(case.kind, {'pictures': 0, 'refused': 0, 'flagged': 0})
        refused = case.evidence is None
        row['pictures'] += 1
        row['refused'] += refused
        row['flagged'] += refused or calibration.formula(case.known) < calibration.threshold
    return found


def share_flagged(rows: Iterable[Mapping[str, int]]) -> float:
    """Of all pictures of some rows of a summary."""
    rows = list(rows)
    return sum(row['flagged'] for row in rows) / max(1, sum(row['pictures'] for row in rows))


def tables(calibration: Calibration, cases: Sequence[Case], found: Mapping[str, Any]) -> str:
    """A summary as Markdown, with a reliability diagram."""
    lines = ['| right means | pictures | right | ECE | AUC |', '| --- | ---: | ---: | ---: | ---: |']
    for name, row in found['confidence'].items():
        numbers = [row.get(key) for key in ('right', 'expected_calibration_error', 'area_under_curve')]
        # The confidence is a probability of exact match alone.
        numbers[1] = numbers[1] if name.startswith('exact') else None
        cells = ['' if number is None else f'{number:.3f}' for number in numbers]
        lines.append(f'| {name} | {row["pictures"]} | {" | ".join(cells)} |')
    pictures = [case for case in cases if case.part == 'check' and case.kind == VALIDATION and case.evidence]
    confidences = [calibration.confidence(case.known) for case in pictures]
    diagram = reliability_table(reliability(confidences, [bool(case.is_right) for case in pictures]))
    lines += ['', diagram]
    for name in ('non_formulas', 'formulas'):
        rows = found[name]
        lines += ['', f'| {name.replace("_", "-")} | pictures | refused | flagged |', '| --- | ---: | ---: | ---: |']
        for kind, row in rows.items():
            lines.append(f'| {kind} | {row["pictures"]} | {row["refused"]} | {row["flagged"] / row["pictures"]:.1%} |')
        lines.append(
            f'| all | {sum(row["pictures"] for row in rows.values())} | | {share_flagged(rows.values()):.1%} |'
        )
        without = [row for kind, row in rows.items() if kind != VALIDATION]
        if len(without) < len(rows):
            lines.append(
                f'| all conditions | {sum(row["pictures"] for row in without)} | | {share_flagged(without):.1%} |'
            )
    return '\n'.join(lines)
