"""Pictures with labels as a table of two columns, `image` and `latex`: from the Hub, parquet files, or a folder.

    from data.tables import hub, parquet, picture_folder

A folder of pictures has a `metadata.jsonl` or `labels.jsonl` beside them, one line a picture:

    {"file_name": "one.png", "latex": "x^2"}
"""

import json
from pathlib import Path

import datasets

LABEL_FILES = ('metadata.jsonl', 'labels.jsonl')
PICTURE_KEYS = ('file_name', 'image')
LABEL_KEYS = ('latex', 'formula', 'label', 'text')


class DataError(ValueError):
    """A source that cannot be read; the message says what to do about it."""


def hub(name: str, split: str) -> datasets.Dataset:
    """A data set of the Hub. Raises DataError: there is none of that name or split, or it has other columns."""
    try:
        return _columns(datasets.load_dataset(name, split=split), name)
    except DataError:
        raise
    except Exception as error:  # the Hub, the network and the data set's own files fail with dozens of types
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise DataError(f'{name}: cannot be loaded from the Hub (split {split!r}): {reason}') from error


def parquet(path: Path, split: str) -> datasets.Dataset:
    """A file, or all files of a folder with the split in their name. Raises DataError: none, broken, other columns."""
    files = [path] if path.suffix == '.parquet' else sorted(path.glob(f'**/*{split}*.parquet'))
    if not files:
        raise DataError(
            f'{path}: no file *{split}*.parquet in this folder, nor {" or ".join(LABEL_FILES)} beside pictures'
        )
    if not all(file.is_file() for file in files):
        raise DataError(f'{path}: no such file')
    try:
        table = datasets.load_dataset('parquet', data_files=[str(file) for file in files], split='train')
    except (OSError, ValueError, datasets.exceptions.DatasetsError) as error:
        raise DataError(f'{path}: not a readable parquet file') from error
    return _columns(table, str(path))


def labels_file(path: Path, split: str) -> Path | None:
    """The labels of a folder of pictures: in one below of the split's name, or in itself; None: neither."""
    files = [folder / name for folder in (path / split, path) for name in LABEL_FILES]
    return next((file for file in files if file.is_file()), None)


def picture_folder(path: Path, split: str) -> datasets.Dataset | None:
    """Pictures and a file of their labels; a folder below that bears the split's name comes first.

    Returns None if there is no such file. Raises DataError: a line without the keys, or a picture that is not there.
    """
    if (file := labels_file(path, split)) is None:
        return None
    images, labels = [], []
    try:
        with open(file, encoding='utf-8', newline='\n') as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    name, label = _labelled(line, f'{file}, line {number}')
                    if not (picture := file.parent / name).is_file():
                        raise DataError(f'{file}, line {number}: no such picture: {picture}')
                    images.append(str(picture))
                    labels.append(label)
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f'{file}: cannot be read: {error}') from error
    if not images:
        raise DataError(f'{file}: is empty')
    return from_files(images, labels)


def from_files(images: list[str], labels: list[str]) -> datasets.Dataset:
    """The table of some picture files and their labels."""
    table = datasets.Dataset.from_dict({'image': images, 'latex': labels})
    return table.cast_column('image', datasets.Image())


def _labelled(line: str, where: str) -> tuple[str, str]:
    """The file name and the label that a line gives."""
    try:
        row = json.loads(line)
        found = [next(row[key] for key in keys if key in row) for keys in (PICTURE_KEYS, LABEL_KEYS)]
    except (ValueError, TypeError, StopIteration):
        found = []
    if len(found) != 2 or not all(isinstance(value, str) for value in found):
        raise DataError(
            f'{where}: expected a JSON object with strings {" or ".join(PICTURE_KEYS)} and {" or ".join(LABEL_KEYS)}'
        )
    return found[0], found[1]


def _columns(table: datasets.Dataset, name: str) -> datasets.Dataset:
    """The table with the columns `image`, of pictures, and `latex` only. Raises DataError if it has no such."""
    label = next((column for column in LABEL_KEYS if column in table.column_names), None)
    if label is None or 'image' not in table.column_names:
        raise DataError(
            f'{name}: needs a column "image" and one of {", ".join(LABEL_KEYS)}; it has '
            f'{", ".join(table.column_names) or "none"}'
        )
    table = table.select_columns(['image', label])
    if not isinstance(table.features['image'], datasets.Image):
        # Files written without `datasets` say of pictures only that they are a structure of bytes and a path.
        try:
            table = table.cast_column('image', datasets.Image())
        except (TypeError, ValueError, NotImplementedError) as error:  # the last is Arrow's
            raise DataError(f'{name}: the column "image" holds no pictures') from error
    return table if label == 'latex' else table.rename_column(label, 'latex')
