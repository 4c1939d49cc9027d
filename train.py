"""Trains a model with Accelerate, on one process or many.

    python train.py --config configs/small.yaml --data formulas.jsonl --run-dir runs/small
    accelerate launch train.py --config configs/base.yaml                  # im2latex-100k from the Hub
    torchrun --nproc_per_node 2 train.py --config configs/base.yaml

Every field of `TrainArgs` is a key of the YAML file and a flag. The same command, given again after the run was
stopped or killed, goes on where its last checkpoint was: with the same batches and, on one process, equal losses.
"""

import sys

from data.dataset import DataError
from training.args import ArgumentError, parse_args


def main(argv: list[str] | None = None) -> int:
    try:
        args = parse_args(argv)
        from training.run import Run  # after the arguments: a mistake there is answered before torch is loaded

        Run(args).fit()
    except (ArgumentError, DataError) as error:
        print(f'train.py: {error}', file=sys.stderr)
        return 2
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
