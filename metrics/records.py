"""Predictions as a file: a JSON object a line, with `latex`, `prediction` and what is known besides.

    write_predictions(path, {'given': evaluation})
    read_predictions(path)['given'].normalised.exact_match

`pictures` names the set of pictures that a prediction is of, since one label may be read in several.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from .evaluation import Evaluation
from .score import ScoredPrediction, Scores

GIVEN, RETYPESET = 'given', 'retypeset'
"""Sets of pictures: those of the data set, and its labels typeset again (`retypeset.py`)."""


def write_predictions(path: Path, evaluations: Mapping[str, Evaluation]) -> None:
    """Write the predictions of all sets of pictures, by name of the set."""
    with path.open('w', encoding='utf-8') as file:
        for name, evaluation in evaluations.items():
            for item in evaluation.scores.predictions:
                score = evaluation.picture(item)
                row = item.as_dict() | {'pictures': name} | ({'cdm': score.cdm} if score else {})
                file.write(json.dumps(row, ensure_ascii=False) + '\n')


def read_predictions(
    path: Path, choose: Callable[[Sequence[int]], Sequence[int]] = lambda indices: indices
) -> dict[str, Scores]:
    """Score the predictions of a file again.

    Args:
        path: what `write_predictions` wrote, or lines with `latex` and `prediction` from elsewhere; `index` is the
            number of the line (from 0), `score` 0 and `pictures` GIVEN where they are missing.
        choose: which of the indices to take, of all there are in the set GIVEN.

    Raises:
        ValueError: no such file, a line without strings `latex` and `prediction`, or none of the set GIVEN.
    """
    found: dict[str, dict[int, ScoredPrediction]] = {}
    try:
        with path.open(encoding='utf-8', newline='\n') as lines:
            for number, line in enumerate(lines):
                row = json.loads(line)
                index = int(row.get('index', number))
                found.setdefault(str(row.get('pictures', GIVEN)), {})[index] = ScoredPrediction.of(
                    index, row['latex'], row['prediction'], float(row.get('score') or 0), row.get('error')
                )
    except OSError as error:
        raise ValueError(f'{path}: {error.strerror}') from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f'{path}: expected a JSON object a line, with strings "latex" and "prediction"') from error
    if GIVEN not in found:
        raise ValueError(f'{path}: no predictions')
    chosen = set(choose(sorted(found[GIVEN])))
    return {name: Scores.of(item for item in own.values() if item.index in chosen) for name, own in found.items()}
