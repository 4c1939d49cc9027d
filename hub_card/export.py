"""Writes the repositories of the Hub as folders: the model of a checkpoint with its card, and the demo Space.

    python -m hub_card.export checkpoints/base                      # to artifacts/hub/model and artifacts/hub/space
    python -m hub_card.export checkpoints/base --repo-id me/im2latex-base --out /tmp/hub

The same checkpoint gives the same bytes. Exit status: 0 written, 2 nothing was, and why.
"""

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from modeling.checkpoint_im2latex import CheckpointError

from .model_folder import ExportError, check_repo_id, write_model_folder
from .space_folder import write_space_folder

# Files that an export holds together, and no other folder but a copy of one.
MODEL_FILES = ('README.md', 'LICENSE', 'modeling_im2latex.py')
SPACE_FILES = ('README.md', 'LICENSE', 'space.py')


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
    with _replacing(folder, MODEL_FILES) as partial:
        write_model_folder(checkpoint, partial)
        write_card(partial, repo_id, read_pictures(checkpoint))


def export_space(checkpoint: Path, folder: Path, repo_id: str) -> None:
    """Writes the demo Space of a checkpoint, replacing the folder as a whole.

    Args:
        checkpoint: folder of the model, with its graphs.
        folder: what it writes.
        repo_id: `owner/name` of the model on the Hub.

    Raises:
        ExportError: the checkpoint lacks the graphs, the project has no demo, the folder holds something else, or the
            name is none.
    """
    check_repo_id(repo_id)
    check_graphs(checkpoint)
    with _replacing(folder, SPACE_FILES) as partial:
        write_space_folder(partial, repo_id)


def check_graphs(checkpoint: Path) -> None:
    """Raises ExportError if a checkpoint lacks the graphs, which are all that the Space can read with: no torch."""
    from runtime.generation import GRAPHS  # here: it loads onnxruntime

    if not all((checkpoint / 'onnx' / name).is_file() for name in GRAPHS['fp32']):
        raise ExportError(
            f'{checkpoint}: no ONNX graphs, and the Space, which has no torch, reads with nothing else; '
            f'run export_onnx.py {checkpoint} first'
        )


@contextlib.contextmanager
def _replacing(folder: Path, files: tuple[str, ...]) -> Iterator[Path]:
    """An empty folder that takes the place of `folder` at the end, unless something is raised.

    Args:
        folder: nothing yet, an empty folder, or an earlier export.
        files: what makes it an export.

    Raises:
        ExportError: it holds something else.
    """
    if not _may_be_replaced(folder, files):
        raise ExportError(f'{folder}: is there and no export, or a git repository; name another with --out')
    folder.parent.mkdir(parents=True, exist_ok=True)
    # A new name each time: what another left under a name of ours is not ours to remove.
    with tempfile.TemporaryDirectory(prefix=f'{folder.name}.', suffix='.partial', dir=folder.parent) as name:
        partial = Path(name) / 'new'  # with the usual rights, which the temporary folder lacks
        partial.mkdir()
        yield partial
        if folder.exists():
            folder.rename(Path(name) / 'old')
        partial.rename(folder)


def _may_be_replaced(folder: Path, files: tuple[str, ...]) -> bool:
    """Whether nothing is lost with it. A clone of the Hub's repository has an export's files, and a history."""
    if folder.is_symlink() or not folder.is_dir():
        return not (folder.is_symlink() or folder.exists())
    if not any(folder.iterdir()):
        return True
    return all((folder / name).is_file() for name in files) and not (folder / '.git').exists()


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
        export_space(args.checkpoint, args.out / 'space', args.repo_id)
    except ExportError as error:
        print(f'export: without the Space: {error}', file=sys.stderr)
    else:
        print(args.out / 'space')
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
