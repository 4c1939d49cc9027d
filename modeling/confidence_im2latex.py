"""How sure a prediction is, in probabilities that can be relied upon, and whether the picture shows a formula at all.

    calibration = load_calibration('checkpoints/base')      # None where the checkpoint has none
    prediction = calibration.judged(prediction, ink)
    prediction.confidence, prediction.is_formula

Both are logistic models of a few numbers about the prediction and the picture, `evidence`. They hold for the weights
that they were fitted to, and are kept beside them in `calibration.json`. numpy and the standard library only.
"""

import json
import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from .checkpoint_im2latex import CheckpointError
from .prediction_im2latex import Prediction

FILE = 'calibration.json'
VERSION = 1

# A picture has at least so much ink where a stroke is.
STROKE = 0.25
# Letters in a row, fewer of which may well be a product of variables.
WORD = 4
# Standard deviations from the mean beyond which evidence counts no more: nothing was fitted there.
FAR = 4.0
_ALPHABETS = re.compile(r'\\(?:math(?:rm|sf|tt|it|bf)|text(?:bf|it|sf|tt)?|operatorname)')
_RELATIONS = {'=', '+', '-', '<', '>', r'\leq', r'\geq', r'\in', r'\rightarrow', r'\sim', r'\times', r'\approx'}


@dataclass(frozen=True)
class Term:
    """One kind of evidence in a logistic model."""

    mean: float
    scale: float
    """mean and standard deviation of the evidence where the model was fitted"""
    weight: float
    """for each standard deviation from the mean"""

    def deviation(self, value: float) -> float:
        """Standard deviations from the mean, `FAR` at most."""
        return min(max((value - self.mean) / self.scale, -FAR), FAR)


@dataclass(frozen=True)
class Logistic:
    """A logistic model of evidence, of degree two."""

    intercept: float
    terms: Mapping[str, Term]
    """by name of the evidence"""
    products: Mapping[str, float]
    """weights of products of two deviations, by both names with a space between; of squares by one name twice"""

    def __call__(self, known: Mapping[str, float]) -> float:
        """The probability, 0 to 1."""
        deviations = {name: term.deviation(known[name]) for name, term in self.terms.items()}
        logit = self.intercept + sum(term.weight * deviations[name] for name, term in self.terms.items())
        for names, weight in self.products.items():
            first, second = names.split()
            logit += weight * deviations[first] * deviations[second]
        return 1 / (1 + math.exp(-min(max(logit, -50.0), 50.0)))

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> 'Logistic':
        """The model that `dataclasses.asdict` made a dictionary of. Raises ValueError for evidence that is unknown."""
        terms = {name: Term(**term) for name, term in content['terms'].items()}
        unknown = terms.keys() - EVIDENCE
        unknown |= {name for names in content['products'] for name in names.split()} - terms.keys()
        if unknown:
            raise ValueError(f'unknown evidence: {", ".join(sorted(unknown))}')
        return cls(float(content['intercept']), terms, content['products'])


@dataclass(frozen=True)
class Calibration:
    """What turns the evidence about a prediction into its confidence and the verdict."""

    confidence: Logistic
    """that the LaTeX is right"""
    formula: Logistic
    """that the picture shows a formula"""
    threshold: float
    """of `formula`, below which a picture is said to show none"""
    fitted: Mapping[str, Any] = field(default_factory=dict)
    """to what, and with what result: for people"""

    def judged(self, prediction: Prediction, ink: np.ndarray) -> Prediction:
        """The prediction with its confidence and the verdict; its alternatives are left as they are.

        Args:
            prediction: with its tokens and their probabilities.
            ink: the picture as `PicturePreparation.prepare` gives it, (height, width), ink 1 and paper 0.
        """
        known = evidence(prediction, ink)
        return replace(
            prediction,
            confidence=self.confidence(known),
            is_formula=self.formula(known) >= self.threshold,
        )

    def as_json(self) -> str:
        """The content of `calibration.json`."""
        return json.dumps({'version': VERSION, **asdict(self)}, indent=2) + '\n'

    @classmethod
    def from_json(cls, text: str) -> 'Calibration':
        """Raises ValueError for what `as_json` did not write, or a later version of it did."""
        try:
            content = json.loads(text)
            if content['version'] != VERSION:
                raise ValueError(f'version {content["version"]} is unknown, only {VERSION} is known')
            models = {name: Logistic.of(content[name]) for name in ('confidence', 'formula')}
            return cls(**models, threshold=float(content['threshold']), fitted=content.get('fitted', {}))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f'not a calibration: {error!r}') from error


def load_calibration(folder: str | os.PathLike[str]) -> Calibration | None:
    """The calibration in a checkpoint's folder; None if it has none.

    Raises:
        CheckpointError: the file is broken, or of another version.
    """
    path = Path(folder, FILE)
    try:
        return Calibration.from_json(path.read_text(encoding='utf-8'))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise CheckpointError(f'{path}: {error}; write it anew with: python -m benchmarks.calibrate') from error


def evidence(prediction: Prediction, ink: np.ndarray) -> dict[str, float]:
    """What a prediction and its picture say about the prediction.

    Args:
        prediction: with its tokens and their probabilities.
        ink: the picture as `PicturePreparation.prepare` gives it, (height, width), ink 1 and paper 0.
    """
    tokens = [token.text for token in prediction.tokens]
    count = len(tokens) + 1  # the end is a token, too
    logs = [math.log(max(token.probability, 1e-6)) for token in prediction.tokens]
    mean = math.log(max(prediction.score, 1e-6))
    words = _words(tokens)
    fresh = _fresh(tokens)
    height, width = ink.shape
    dark = ink > STROKE
    rows, columns = dark.max(axis=1, keepdims=True), dark.max(axis=0, keepdims=True)
    strokes = max(1, int(dark.sum()))
    return {
        # of the tokens
        'doubt': math.log(1e-4 - mean * count),
        'mean_doubt': math.log(1e-5 - mean),
        'worst_doubt': math.log(1e-5 - min(logs, default=mean)),
        'surest_doubt': math.log(1e-3 - (mean * count if prediction.surest is None else prediction.surest)),
        'agreement': prediction.agreement,
        'doubtful_share': sum(log < -0.7 for log in logs) / count,
        'length': math.log(count),
        # of the LaTeX
        'letters': sum(len(token) == 1 and token.isalpha() for token in tokens) / count,
        'scripts': sum(token in ('_', '^') for token in tokens) / count,
        'relations': sum(token in _RELATIONS for token in tokens) / count,
        'commands': sum(token.startswith('\\') and not _ALPHABETS.fullmatch(token) for token in tokens) / count,
        'alphabets': sum(bool(_ALPHABETS.fullmatch(token)) for token in tokens) / count,
        'words': sum(length for length in words if length >= WORD) / count,
        'longest_word': math.log1p(max(words, default=0)),
        'fresh_length': math.log1p(len(fresh)),
        'fresh_doubt': math.log(1e-5 - sum(logs[i] for i in fresh) / max(1, len(fresh))),
        # of the picture
        'height': math.log(height),
        'width': math.log(width),
        'pixels_per_token': math.log(height * width / count),
        'ink_per_token': math.log((1 + float(ink.sum())) / count),
        'ink_share': float(ink.mean()),
        'grey_share': float(((ink > 0.1) & (ink < 0.9)).mean()),
        'pale_share': float(((ink > 0.05) & (ink < 0.5)).sum() / max(1, (ink > 0.05).sum())),
        'stroke_width': math.log(strokes / _runs(dark)),
        'stroke_height': math.log(strokes / _runs(dark.T)),
        'bands': math.log(_runs(rows.T)),
        'letters_apart': math.log(_runs(columns)),
        'blank_rows': float(1 - rows.mean()),
        'blank_columns': float(1 - columns.mean()),
    }


def _words(tokens: Sequence[str]) -> list[int]:
    """Lengths of unbroken runs of letters; braces and alphabets do not break them."""
    lengths = [0]
    for token in tokens:
        if len(token) == 1 and token.isalpha():
            lengths[-1] += 1
        elif token not in '{}' and not _ALPHABETS.fullmatch(token) and lengths[-1]:
            lengths.append(0)
    return lengths


def _fresh(tokens: Sequence[str]) -> list[int]:
    """Places of the tokens that do not merely repeat what came before: they end a run of three that is new."""
    seen: set[tuple[str, ...]] = set()
    found = []
    for i in range(len(tokens)):
        run = tuple(tokens[max(0, i - 2) : i + 1])
        if run not in seen:
            seen.add(run)
            found.append(i)
    return found


def _runs(mask: np.ndarray) -> int:
    """Unbroken runs of True along the rows, at least 1."""
    return max(1, int((mask[:, 1:] & ~mask[:, :-1]).sum() + mask[:, 0].sum()))


EVIDENCE = frozenset(evidence(Prediction('', 0.0), np.zeros((1, 1))))
"""Names of what `evidence` tells."""

__all__ = ['EVIDENCE', 'FAR', 'FILE', 'Calibration', 'Logistic', 'Term', 'evidence', 'load_calibration']
