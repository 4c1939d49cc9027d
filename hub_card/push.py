"""Puts a checkpoint onto the Hugging Face Hub: the model, and if they are named the demo Space and the metric.

    python -m hub_card.push checkpoints/small --repo-id me/im2latex-small --dry-run        # lists what would go
    python -m hub_card.push checkpoints/small --repo-id me/im2latex-small --space me/im2latex --metric me/im2latex

It takes a token with write access: `hf auth login`, or HF_TOKEN. Exit status: 0 done, 2 not, and why.
"""

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from huggingface_hub import HfApi, constants, get_token
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled
from huggingface_hub.utils import validate_repo_id

from modeling.checkpoint_im2latex import CheckpointError

from .export import export_model, export_space
from .model_folder import ExportError

METRIC = Path(__file__).resolve().parent / 'metric'


class PushError(ValueError):
    """Something cannot be put onto the Hub; the message says why, and what to do."""


@dataclass(frozen=True)
class Repository:
    """A folder, and where it goes."""

    folder: Path
    repo_id: str
    kind: str
    """`model` or `space`"""
    variables: tuple[tuple[str, str], ...] = ()
    """environment of a Space"""

    @property
    def files(self) -> dict[str, int]:
        """Size in bytes of each file."""
        paths = sorted(path for path in self.folder.rglob('*') if path.is_file() and '__pycache__' not in path.parts)
        return {str(path.relative_to(self.folder)): path.stat().st_size for path in paths}

    def __str__(self) -> str:
        lines = [f'{size:>12,}  {name}' for name, size in self.files.items()]
        lines += [f'{key}={value}' for key, value in self.variables]
        total = sum(self.files.values())
        return '\n'.join([f'{self.kind} {self.repo_id}: {len(self.files)} files, {total:,} bytes', *lines])

    def push(self, *, private: bool = False) -> str:
        """Makes the repository if it is not there, and a commit in it. Returns its address.

        Raises:
            PushError: no network, or the Hub refuses it.
        """
        api = HfApi()
        options: dict[str, Any] = {'space_sdk': 'gradio'} if self.kind == 'space' else {}
        try:
            url = api.create_repo(self.repo_id, repo_type=self.kind, private=private, exist_ok=True, **options)
            for key, value in self.variables:
                api.add_space_variable(self.repo_id, key, value)
            api.upload_folder(
                repo_id=self.repo_id,
                repo_type=self.kind,
                folder_path=self.folder,
                commit_message='Upload from the project',
                ignore_patterns=['**/__pycache__/**'],
            )
        except OfflineModeIsEnabled as error:
            raise PushError('HF_HUB_OFFLINE is set: unset it to reach the Hub') from error
        except HfHubHTTPError as error:
            raise PushError(f'{self.repo_id}: the Hub refused: {_first_line(error)}') from error
        except (httpx.HTTPError, OSError) as error:
            raise PushError(f'{constants.ENDPOINT} cannot be reached: {_first_line(error)}') from error
        return str(url)


def check(repo_id: str) -> None:
    """Raises PushError if nothing can be pushed there: a name that is none, or no token."""
    try:
        validate_repo_id(repo_id)
    except HFValidationError as error:
        raise PushError(str(error)) from error
    if repo_id.count('/') != 1:
        raise PushError(f'{repo_id}: a repository of the Hub is named owner/name')
    if get_token() is None:
        raise PushError('no token of the Hub: log in with `hf auth login`, or set HF_TOKEN')


@contextlib.contextmanager
def repositories(
    checkpoint: Path, repo_id: str, space: str | None = None, metric: str | None = None
) -> Iterator[list[Repository]]:
    """What goes to the Hub, in folders that last as long as the context.

    Raises:
        ExportError, CheckpointError: it cannot be exported.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        export_model(checkpoint, folder / 'model', repo_id)
        found = [Repository(folder / 'model', repo_id, 'model')]
        if space is not None:
            export_space(folder / 'space', repo_id)
            found.append(Repository(folder / 'space', space, 'space', (('IM2LATEX_CHECKPOINT', repo_id),)))
        if metric is not None:
            if not METRIC.is_dir():
                raise ExportError(f'{METRIC}: no such folder, there is no metric to push')
            found.append(Repository(METRIC, metric, 'space'))
        yield found


def push_model(checkpoint: Path, repo_id: str) -> str:
    """Exports a checkpoint and puts it onto the Hub. Returns its address. Raises as `repositories` and `push` do."""
    with repositories(checkpoint, repo_id) as [model]:
        return model.push()


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog='python -m hub_card.push', description='Put a checkpoint onto the Hub.')
    parser.add_argument('checkpoint', type=Path, help='folder of a checkpoint')
    parser.add_argument('--repo-id', required=True, metavar='OWNER/NAME', help='of the model')
    parser.add_argument('--space', metavar='OWNER/NAME', help='of the demo Space; without it none is pushed')
    parser.add_argument('--metric', metavar='OWNER/NAME', help="of the metric's Space; without it none is pushed")
    parser.add_argument('--private', action='store_true', help='make new repositories private')
    parser.add_argument('--dry-run', action='store_true', help='list what would go, with sizes in bytes; no token')
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    args = parse_args(argv)
    try:
        for repo_id in filter(None, (args.repo_id, args.space, args.metric)):
            if not args.dry_run:
                check(repo_id)
        with repositories(args.checkpoint, args.repo_id, args.space, args.metric) as found:
            for repository in found:
                print(repository if args.dry_run else repository.push(private=args.private), flush=True)
    except (CheckpointError, ExportError, PushError) as error:
        print(f'push: {error}', file=sys.stderr)
        return 2
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
