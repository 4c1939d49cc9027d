"""Puts a checkpoint onto the Hugging Face Hub: the model, and if they are named the demo Space and the metric.

    python -m hub_card.push checkpoints/base --repo-id me/im2latex-base --dry-run        # lists what would go
    python -m hub_card.push checkpoints/base --repo-id me/im2latex-base --space me/demo --metric me/im2latex_metric

Without --space and --metric the model goes alone. A model that is there already loses what was made of its old weights
and is not made anew: graphs, scores, calibration. All else stays.

It takes a token with write access: `hf auth login`, or HF_TOKEN. Exit status: 0 done, 2 not, and why.
"""

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import HfApi, constants, get_token
from huggingface_hub.errors import HfHubHTTPError, HTTPError, OfflineModeIsEnabled

from modeling.checkpoint_im2latex import CheckpointError

from .export import export_model, export_space
from .model_folder import ExportError, check_repo_id

METRIC = Path(__file__).resolve().parent / 'metric'
NOT_PUSHED = '__pycache__'
# What was made of a model's weights and says something false beside others: graphs, which are read before the weights,
# what the confidence was fitted to, and scores.
OF_THE_WEIGHTS = ('onnx/*', 'calibration.json', 'scores.json', 'validation_scores.json')


class PushError(ValueError):
    """Something cannot be put onto the Hub; the message says why, and what to do."""


@dataclass(frozen=True)
class Repository:
    """A folder, and where it goes."""

    folder: Path
    repo_id: str
    kind: str
    """`model` or `space`"""

    def __str__(self) -> str:
        paths = sorted(path for path in self.folder.rglob('*') if path.is_file() and NOT_PUSHED not in path.parts)
        sizes = {str(path.relative_to(self.folder)): path.stat().st_size for path in paths}
        head = f'{self.kind} {self.repo_id}: {len(sizes)} files, {sum(sizes.values()):,} bytes'
        listed = [head, *(f'{size:>12,}  {name}' for name, size in sizes.items())]
        if self.kind == 'model':
            listed.append(f'     deleted  what is there of {", ".join(OF_THE_WEIGHTS)}, and not above')
        return '\n'.join(listed)

    def create(self, *, private: bool = False) -> None:
        """Makes the repository if it is not there, as private as asked or as the owner's account makes them.

        Raises:
            PushError: the Hub cannot be reached, or refuses it.
        """
        sdk = 'gradio' if self.kind == 'space' else None
        with _said_plainly(self.repo_id):
            HfApi().create_repo(
                self.repo_id, repo_type=self.kind, private=private or None, exist_ok=True, space_sdk=sdk
            )

    def upload(self) -> str:
        """Makes a commit of the folder and returns its address.

        What other weights left there goes, if the folder has nothing in its place; all else stays.

        Raises:
            PushError: as `create` does.
        """
        with _said_plainly(self.repo_id):
            commit = HfApi().upload_folder(
                repo_id=self.repo_id,
                repo_type=self.kind,
                folder_path=self.folder,
                commit_message='Upload from the project',
                ignore_patterns=[f'{NOT_PUSHED}/*', f'*/{NOT_PUSHED}/*'],
                delete_patterns=[*OF_THE_WEIGHTS] if self.kind == 'model' else None,
            )
        return commit.commit_url


@contextlib.contextmanager
def _said_plainly(repo_id: str) -> Iterator[None]:
    """Makes a PushError of everything that may go wrong on the way to the Hub."""
    try:
        yield
    except OfflineModeIsEnabled as error:
        raise PushError('HF_HUB_OFFLINE is set: unset it to reach the Hub') from error
    except HfHubHTTPError as error:
        status = error.response.status_code
        hint = '; may the token write there? (hf auth whoami)' if status in (401, 403) else ''
        reason = error.server_message or _one_line(error)
        raise PushError(f'{repo_id}: the Hub refused ({status}): {reason}{hint}') from error
    except (HTTPError, OSError) as error:
        raise PushError(f'{repo_id}: {constants.ENDPOINT} could not be reached: {_one_line(error)}') from error
    except (RuntimeError, ValueError) as error:  # the library's own: metadata that the Hub refuses, uploads cut short
        raise PushError(f'{repo_id}: cannot be pushed: {_one_line(error)}') from error


def _one_line(error: Exception) -> str:
    return ' '.join(str(error).split()) or type(error).__name__


def check(repo_id: str) -> None:
    """Raises ExportError for a name that is none, and PushError if there is no token."""
    check_repo_id(repo_id)
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
            export_space(checkpoint, folder / 'space', repo_id)
            found.append(Repository(folder / 'space', space, 'space'))
        if metric is not None:
            found.append(Repository(METRIC, metric, 'space'))
        yield found


def push(found: list[Repository], *, private: bool = False) -> Iterator[str]:
    """Makes all repositories, then fills one after the other; the address of each when it is there.

    Raises:
        PushError: the Hub cannot be reached, or refuses one.
    """
    for repository in found:
        repository.create(private=private)
    for repository in found:
        yield repository.upload()


def push_model(checkpoint: Path, repo_id: str) -> str:
    """Exports a checkpoint and puts it onto the Hub. Returns its address. Raises as `repositories` and `push` do."""
    with repositories(checkpoint, repo_id) as found:
        [address] = push(found)
    return address


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog='python -m hub_card.push', description='Put a checkpoint onto the Hub.')
    parser.add_argument('checkpoint', type=Path, help='folder of a checkpoint')
    parser.add_argument('--repo-id', required=True, metavar='OWNER/NAME', help='of the model')
    parser.add_argument('--space', metavar='OWNER/NAME', help='of the demo Space, which reads with the ONNX graphs')
    parser.add_argument('--metric', metavar='OWNER/NAME', help="of the metric's Space")
    parser.add_argument('--private', action='store_true', help='make new repositories private')
    parser.add_argument('--dry-run', action='store_true', help='list what would go, with sizes in bytes; no token')
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    args = parse_args(argv)
    try:
        if not args.dry_run:
            for repo_id in filter(None, (args.repo_id, args.space, args.metric)):
                check(repo_id)
        with repositories(args.checkpoint, args.repo_id, args.space, args.metric) as found:
            for line in map(str, found) if args.dry_run else push(found, private=args.private):
                print(line, flush=True)
    except (CheckpointError, ExportError, PushError) as error:
        print(f'push: {error}', file=sys.stderr)
        return 2
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
