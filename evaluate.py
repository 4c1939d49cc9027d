"""Scores a checkpoint on a labelled data set: a table, scores.json and predictions.jsonl.

    python evaluate.py --checkpoint checkpoints/base --split validation --out runs/base-validation
    python evaluate.py --checkpoint checkpoints/base --data formulas.jsonl --limit 500 --num-beams 4

Every picture counts: one that cannot be read is an empty prediction, and is named on standard error.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from metrics.score import Scores

DATA = 'yuntian-deng/im2latex-100k'
COLUMNS = {
    'exact_match': 'exact match',
    'edit_similarity': 'edit similarity',
    'character_error_rate': 'CER',
    'bleu': 'BLEU',
}


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f'{self.prog}: {message}\n')


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f'{text!r} is not a number from 1 on')
    return int(text)


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = Parser(prog='evaluate.py', description='Score a checkpoint on a labelled data set.')
    parser.add_argument('--checkpoint', required=True, help='folder or Hub id')
    parser.add_argument(
        '--data',
        default=DATA,
        help=f'Hub id, parquet file or folder, raw im2latex archive, or JSONL of formulas (default: {DATA})',
    )
    parser.add_argument('--split', default='validation', help='part of the data set (default: validation)')
    parser.add_argument('--limit', type=positive, metavar='N', help='so many pictures only, spread over the split')
    parser.add_argument('--num-beams', type=positive, metavar='N', help="beam width (default: the checkpoint's)")
    parser.add_argument('--batch-size', type=positive, default=32, metavar='N', help='pictures at a time (default: 32)')
    parser.add_argument(
        '--max-new-tokens', type=positive, metavar='N', help="most tokens for a picture (default: the checkpoint's)"
    )
    parser.add_argument('--out', type=Path, help='folder for scores.json and predictions.jsonl (default: none written)')
    return parser.parse_args(argv)


def parts(scores: 'Scores') -> dict[str, 'Scores']:
    """The whole, and the part whose pictures can be trusted.

    im2latex-100k was typeset without amsmath: under a label with `\\operatorname` stands a picture without it.
    """
    return {'all': scores, 'without_operatorname': scores.where(lambda item: r'\operatorname' not in item.latex)}


def report(scores: 'Scores') -> dict[str, Any]:
    """`{part: {'as_given': {...}, 'normalised': {...}}}`, parts without pictures left out."""
    return {name: part.summary() for name, part in parts(scores).items() if part.predictions}


def table(results: dict[str, Any]) -> str:
    """A Markdown table of a `report`."""
    lines = [
        '| pictures | LaTeX compared | samples | ' + ' | '.join(COLUMNS.values()) + ' |',
        '| --- | --- ' + '| ---: ' * (len(COLUMNS) + 1) + '|',
    ]
    for part, kinds in results.items():
        for kind, values in kinds.items():
            cells = [part, kind, str(values['samples']), *(f'{values[key]:.4g}' for key in COLUMNS)]
            lines.append('| ' + ' | '.join(cell.replace('_', ' ') for cell in cells) + ' |')
    return '\n'.join(lines)


def write(out: Path, summary: dict[str, Any], scores: 'Scores') -> None:
    (out / 'scores.json').write_text(json.dumps(summary, indent=2) + '\n', encoding='utf-8')
    with (out / 'predictions.jsonl').open('w', encoding='utf-8') as file:
        file.writelines(json.dumps(item.as_dict(), ensure_ascii=False) + '\n' for item in scores.predictions)


def run(args: argparse.Namespace) -> int:
    # Here, not above: torch takes seconds to import, and --help and a mistyped option should not wait for it.
    from tqdm import tqdm
    from transformers.utils import logging

    from data.dataset import load as load_data
    from metrics.score import picture_batches, score
    from metrics.text import DEFINITIONS
    from modeling.generation_im2latex import load, predict

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        model, processor = load(args.checkpoint)
        data = load_data(args.data, split=args.split)
        if args.out is not None:  # not after hours of reading
            args.out.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        return fail(next(iter(str(error).splitlines()), type(error).__name__))
    count = min(len(data), args.limit or len(data))
    if not count:
        return fail(f'{args.data}: no pictures in the split {args.split!r}')
    indices = [i * len(data) // count for i in range(count)]

    start = time.perf_counter()
    scores = score(
        model,
        processor,
        picture_batches(data, indices, args.batch_size),
        predict=predict,
        num_beams=args.num_beams,
        max_new_tokens=args.max_new_tokens,
        progress=lambda items: tqdm(items, total=-(-count // args.batch_size), unit='batch', disable=None),
    )
    seconds = time.perf_counter() - start

    results = report(scores)
    unreadable = [item for item in scores.predictions if item.error is not None]
    print(table(results))
    print(f'\n{count} pictures in {seconds:.1f} s on {model.device.type}: {count / seconds:.1f} pictures/s')
    for item in unreadable:
        print(f'picture {item.index} counts as an empty prediction: {item.error}', file=sys.stderr)
    if args.out is not None:
        summary = {
            'checkpoint': args.checkpoint,
            'data': args.data,
            'split': args.split,
            'samples': count,
            'split_samples': len(data),
            'unreadable': len(unreadable),
            'num_beams': args.num_beams or model.generation_config.num_beams or 1,
            'max_new_tokens': args.max_new_tokens or model.generation_config.max_new_tokens,
            'batch_size': args.batch_size,
            'device': model.device.type,
            'seconds': round(seconds, 2),
            'pictures_per_second': round(count / seconds, 2),
            'definitions': DEFINITIONS,
            'scores': results,
        }
        write(args.out, summary, scores)
    return 0


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
