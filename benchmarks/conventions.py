"""What a perfect reader would score: `python -m benchmarks.conventions --data DATA --split validation`.

Takes each label's canonical form for the prediction. What is missing to a perfect score is lost in the canonical form
(spaces, sizes, the author's choice of command), not misread: no model that answers in canonical LaTeX gets higher.
"""

import argparse
import os
import sys
from collections.abc import Iterable

from data.dataset import load
from data.latex import normalize
from metrics import harvard
from metrics.evaluation import Evaluation, table
from metrics.score import ScoredPrediction, Scores


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description='Score the canonical forms of labels.')
    parser.add_argument('--data', required=True, help='as for evaluate.py')
    parser.add_argument('--split', default='validation', help='part of the data set (default: validation)')
    parser.add_argument('--limit', type=int, help='the first so many only')
    parser.add_argument('--workers', type=int, default=os.cpu_count(), help='processes (default: %(default)s)')
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    args = parse_args(argv)
    try:
        labels = load(args.data, split=args.split, limit=args.limit).labels()
        scores = Scores.of(ScoredPrediction.of(index, label, normalize(label)) for index, label in enumerate(labels))
        print(table({'canonical labels': Evaluation.of(scores, workers=args.workers).summary()}))
    except (OSError, ValueError) as error:
        print(f'benchmarks.conventions: {error}', file=sys.stderr)
        return 2
    tokens = [harvard.tokens(label) for label in labels]
    print(f'\nOf {len(labels)} labels, in the tokens of Deng et al.:')
    print(f'{_share(map(str.split, labels), tokens):.4f} are split as their spaces say')
    print(f'{_share(map(harvard.convert, labels), tokens):.4f} stay as they are when brought to their own convention')
    return 0


def _share(first: Iterable[list[str]], second: list[list[str]]) -> float:
    return sum(one == other for one, other in zip(first, second, strict=True)) / len(second)


if __name__ == '__main__':
    sys.exit(main())
