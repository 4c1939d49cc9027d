"""Trains a model with Accelerate, on one process or many.

    python train.py --config configs/small.yaml --data formulas.jsonl --run-dir runs/small
    accelerate launch train.py --config configs/base.yaml                  # im2latex-100k from the Hub
    torchrun --nproc_per_node 2 train.py --config configs/base.yaml
    python train.py --config configs/finetune.yaml --init-from checkpoints/base --data mine --push-to-hub me/my-model

Every field of `TrainArgs` is a key of the YAML file and a flag. The same command, given again after the run was
stopped or killed, goes on where its last checkpoint was: with the same batches and, on one process, equal losses.
Stopped by SIGTERM or Ctrl-C it saves that checkpoint, and its exit status is 143 or 130.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from command_line import report_missing

if TYPE_CHECKING:
    from training.args import TrainArgs


def main(argv: list[str] | None = None) -> int:
    from data.dataset import DataError
    from training.args import ArgumentError, parse_args

    try:
        args = parse_args(argv)
        if args.push_to_hub is not None:
            check_push(args.push_to_hub)
        from training.run import Run  # after the arguments: a mistake there is answered before torch is loaded

        training = Run(args)
        training.fit()
    except (ArgumentError, DataError) as error:
        print(f'train.py: {error}', file=sys.stderr)
        return 2
    if training.step < args.max_steps:
        assert training.stopped_by is not None
        return 128 + training.stopped_by  # not 0: what follows in a script would take the run for finished
    if args.push_to_hub is not None and training.is_main:
        return push(args)
    return 0


def check_push(repo_id: str) -> None:
    """Raises ArgumentError if nothing can be pushed there, before anything is trained."""
    from hub_card.model_folder import ExportError
    from hub_card.push import PushError, check
    from training.args import ArgumentError

    try:
        check(repo_id)
    except (ExportError, PushError) as error:
        raise ArgumentError(f'push_to_hub: {error}') from error


def push(args: 'TrainArgs') -> int:
    """Puts the best checkpoint, without validation the last, onto the Hub and prints its address."""
    from hub_card.model_folder import ExportError
    from hub_card.push import PushError, push_model

    assert args.push_to_hub is not None
    folders = (Path(args.run_dir) / name for name in ('best', 'final'))
    checkpoint = next(folder for folder in folders if folder.is_dir())
    try:
        print(push_model(checkpoint, args.push_to_hub))
    except (ExportError, PushError) as error:
        again = f'python -m hub_card.push {checkpoint} --repo-id {args.push_to_hub}'
        print(f'train.py: trained, but not pushed: {error}\nOnce that is mended: {again}', file=sys.stderr)
        return 2
    return 0


if __name__ == '__main__':
    raise SystemExit(report_missing(main, 'train.py'))
