"""Writes the repositories of the Hub as folders: the model of a checkpoint with its card, and the demo Space.

    python -m hub_card.export checkpoints/base                      # to artifacts/hub/model and artifacts/hub/space
    python -m hub_card.export checkpoints/base --repo-id me/im2latex-base --out /tmp/hub

The same checkpoint gives the same bytes. Exit status: 0 written, 2 nothing was, and why.
"""

import argparse
import shutil
import sys
from pathlib import Path

from modeling.checkpoint_im2latex import CheckpointError

from .model_folder import ExportError, check_repo_id, write_model_folder
from .space_folder import write_space_folder


def export_model(checkpoint: Path, folder: Path, repo_id: str) -> None:
    """Writes the model repository of a checkpoint, replacing the folder as a whole.

    Args:
        checkpoint: folder as `train.py` writes it; with scores.json of `evaluate.py` the card shows them.
        folder: what it writes.
        repo_id: `owner/name`, where it will be on the Hub.

    Raises:
        ExportError: the checkpoint lacks something, the folder holds something else, or the name is none.
        CheckpointError: the checkpoint cannot be loaded.
    """
    from .card import read_pictures, write_card  # here: a mistaken name is answered before onnxruntime is loaded

    check_repo_id(repo_id)
    partial = _fresh(folder)
    try:
        write_model_folder(checkpoint, partial)
        write_card(partial, repo_id, read_pictures(checkpoint))
    except (ExportError, CheckpointError):
        shutil.rmtree(partial)
        raise
    _replace(folder, partial)


def export_space(folder: Path, model: str) -> None:
    """Writes the demo Space of a model on the Hub, replacing the folder as a whole.

    Raises:
        ExportError: the project has no demo, the folder holds something else, or the name is none.
    """
    check_repo_id(model)
    partial = _fresh(folder)
    try:
        write_space_folder(partial, model)
    except ExportError:
        shutil.rmtree(partial)
        raise
    _replace(folder, partial)


def _fresh(folder: Path) -> Path:
    """An empty folder beside the one to be written."""
    if folder.exists() and not (folder / 'README.md').is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExportError(f'{folder}: is there and no export; name another with --out')
    partial = folder.with_name(folder.name + '.partial')
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    return partial


def _replace(folder: Path, partial: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog='python -m hub_card.export', description='Write the folders of the Hub.')
    parser.add_argument('checkpoint', type=Path, help='folder of a checkpoint')
    parser.add_argument('--repo-id', help='owner/name on the Hub, for the card (default: USER/im2latex-CHECKPOINT)')
    parser.add_argument('--out', type=Path, default=Path('artifacts/hub'), help='default: artifacts/hub')
    args = parser.parse_args(argv)
    args.repo_id = args.repo_id or f'USER/im2latex-{args.checkpoint.resolve().name}'
    return args


def main(argv: list[str] | None = None) -> int:
    args = parse_args(argv)
    try:
        export_model(args.checkpoint, args.out / 'model', args.repo_id)
    except (ExportError, CheckpointError) as error:
        print(f'export: {error}', file=sys.stderr)
        return 2
    print(args.out / 'model')
    try:
        export_space(args.out / 'space', args.repo_id)
    except ExportError as error:
        print(f'export: without the Space: {error}', file=sys.stderr)
    else:
        print(args.out / 'space')
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
