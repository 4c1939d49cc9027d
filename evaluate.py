"""Scores a checkpoint on a labelled data set: a table, scores.json, predictions.jsonl and report.html.

    python evaluate.py --checkpoint checkpoints/base --split validation --out runs/base-validation
    python evaluate.py --checkpoint checkpoints/base --data formulas.jsonl --limit 500 --num-beams 4
    python evaluate.py --predictions runs/base-validation/predictions.jsonl --out runs/again

The last scores what was predicted before, or by another program: a JSON object a line with `latex` and `prediction`.
Every picture counts: one that cannot be read is an empty prediction, and is named on standard error.
"""

import argparse
import contextlib
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
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

DATA = 'yuntian-deng/im2latex-100k'


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
    parser.add_argument('--split', default='validation', help='part of the data set (default: validation)')
    parser.add_argument(
        '--limit', type=positive, metavar='N', help='so many pictures only, spread over the split; of a JSONL the first'
    )
    parser.add_argument(
        '--backend',
        choices=['onnx', 'torch'],
        default='torch',
        help="what computes: torch, or the checkpoint's ONNX graphs (default: torch)",
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
    return parser.parse_args(argv)


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

    def __init__(self, args: argparse.Namespace):
        from runtime.backends import load

        self.args = args
        self.backend = load(args.checkpoint, args.backend)

    def read(self, source: Any, indices: Sequence[int]) -> 'Scores':
        from metrics.score import picture_batches, score

        size = self.args.batch_size
        return score(
            self.backend.model,
            self.backend.processor,
            picture_batches(source, indices, size),
            predict=self.backend.predict,
            num_beams=self.args.num_beams,
            max_new_tokens=self.args.max_new_tokens,
            progress=lambda batches: bar(batches, -(-len(indices) // size), 'batch'),
        )

    def read_again(self, scores: 'Scores') -> 'Scores':
        """Reads the labels typeset again. Raises DataError if none can be."""
        from metrics.retypeset import retypeset
        from metrics.score import Scores

        with retypeset({item.index: item.latex for item in scores.predictions}, self.args.workers) as source:
            found = self.read(source, range(len(source))).predictions
            return Scores.of(replace(item, index=source.indices[item.index]) for item in found)

    def read_all(self, source: 'Source') -> 'tuple[dict[str, Scores], dict[str, Any]]':
        """The predictions of every set of pictures, and how they were made."""
        from data.dataset import DataError
        from metrics.records import GIVEN, RETYPESET
        from metrics.score import spread

        start = time.perf_counter()
        sets = {GIVEN: self.read(source, spread(range(len(source)), self.args.limit))}
        seconds = time.perf_counter() - start
        if not self.args.text_only:
            with contextlib.suppress(DataError):
                sets[RETYPESET] = self.read_again(sets[GIVEN])
        settings = self.backend.settings
        return sets, {
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


def bar(items: Any, total: int, unit: str) -> Any:
    from tqdm import tqdm

    return tqdm(items, total=total, unit=unit, disable=None)


def run(args: argparse.Namespace) -> int:
    # Here, not above: torch takes seconds to import, and --help and a mistyped option should not wait for it.
    from metrics.evaluation import Evaluation, table
    from metrics.records import GIVEN, read_predictions
    from metrics.score import spread

    reader, source, settings = None, None, {}
    try:
        check(args)  # now, not after hours of reading
        if args.checkpoint:
            reader = Reader(args)
        if reader is not None or args.data is not None:
            source = open_data(args)
            settings = {'data': shareable(args.data or DATA), 'split': args.split, 'split_samples': len(source)}
        if reader is None:
            sets = read_predictions(args.predictions, lambda indices: spread(indices, args.limit))
    except (OSError, ValueError) as error:
        return fail(next(iter(str(error).splitlines()), type(error).__name__))
    if reader is not None and source is not None:
        sets, how = reader.read_all(source)
        settings |= how
    else:
        settings |= {'predictions': args.predictions.name}

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
    write_predictions(out / 'predictions.jsonl', evaluations)


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
