"""Files as they come into folders."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path


def new_files(folders: Sequence[str], wanted: Callable[[Path], bool]) -> Iterator[str]:
    """Yields every file that is added to, or changed in, the folders and those below them, until Ctrl+C.

    Args:
        wanted: whether a file is to be yielded.
    """
    from watchfiles import Change, watch

    # A program that writes a file in pieces touches it again and again; it is read when that has ended.
    for changes in watch(*folders, debounce=1000, step=200):
        for path in sorted({path for change, path in changes if change != Change.deleted}):
            if wanted(Path(path)):
                yield path
