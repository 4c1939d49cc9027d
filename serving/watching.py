"""Files as they come into folders."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path


def new_files(folders: Sequence[str], wanted: Callable[[Path], bool]) -> Iterator[str]:
    """Every file that is added to, or changed in, the folders and those below them from this call on, until Ctrl+C.

    Paths begin with the folder as it was given.

    Args:
        wanted: whether a file is to be yielded.
    """
    from watchfiles import Change, watch

    # Where changes are said to be, which is in no case a relative path and on some systems none with links.
    given = {where: Path(folder) for folder in folders for where in (Path(folder).absolute(), Path(folder).resolve())}
    # A program that writes a file in pieces touches it again and again; it is read when that has ended.
    watched = watch(*folders, debounce=1000, step=200, rust_timeout=300, yield_on_timeout=True)
    first = next(watched)  # folders are watched from here on, and not only from when somebody asks for a file

    def as_given(path: Path) -> Path:
        return next((given[where] / path.relative_to(where) for where in given if path.is_relative_to(where)), path)

    def files() -> Iterator[str]:
        for changes in chain([first], watched):
            for path in sorted({as_given(Path(path)) for change, path in changes if change != Change.deleted}):
                if wanted(path):
                    yield str(path)

    return files()
