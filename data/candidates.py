"""What a data set could be made of: the formulas of all kinds of sources with their canonical labels.

    for task in tasks(['papers/', 'formulas.jsonl.xz', 'yuntian-deng/im2latex-100k'], splits=['train']):
        prepare(task, max_tokens=256)      # rows with labels, and how many were dropped, by reason

`tasks` reads sources piece by piece in an order that never changes; `prepare` does the work, in any process.
"""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

from .dataset import FORMULA_FILES, Pictures, load
from .latex import canonicalize, tokenize
from .pages import read_formulas
from .raw_archive import is_raw_archive, listed
from .tables import LABEL_FILES, DataError
from .tex_files import Paper, find_papers, is_tex_source
from .tex_papers import paper_formulas

PIECE = 2000
"""formulas prepared at a time"""
LISTS = ('.txt', '.lst')


class Row(TypedDict):
    """A formula on its way into a data set.

    latex: as its source has it, macros expanded. label: its canonical form. kind: 'display', 'inline', ... or ''.
    paper: names what must stay on one side of a split, or ''. split: which one the source puts it in, or ''.
    picture: its number in a source that has pictures, or None: it is yet to be typeset.
    """

    latex: str
    label: str
    source: str
    paper: str
    kind: str
    split: str
    picture: int | None


@dataclass(frozen=True)
class Task:
    """A piece of a source: formulas without labels, or a paper to take them from."""

    source: str
    rows: Sequence[Row] = ()
    paper: Paper | None = None
    missing: int = 0
    """pictures that the source should have before these"""


@dataclass
class Prepared:
    rows: list[Row] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)


def canonical(latex: str) -> str:
    """The label of a formula. Raises ValueError: it has none; the name of the class says why."""
    return canonicalize(latex)


def tasks(sources: Sequence[str], splits: Sequence[str], *, typeset: bool = False) -> Iterator[Task]:
    """The sources piece by piece.

    splits: which splits of sources that have pictures. typeset: draw their formulas anew.
    Raises DataError: a source that cannot be read.
    """
    for source in sources:
        path = Path(source).expanduser()
        name = path.name or path.resolve().name
        if path.name.endswith(FORMULA_FILES):
            yield from _pieces(name, _formula_rows(path, name))
        elif path.suffix in LISTS:
            yield from _pieces(name, _line_rows(path, name))
        elif path.exists() and not has_pictures(path):
            if not is_tex_source(path):
                raise DataError(f'{path}: neither pictures nor formulas nor LaTeX sources')
            for paper in find_papers(path):
                yield Task(name, paper=paper)
        else:
            for split in splits:
                pictures = load(source, split)
                if is_raw_archive(path) and (missing := listed(path, split) - len(pictures)):
                    yield Task(source, missing=missing)
                yield from _pieces(source, _picture_rows(pictures, source, split, typeset))


def has_pictures(path: Path) -> bool:
    """Whether a file or folder holds pictures with labels."""
    if not path.is_dir():
        return path.suffix == '.parquet'
    return (
        is_raw_archive(path)
        or any((folder / name).is_file() for folder in (path, *path.glob('*/')) for name in LABEL_FILES)
        or next(path.rglob('*.parquet'), None) is not None
    )


def prepare(task: Task, max_tokens: int) -> Prepared:
    """The formulas of a piece that have a label of at most `max_tokens` tokens."""
    result = Prepared()
    rows = task.rows
    if task.missing:
        result.dropped['picture: missing, blank or broken'] = task.missing
    if task.paper is not None:
        formulas, result.dropped = paper_formulas(task.paper)
        rows = [_row(formula.latex, task.source, task.paper.name, formula.kind) for formula in formulas]
    for row in rows:
        try:
            label = canonical(row['latex'])
        except ValueError as error:
            result.dropped[f'label: {type(error).__name__}'] += 1
            continue
        if len(tokenize(label)) > max_tokens:
            result.dropped[f'label: more than {max_tokens} tokens'] += 1
        else:
            result.rows.append({**row, 'label': label})
    return result


def _row(latex: str, source: str, paper: str = '', kind: str = '', split: str = '', picture: int | None = None) -> Row:
    return Row(latex=latex, label='', source=source, paper=paper, kind=kind, split=split, picture=picture)


def _pieces(source: str, rows: Iterator[Row]) -> Iterator[Task]:
    while piece := list(itertools.islice(rows, PIECE)):
        yield Task(source, piece)


def _formula_rows(path: Path, source: str) -> Iterator[Row]:
    try:
        for row in read_formulas([path]):
            yield _row(row['latex'], source, str(row.get('paper') or ''), str(row.get('kind') or ''))
    except OSError as error:
        raise DataError(f'{path}: cannot be read: {error}') from error
    except ValueError as error:
        raise DataError(str(error)) from error


def _line_rows(path: Path, source: str) -> Iterator[Row]:
    """A formula a line, in UTF-8 or else Latin-1."""
    try:
        with open(path, 'rb') as lines:
            for line in lines:
                try:
                    latex = line.decode('utf-8')
                except UnicodeDecodeError:
                    latex = line.decode('latin-1')
                if latex.strip():
                    yield _row(latex.strip(), source)
    except OSError as error:
        raise DataError(f'{path}: cannot be read: {error}') from error


def _picture_rows(pictures: object, source: str, split: str, typeset: bool) -> Iterator[Row]:
    if not isinstance(pictures, Pictures):
        raise DataError(f'{source}: holds typeset pages; name the formulas that they were made of')
    for number, latex in enumerate(pictures.labels()):
        yield _row(latex, source, split=split, picture=None if typeset else number)
