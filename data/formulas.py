"""Formulas of a file, whatever its kind: JSON lines, im2latex's list, parquet."""

import lzma
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet

from .pages import read_formulas

_COLUMNS = ('latex', 'formula', 'text')


def formulas_of(path: Path) -> Iterator[str]:
    """The formulas of a `.jsonl`, `.jsonl.xz` (key `latex`) or `.parquet` file, or a `.lst` (one a line, Latin-1).

    Raises ValueError for what it cannot read, OSError for a file that is not there.
    """
    if path.suffix == '.lst':
        with path.open(encoding='latin-1', newline='\n') as lines:
            yield from (line.rstrip('\n') for line in lines)
    elif path.suffix == '.parquet':
        file = pyarrow.parquet.ParquetFile(path)
        column = next((name for name in _COLUMNS if name in file.schema_arrow.names), None)
        if column is None:
            raise ValueError(f'{path}: no column called {", ".join(_COLUMNS)}')
        for batch in file.iter_batches(columns=[column]):
            yield from batch[column].to_pylist()
    else:
        try:
            yield from (row['latex'] for row in read_formulas([path]))
        except (lzma.LZMAError, EOFError, UnicodeDecodeError) as error:
            raise ValueError(f'{path}: {error}') from None
