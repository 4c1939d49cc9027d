"""Files and folders: writing one whole, and naming one without saying where it lies."""

import os
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file whole or not at all, whoever else writes it."""
    part = path.with_name(f'.{path.name}.{os.getpid()}.part')
    part.write_bytes(content)
    os.replace(part, path)


def shareable(source: str) -> str:
    """A source as it goes into a record: of a file or folder that is there the name, anything else as it is."""
    path = Path(os.path.abspath(os.path.expanduser(source)))  # `.` and `..` have names only so
    return path.name if path.exists() else source
