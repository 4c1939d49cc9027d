"""How sure a prediction is, in probabilities that can be relied upon, and whether the picture shows a formula at all.

    calibration = load_calibration('checkpoints/small')     # None where the checkpoint has none
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
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from .checkpoint_im2latex import CheckpointError
from .prediction_im2latex import Prediction

FILE = 'calibration.json'
VERSION = 1

# A picture has at least so much ink where a stroke is.
STROKE = 0.25
_ALPHABETS = re.compile(r'\\(?:math(?:rm|sf|tt|it|bf)|text(?:bf|it|sf|tt)?|operatorname)')
_RELATIONS = {'=', '+', '-', '<', '>', r'\leq', r'\geq', r'\in', r'\rightarrow', r'\sim', r'\times', r'\approx'}


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
    height, width = ink.shape
    dark = ink > STROKE
    rows, columns = dark.any(axis=1), dark.any(axis=0)
    strokes = max(1, int(dark.sum()))
    return {
        # of the tokens
        'doubt': math.log(1e-4 - mean * count),
        'mean_doubt': math.log(1e-5 - mean),
        'worst_doubt': math.log(1e-5 - min(logs, default=mean)),
        'doubtful_share': sum(log < -0.7 for log in logs) / count,
        'length': math.log(count),
        # of the LaTeX
        'letters': sum(len(token) == 1 and token.isalpha() for token in tokens) / count,
        'scripts': sum(token in '_^' for token in tokens) / count,
        'relations': sum(token in _RELATIONS for token in tokens) / count,
        'commands': sum(token[0] == '\\' and not _ALPHABETS.fullmatch(token) for token in tokens) / count,
        'alphabets': sum(bool(_ALPHABETS.fullmatch(token)) for token in tokens) / count,
        'longest_word': math.log1p(_longest_word(tokens)),
        'repetition': _repetition(tokens),
        # of the picture
        'height': math.log(height),
        'width': math.log(width),
        'pixels_per_token': math.log(height * width / count),
        'ink_per_token': math.log((1 + float(ink.sum())) / count),
        'ink_share': float(ink.mean()),
        'grey_share': float(((ink > 0.1) & (ink < 0.9)).mean()),
        'stroke_edges': _runs(dark) / strokes,
        'bands': math.log1p(_runs(rows[None])),
        'gaps': _runs(columns[None]) / width * height,
        'blank_rows': float(1 - rows.mean()),
        'blank_columns': float(1 - columns.mean()),
    }


def _longest_word(tokens: Sequence[str]) -> int:
    """Most letters in a row of one alphabet; braces and alphabets do not part them."""
    longest = here = 0
    for token in tokens:
        if len(token) == 1 and token.isalpha():
            here += 1
            longest = max(longest, here)
        elif token not in '{}' and not _ALPHABETS.fullmatch(token):
            here = 0
    return longest


def _repetition(tokens: Sequence[str]) -> float:
    """Share of the runs of four tokens that came before."""
    runs = list(zip(tokens, tokens[1:], tokens[2:], tokens[3:], strict=False))
    return 1 - len(set(runs)) / len(runs) if runs else 0.0


def _runs(mask: np.ndarray) -> int:
    """Unbroken runs of True along the rows."""
    return int((mask[:, 1:] & ~mask[:, :-1]).sum() + mask[:, 0].sum())
