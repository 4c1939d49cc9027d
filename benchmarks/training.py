"""Pictures a second of the training step: `python -m benchmarks.training FORMULAS.jsonl --config configs/small.yaml`.

The batches are drawn beforehand, so that the step alone is timed, and again with the loader at work beside it, as in a
run. Both are given as minimum, median and maximum over the batches.
"""

import argparse
import contextlib
import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from data.dataset import DataError
from training.args import ArgumentError, parse_args
from training.run import Run


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description='Measure how many pictures a second the training step takes.')
    parser.add_argument('data', help='whatever train.py takes as --data')
    parser.add_argument('--config', type=Path, default=Path('configs/small.yaml'), help='(default: %(default)s)')
    parser.add_argument('--limit', type=int, default=2000, help='pictures to draw from (default: %(default)s)')
    parser.add_argument('--batches', type=int, default=10, help='batches to time (default: %(default)s)')
    args = parser.parse_args(argv)
    if min(args.limit, args.batches) < 1:
        parser.error('all numbers must be positive')
    options = ['--data', args.data, '--limit', str(args.limit), '--validation', 'none', '--tracker', 'none']
    with tempfile.TemporaryDirectory() as folder:
        try:
            run = Run(parse_args(['--config', str(args.config), '--run-dir', folder, *options]))
            report(run, args.batches)
        except (ArgumentError, DataError, OSError) as error:
            print(f'benchmarks.training: {error}', file=sys.stderr)
            return 2
    return 0


def report(run: Run, count: int) -> None:
    """Times so many steps of each kind and prints the table."""
    with contextlib.closing(run.batches()) as batches:
        ready = list(itertools.islice(batches, count + 1))
        run.train_step(iter(ready[:1]))  # warms up
        print(f'{"pictures/s":12}{"min":>8}{"median":>8}{"max":>8}')
        for name, source in (('step alone', iter(ready[1:])), ('with loader', batches)):
            rates = []
            for _ in range(count):
                start = time.perf_counter()
                _, pictures = run.train_step(source)
                rates.append(pictures / (time.perf_counter() - start))
            print(f'{name:12}{min(rates):8.1f}{statistics.median(rates):8.1f}{max(rates):8.1f}', flush=True)


if __name__ == '__main__':
    sys.exit(main())
