"""Scores a checkpoint on a labelled data set: a table, scores.json, predictions.jsonl and report.html.

    python evaluate.py --checkpoint checkpoints/base --split validation --out runs/base-validation
    python evaluate.py --checkpoint checkpoints/base --data formulas.jsonl --limit 500 --num-beams 4
    python evaluate.py --checkpoint checkpoints/base --backend onnx --processes 8 --out runs/base-validation
    python evaluate.py --predictions runs/base-validation/predictions.jsonl --out runs/again

The last scores what was predicted before, or by another program: a JSON object a line with `latex` and `prediction`.
What is predicted is written before it is scored: a run that ends early has lost no reading that was finished.
Every picture counts: one that cannot be read is an empty prediction, and is named on standard error.
"""

import argparse
import contextlib
import json
import os
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from command_line import Parser, positive, report_missing
from data.files import shareable

if TYPE_CHECKING:
    from PIL import Image

    from data.dataset import Source
    from metrics.evaluation import Evaluation
    from metrics.score import Scores
    from runtime.backends import Backend

DATA = 'yuntian-deng/im2latex-100k'
PREDICTIONS = 'predictions.jsonl'
SPLITS = ('train', 'validation', 'test')
HOW = 'reading.json'
"""beside predictions.jsonl: of what pictures they are, and how they were read"""


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = Parser(prog='evaluate.py', description='Score a checkpoint on a labelled data set.')
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument('--checkpoint', help='folder or Hub id')
    what.add_argument('--predictions', type=Path, metavar='FILE', help='predictions.jsonl to score again')
    parser.add_argument(
        '--data',
        help='Hub id, parquet file or folder, raw im2latex archive, or JSONL of formulas '
        f'(default: {DATA}; with --predictions none, and the report shows no pictures of the data set)',
    )
    parser.add_argument(
        '--split', help='part of the data set (default: validation, of a single file what its name says)'
    )
    parser.add_argument(
        '--limit', type=positive, metavar='N', help='so many pictures only, spread over the split; of a JSONL the first'
    )
    parser.add_argument(
        '--backend',
        choices=['onnx', 'torch'],
        default='torch',
        help="what computes: torch, or the checkpoint's ONNX graphs (default: torch)",
    )
    parser.add_argument(
        '--processes',
        type=positive,
        default=1,
        metavar='N',
        help='that read, with one thread each; needs --backend onnx (default: one with as many threads as cores)',
    )
    parser.add_argument('--num-beams', type=positive, metavar='N', help="beam width (default: the checkpoint's)")
    parser.add_argument('--batch-size', type=positive, default=32, metavar='N', help='pictures at a time (default: 32)')
    parser.add_argument(
        '--max-new-tokens', type=positive, metavar='N', help="most tokens for a picture (default: the checkpoint's)"
    )
    parser.add_argument(
        '--text-only', action='store_true', help='typeset nothing: no scores of pictures, no clean variant, no TeX'
    )
    parser.add_argument(
        '--workers', type=positive, default=os.cpu_count() or 1, metavar='N', help='processes that typeset (all cores)'
    )
    parser.add_argument('--out', type=Path, help='folder for what is written (default: none is)')
    args = parser.parse_args(argv)
    if args.processes > 1 and args.backend != 'onnx':
        parser.error('--processes needs --backend onnx')
    try:
        args.split = named_split(args.data, args.split)
    except ValueError as error:
        parser.error(str(error))
    return args


def named_split(data: str | None, split: str | None) -> str | None:
    """The split that is asked for, or by its name that of a single file, which is read whole; None if neither says so.

    Raises:
        ValueError: the two are different.
    """
    if data is None or not Path(data).is_file():
        return split
    names = [name for name in SPLITS if name in re.split('[^a-z]+', Path(data).name.lower())]
    if len(names) != 1:
        return split
    if split not in (None, names[0]):
        raise ValueError(f'--split {split}, but by its name {Path(data).name} holds the split {names[0]}')
    return names[0]


def parts(evaluations: 'Mapping[str, Evaluation]') -> 'dict[str, Evaluation]':
    """The columns of the table; those without pictures are left out.

    im2latex-100k was typeset without amsmath: under a label with `\\operatorname` stands a picture without it.
    """
    from metrics.records import GIVEN, RETYPESET

    given = evaluations[GIVEN]
    columns = {'all': given, 'without_operatorname': given.where(lambda item: r'\operatorname' not in item.latex)}
    if RETYPESET in evaluations:
        columns[RETYPESET] = evaluations[RETYPESET]
    return {name: column for name, column in columns.items() if column.scores.predictions}


class Reader:
    """A checkpoint that reads sets of pictures."""

    def __init__(self, args: argparse.Namespace, backend: 'Backend'):
        self.args, self.backend = args, backend

    def read(self, source: Any, indices: Sequence[int]) -> 'Scores':
        from metrics.score import picture_batches, read_together, scores_of

        size, args = self.args.batch_size, self.args
        found = read_together(
            picture_batches(source, indices, size),
            lambda images: self.backend.read_batches(images, args.num_beams, args.max_new_tokens),
        )
        return scores_of(bar(found, -(-len(indices) // size), 'batch'))

    def read_again(self, scores: 'Scores') -> 'Scores':
        """Reads the labels typeset again. Raises DataError if none can be."""
        from metrics.retypeset import retypeset
        from metrics.score import Scores

        with retypeset({item.index: item.latex for item in scores.predictions}, self.args.workers) as source:
            found = self.read(source, range(len(source))).predictions
            return Scores.of(replace(item, index=source.indices[item.index]) for item in found)

    def read_all(
        self, source: 'Source', keep: 'Callable[[Mapping[str, Scores], Mapping[str, Any]], None]'
    ) -> 'tuple[dict[str, Scores], dict[str, Any]]':
        """The predictions of every set of pictures, and how they were made; `keep` gets what there is so far."""
        from data.dataset import DataError
        from metrics.records import GIVEN, RETYPESET
        from metrics.score import spread

        start = time.perf_counter()
        sets = {GIVEN: self.read(source, spread(range(len(source)), self.args.limit))}
        seconds = time.perf_counter() - start
        settings = self.backend.settings
        how = {
            'checkpoint': shareable(self.args.checkpoint),
            'num_beams': self.args.num_beams or settings.num_beams or 1,
            'max_new_tokens': self.args.max_new_tokens or settings.max_new_tokens,
            'looks': [asdict(look) for look in self.backend.looks],
            'batch_size': self.args.batch_size,
            'backend': self.backend.name,
            'device': self.backend.device,
            'seconds': round(seconds, 2),
            'pictures_per_second': round(len(sets[GIVEN].predictions) / seconds, 2),
        }
        keep(sets, how)
        if not self.args.text_only:
            with contextlib.suppress(DataError):
                sets[RETYPESET] = self.read_again(sets[GIVEN])
                keep(sets, how)
        return sets, how


def bar(items: Any, total: int, unit: str) -> Any:
    from tqdm import tqdm

    return tqdm(items, total=total, unit=unit, disable=None)


def run(args: argparse.Namespace) -> int:
    # Here, not above: torch takes seconds to import, and --help and a mistyped option should not wait for it.
    from metrics.evaluation import Evaluation, table
    from metrics.records import GIVEN, read_predictions, write_predictions
    from metrics.score import spread

    def keep(sets: 'Mapping[str, Scores]', how: Mapping[str, Any]) -> None:
        if args.out is not None:
            write_predictions(args.out / PREDICTIONS, {name: Evaluation(scores) for name, scores in sets.items()})
            (args.out / HOW).write_text(json.dumps({**settings, **how}, indent=2) + '\n', encoding='utf-8')

    with contextlib.ExitStack() as stack:
        reader, source, settings = None, None, {}
        try:
            check(args)  # now, not after hours of reading
            if args.checkpoint:
                from runtime.backends import load

                backend = load(args.checkpoint, args.backend, processes=args.processes)
                reader = Reader(args, stack.enter_context(backend))
            else:
                sets = read_predictions(args.predictions, lambda indices: spread(indices, args.limit))
                how = how_they_were_read(args.predictions)
                settings = how | {'predictions': args.predictions.name}
            if reader is not None or args.data is not None:
                args.split = args.split or settings.get('split', 'validation')
                source = open_data(args)
                settings |= {'data': shareable(args.data or DATA), 'split': args.split, 'split_samples': len(source)}
        except (OSError, ValueError) as error:
            return fail(next(iter(str(error).splitlines()), type(error).__name__))
        if reader is not None and source is not None:
            sets, how = reader.read_all(source, keep)
            settings |= how

    evaluations = {
        name: Evaluation(scores)
        if args.text_only
        else Evaluation.of(scores, workers=args.workers, progress=lambda chunks, total: bar(chunks, total, 'chunk'))
        for name, scores in sets.items()
    }
    columns = parts(evaluations)
    results = {name: column.summary() for name, column in columns.items()}
    given = sets[GIVEN].predictions
    unreadable = [item for item in given if item.error is not None]
    print(table(results))
    if reader is not None:
        speed = f'{settings["seconds"]:.1f} s on {settings["device"]}: {settings["pictures_per_second"]:.1f} pictures/s'
        print(f'\n{len(given)} pictures in {speed}')
    for item in unreadable:
        print(f'picture {item.index} counts as an empty prediction: {item.error}', file=sys.stderr)
    if args.out is not None:
        settings |= {'samples': len(given), 'unreadable': len(unreadable)}
        write(args.out, settings, results, evaluations)
        if reader is None:  # what lies there describes other predictions than those that have been written now
            (args.out / HOW).unlink(missing_ok=True)
            if how:
                (args.out / HOW).write_text(json.dumps(how, indent=2) + '\n', encoding='utf-8')
        write_page(args.out / 'report.html', columns, settings, source)
    return 0


def check(args: argparse.Namespace) -> None:
    """Raises ValueError or OSError if what will be needed is not there."""
    from data.render import RenderError, typeset

    try:
        if not args.text_only:
            typeset(['x'])
    except RenderError as error:
        raise ValueError(f'{error}; or leave out what needs TeX with --text-only') from error
    if args.out is not None:
        args.out.mkdir(parents=True, exist_ok=True)


def how_they_were_read(predictions: Path) -> dict[str, Any]:
    """What a run of evaluate.py has left beside its predictions; nothing beside those of other programs.

    Raises:
        ValueError: it is damaged.
    """
    path = predictions.with_name(HOW)
    if predictions.name != PREDICTIONS or not path.is_file():
        return {}
    try:
        return dict(json.loads(path.read_text(encoding='utf-8')))
    except (ValueError, TypeError) as error:
        raise ValueError(f'{path}: not what evaluate.py writes; delete it, or write it again') from error


def open_data(args: argparse.Namespace) -> 'Source':
    """Raises ValueError: it cannot be opened, or is empty."""
    from data.dataset import FORMULA_FILES, load

    data = args.data or DATA
    # A file of formulas is typeset when it is opened: not the whole for a part of it.
    source = load(data, split=args.split, limit=args.limit if data.endswith(FORMULA_FILES) else None)
    if not len(source):
        raise ValueError(f'{data}: no pictures in the split {args.split!r}')
    return source


def write(
    out: Path, settings: Mapping[str, Any], results: Mapping[str, Any], evaluations: 'Mapping[str, Evaluation]'
) -> None:
    from metrics.pictures import DEFINITIONS as OF_PICTURES
    from metrics.records import write_predictions
    from metrics.score import CONVENTIONS
    from metrics.text import DEFINITIONS as OF_TEXT

    definitions = {'text': OF_TEXT, 'pictures': OF_PICTURES, 'conventions': CONVENTIONS}
    summary = {**settings, 'definitions': definitions, 'scores': results}
    (out / 'scores.json').write_text(json.dumps(summary, indent=2) + '\n', encoding='utf-8')
    write_predictions(out / PREDICTIONS, evaluations)


def write_page(
    path: Path, columns: 'Mapping[str, Evaluation]', settings: Mapping[str, Any], source: 'Source | None'
) -> None:
    from data.pictures import to_grey
    from metrics.image import ink
    from metrics.report import write_report

    def picture(index: int) -> 'Image.Image | None':
        try:
            return None if source is None else to_grey(source[index]['image'])
        except (OSError, SyntaxError, ValueError, IndexError):
            return None

    first = next(iter(columns.values()))
    widths = {}
    if source is not None and first.pictures is not None:
        for item in first.scores.predictions:
            if (image := picture(item.index)) is not None:
                widths[item.index] = ink(image).shape[1]
    title = f'{settings.get("checkpoint") or settings["predictions"]} on {settings.get("data", "its pictures")}'
    write_report(path, columns, title=title, settings=settings, widths=widths or None, picture=picture)


def fail(message: str) -> int:
    print(f'evaluate.py: {message}', file=sys.stderr)
    return 2


def main(argv: list[str] | None = None) -> int:
    args = parse_args(argv)
    try:
        return run(args)
    except KeyboardInterrupt:
        return 130


if __name__ == '__main__':
    raise SystemExit(report_missing(main, 'evaluate.py'))
