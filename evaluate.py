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
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from command_line import Parser, positive

if TYPE_CHECKING:
    from PIL import Image

    from data.dataset import Source
    from metrics.evaluation import Evaluation
    from metrics.score import Scores

DATA = 'yuntian-deng/im2latex-100k'
# The sets of pictures that a prediction may be of: those of the data set, and its labels typeset again.
GIVEN, RETYPESET = 'given', 'retypeset'


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


def report(evaluations: 'Mapping[str, Evaluation]') -> dict[str, Any]:
    """`{part: {'as_given': {...}, 'normalised': {...}, 'mathnet': {...}, 'pictures': {...}}}`."""
    return {name: part.summary() for name, part in evaluations.items()}


def parts(evaluations: 'Mapping[str, Evaluation]') -> 'dict[str, Evaluation]':
    """The columns of the table; those without pictures are left out.

    im2latex-100k was typeset without amsmath: under a label with `\\operatorname` stands a picture without it.
    """
    given = evaluations[GIVEN]
    columns = {'all': given, 'without_operatorname': given.where(lambda item: r'\operatorname' not in item.latex)}
    if RETYPESET in evaluations:
        columns[RETYPESET] = evaluations[RETYPESET]
    return {name: column for name, column in columns.items() if column.scores.predictions}


def read_predictions(path: Path, limit: int | None) -> 'dict[str, Scores]':
    """The predictions of a file by the set of pictures they are of. Raises ValueError: no file of predictions."""
    from metrics.score import ScoredPrediction, Scores

    found: dict[str, dict[int, ScoredPrediction]] = {}
    try:
        with path.open(encoding='utf-8', newline='\n') as lines:
            for number, line in enumerate(lines):
                row = json.loads(line)
                own = found.setdefault(str(row.get('pictures', GIVEN)), {})
                index = int(row.get('index', number))
                own[index] = ScoredPrediction.of(
                    index, row['latex'], row['prediction'], float(row.get('score') or 0), row.get('error')
                )
    except OSError as error:
        raise ValueError(f'{path}: {error.strerror}') from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f'{path}: expected a JSON object a line, with strings "latex" and "prediction"') from error
    if GIVEN not in found:
        raise ValueError(f'{path}: no predictions')
    chosen = set(spread(sorted(found[GIVEN]), limit))
    return {name: Scores.of(item for item in own.values() if item.index in chosen) for name, own in found.items()}


def spread(items: list[int], limit: int | None) -> list[int]:
    """So many of the items, at equal distances."""
    count = min(len(items), limit or len(items))
    return [items[i * len(items) // count] for i in range(count)]


def write(out: Path, summary: dict[str, Any], evaluations: 'Mapping[str, Evaluation]') -> None:
    (out / 'scores.json').write_text(json.dumps(summary, indent=2) + '\n', encoding='utf-8')
    with (out / 'predictions.jsonl').open('w', encoding='utf-8') as file:
        for name, evaluation in evaluations.items():
            for item in evaluation.scores.predictions:
                score = evaluation.picture(item)
                row = item.as_dict() | {'pictures': name} | ({'cdm': score.cdm} if score else {})
                file.write(json.dumps(row, ensure_ascii=False) + '\n')


class Reader:
    """A checkpoint that reads sets of pictures."""

    def __init__(self, args: argparse.Namespace):
        from modeling.generation_im2latex import load

        self.args = args
        self.model, self.processor = load(args.checkpoint)
        self.seconds = 0.0

    def read(self, source: Any, indices: list[int]) -> 'Scores':
        from tqdm import tqdm

        from metrics.score import picture_batches, score
        from modeling.generation_im2latex import predict

        size, start = self.args.batch_size, time.perf_counter()
        scores = score(
            self.model,
            self.processor,
            picture_batches(source, indices, size),
            predict=predict,
            num_beams=self.args.num_beams,
            max_new_tokens=self.args.max_new_tokens,
            progress=lambda items: tqdm(items, total=-(-len(indices) // size), unit='batch', disable=None),
        )
        self.seconds = time.perf_counter() - start
        return scores

    def read_again(self, scores: 'Scores') -> 'Scores':
        """Reads the labels typeset again. Raises DataError if none can be."""
        from metrics.retypeset import retypeset
        from metrics.score import Scores

        with retypeset({item.index: item.latex for item in scores.predictions}, self.args.workers) as source:
            found = self.read(source, list(range(len(source)))).predictions
            return Scores.of(replace(item, index=source.indices[item.index]) for item in found)

    def settings(self) -> dict[str, Any]:
        config = self.model.generation_config
        return {
            'checkpoint': self.args.checkpoint,
            'num_beams': self.args.num_beams or config.num_beams or 1,
            'max_new_tokens': self.args.max_new_tokens or config.max_new_tokens,
            'batch_size': self.args.batch_size,
            'device': self.model.device.type,
        }


def run(args: argparse.Namespace) -> int:
    # Here, not above: torch takes seconds to import, and --help and a mistyped option should not wait for it.
    from tqdm import tqdm
    from transformers.utils import logging

    from data.dataset import DataError
    from data.render import RenderError, typeset
    from metrics.evaluation import Evaluation, table
    from metrics.score import CONVENTIONS

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    source: Source | None = None
    summary: dict[str, Any] = {}
    try:
        if not args.text_only:
            try:
                typeset(['x'])
            except RenderError as error:
                raise ValueError(f'{error}; or leave out what needs TeX with --text-only') from error
        if args.out is not None:  # not after hours of reading
            args.out.mkdir(parents=True, exist_ok=True)
        reader = Reader(args) if args.checkpoint else None
        if reader is not None or args.data is not None:
            source = open_data(args)
            summary = {'data': args.data or DATA, 'split': args.split, 'split_samples': len(source)}
        sets: dict[str, Scores] = {}
        if reader is None:
            sets = read_predictions(args.predictions, args.limit)
            summary |= {'predictions': str(args.predictions)}
        elif source is not None and len(source):
            count = len(indices := spread(list(range(len(source))), args.limit))
            sets = {GIVEN: reader.read(source, indices)}
            speed = {'seconds': round(reader.seconds, 2), 'pictures_per_second': round(count / reader.seconds, 2)}
            summary |= reader.settings() | speed
            if not args.text_only:
                with contextlib.suppress(DataError):
                    sets[RETYPESET] = reader.read_again(sets[GIVEN])
        if not sets or not sets[GIVEN].predictions:
            raise ValueError(f'{args.data or DATA}: no pictures in the split {args.split!r}')
    except (OSError, ValueError) as error:
        return fail(next(iter(str(error).splitlines()), type(error).__name__))

    evaluations = {name: Evaluation(scores) for name, scores in sets.items()}
    if not args.text_only:
        evaluations = {
            name: Evaluation.of(
                scores,
                workers=args.workers,
                progress=lambda chunks, total: tqdm(chunks, total=total, unit='chunk', disable=None),
            )
            for name, scores in sets.items()
        }
    columns = parts(evaluations)
    results = report(columns)
    given = sets[GIVEN].predictions
    unreadable = [item for item in given if item.error is not None]
    print(table(results))
    if args.checkpoint:
        speed = f'{summary["seconds"]:.1f} s on {summary["device"]}: {summary["pictures_per_second"]:.1f} pictures/s'
        print(f'\n{len(given)} pictures in {speed}')
    for item in unreadable:
        print(f'picture {item.index} counts as an empty prediction: {item.error}', file=sys.stderr)
    if args.out is not None:
        from metrics.pictures import DEFINITIONS as OF_PICTURES
        from metrics.text import DEFINITIONS as OF_TEXT

        summary |= {'samples': len(given), 'unreadable': len(unreadable)}
        definitions = {'text': OF_TEXT, 'pictures': OF_PICTURES, 'conventions': CONVENTIONS}
        write(args.out, summary | {'definitions': definitions, 'scores': results}, evaluations)
        write_page(args.out / 'report.html', columns, summary, source)
    return 0


def open_data(args: argparse.Namespace) -> 'Source':
    from data.dataset import FORMULA_FILES, load

    data = args.data or DATA
    # A file of formulas is typeset when it is opened: not the whole for a part of it.
    return load(data, split=args.split, limit=args.limit if str(data).endswith(FORMULA_FILES) else None)


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
    raise SystemExit(main())
