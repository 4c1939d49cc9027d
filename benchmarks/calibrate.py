"""Fits the confidence of a checkpoint and its verdict "not a formula", and checks both: writes calibration.json.

    python -m benchmarks.calibrate checkpoints/base im2latex-100k-validation.parquet
    python -m benchmarks.calibrate checkpoints/base im2latex-100k-validation.parquet --readings readings.jsonl

With --readings what was read is kept, and the same command goes on where it was stopped. What is fitted to what, and
what the table says: docs/confidence.md.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from itertools import chain, islice, tee
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from data.dataset import load
from data.fonts import DEFAULT_FONT, FONTS, available
from data.latex import normalize, tokenize
from metrics.pictures import compare_pictures
from modeling.confidence_im2latex import EVIDENCE, FILE, evidence
from runtime.backends import Backend
from runtime.backends import load as load_backend

from .chromium import ENGINES, ChromiumError, find_chromium, find_program
from .fitting import VALIDATION, Case, fit, share_flagged, summary, tables
from .non_formulas import KINDS, PARTS, Sources, finished
from .robustness import GROUPS, choose, conditions
from .typeset_text import screenshots, typeset_text

BATCH = 16
MAX_TOKENS = 60  # of a formula that is shown under many conditions
Picture = tuple[str, str, Image.Image | None]
"""part, label (empty for what is no formula), and the picture, None if it is broken"""


def validation(args: argparse.Namespace) -> Iterator[Picture]:
    """Pictures of the data set in a random order, every other one for a part."""
    source = load(args.data, split='validation')
    order = np.random.default_rng(args.seed).permutation(len(source))
    for place, index in enumerate(order[: args.limit].tolist()):
        try:
            picture = source[index]['image']
        except (OSError, SyntaxError, ValueError):  # what PIL raises for a broken file
            picture = None
        yield PARTS[place % 2], source.latex(index), picture


def formulas(args: argparse.Namespace) -> Iterator[tuple[str, Iterable[Picture]]]:
    """Formulas under the conditions of `benchmarks.robustness`; those of one part are not those of the other."""
    chosen = choose(args.data, 2 * args.formulas, MAX_TOKENS, args.seed)
    fonts, _ = available([name for name in FONTS if name != DEFAULT_FONT])
    groups = [name for name in GROUPS if args.browsers or name not in ENGINES]
    chromium = find_chromium() if args.browsers else None
    for group, name, pictures in conditions(chosen, groups, fonts, chromium, args.seed):
        yield f'{group}: {name}', [(PARTS[i % 2], chosen[i], picture) for i, picture in pictures.items()]


def non_formulas(args: argparse.Namespace) -> Iterator[tuple[str, Iterable[Picture]]]:
    """As many pictures of every kind for each part."""

    def pictures(kind: str, number: int, part: Any) -> Iterator[Image.Image]:
        sources = Sources.of(part)
        if kind == 'text by TeX':
            yield from typeset_text(sources, args.pictures, args.seed)
        elif kind == 'web page':
            yield from screenshots(sources, find_program(), args.pictures, args.seed)
        else:
            for i in range(args.pictures):
                yield KINDS[kind](sources, np.random.default_rng((args.seed, number, PARTS.index(part), i)))

    def of_both(kind: str, number: int) -> Iterator[Picture]:
        for part in PARTS:
            changes = np.random.default_rng((args.seed, number, PARTS.index(part)))
            yield from ((part, '', finished(picture, changes)) for picture in pictures(kind, number, part))

    for number, kind in enumerate([*KINDS, 'text by TeX', *(['web page'] if args.browsers else [])]):
        yield kind, of_both(kind, number)


def read(backend: Backend, kind: str, pictures: Iterable[Picture]) -> list[Case]:
    """Cases of all pictures of a kind."""
    cases = []
    batches, again = tee(_batches(pictures))
    found = backend.read_batches([image for _, _, image in batch] for batch in again)
    for batch, predictions in zip(batches, found, strict=True):
        for (part, label, picture), prediction in zip(batch, predictions, strict=True):
            known = None
            if prediction.error is None:
                known = evidence(prediction, backend.processor.image_processor.prepare(picture))
            cases.append(Case(kind, part, label, prediction.latex, known))
    return cases if kind != VALIDATION else compared(cases)


def _batches(pictures: Iterable[Picture]) -> Iterator[list[Picture]]:
    pictures = iter(pictures)
    while batch := list(islice(pictures, BATCH)):
        yield batch


def compared(cases: Sequence[Case]) -> list[Case]:
    """The same, and whether what was read is right."""
    scores = compare_pictures([(case.label, case.latex) for case in cases])
    return [
        replace(
            case,
            is_right=tokenize(normalize(case.latex)) == tokenize(normalize(case.label)),
            is_same_picture=None if score is None else score.image.match_without_spaces,
        )
        for case, score in zip(cases, scores, strict=True)
    ]


def read_all(args: argparse.Namespace) -> list[Case]:
    """Cases of all kinds; those that --readings holds are not read again, the others are added to it.

    Raises ValueError if it was made by another command.
    """
    settings = {
        name: str(getattr(args, name)) for name in ('checkpoint', 'data', 'limit', 'formulas', 'pictures', 'seed')
    }
    cases: list[Case] = []
    if args.readings is not None and args.readings.exists():
        header, *lines = args.readings.read_text(encoding='utf-8').splitlines()
        if json.loads(header) != settings:
            raise ValueError(f'{args.readings} was made with other settings ({header}): name another file')
        cases = [Case(**json.loads(line)) for line in lines]
        if any(case.evidence is not None and case.evidence.keys() != EVIDENCE for case in cases):
            raise ValueError(f'{args.readings} holds other evidence than is computed now: name another file')
    elif args.readings is not None:
        args.readings.write_text(json.dumps(settings) + '\n', encoding='utf-8')
    known = {case.kind for case in cases}
    with load_backend(args.checkpoint, processes=args.processes) as backend:
        for kind, pictures in chain([(VALIDATION, validation(args))], formulas(args), non_formulas(args)):
            if kind in known:
                continue
            print(f'{kind} ...', file=sys.stderr, flush=True)
            found = read(backend, kind, pictures)
            cases += found
            if args.readings is not None:
                with args.readings.open('a', encoding='utf-8') as file:
                    file.write(''.join(json.dumps(asdict(case)) + '\n' for case in found))
    return cases


def calibrate(args: argparse.Namespace) -> None:
    """Writes the calibration and prints the tables."""
    if not Path(args.checkpoint, 'config.json').is_file():
        raise ValueError(f'{args.checkpoint}: no folder of a checkpoint')
    cases = read_all(args)
    calibration = fit(cases)
    found = summary(calibration, cases)
    exact = found['confidence']['exact match']
    fitted = {
        'data': args.data.name,
        'validation_pictures': exact['pictures'],
        'exact_match': round(exact['right'], 4),
        'expected_calibration_error': round(exact['expected_calibration_error'], 4),
        'area_under_curve': round(exact['area_under_curve'], 4),
        'non_formulas_flagged': round(share_flagged(found['non_formulas'].values()), 4),
        'validation_pictures_flagged': round(share_flagged([found['formulas'][VALIDATION]]), 4),
        'formulas_flagged': round(share_flagged(found['formulas'].values()), 4),
    }
    target = Path(args.checkpoint, FILE)
    target.write_text(replace(calibration, fitted=fitted).as_json(), encoding='utf-8')
    print(tables(calibration, cases, found))
    print(f'\nWritten: {target}')


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog='benchmarks.calibrate', description='Fit the confidence of a checkpoint and its verdict "not a formula".'
    )
    parser.add_argument('checkpoint', help='folder; calibration.json is written into it')
    parser.add_argument(
        'data', type=Path, help='labelled pictures that it was not trained on, as evaluate.py reads them'
    )
    parser.add_argument('--limit', type=int, metavar='N', help='pictures of the data set (default: all)')
    parser.add_argument(
        '--formulas',
        type=int,
        default=40,
        metavar='N',
        help='for each part, shown under all conditions (default: %(default)s)',
    )
    parser.add_argument(
        '--pictures',
        type=int,
        default=100,
        metavar='N',
        help='without formulas, of a kind and part (default: %(default)s)',
    )
    parser.add_argument('--seed', type=int, default=0, metavar='N', help='of all that is random (default: %(default)s)')
    parser.add_argument(
        '--processes', type=int, default=1, metavar='N', help='that read, with one thread each (default: %(default)s)'
    )
    parser.add_argument('--readings', type=Path, metavar='FILE', help='keep what was read, and go on from it')
    parser.add_argument(
        '--no-browsers', action='store_false', dest='browsers', help='without KaTeX, MathJax and web pages: no Chromium'
    )
    args = parser.parse_args(argv)
    if min(args.limit or 1, args.formulas, args.pictures, args.processes) < 1 or args.seed < 0:
        parser.error('--limit, --formulas, --pictures and --processes must be positive, and --seed not negative')
    return args


def main(argv: Sequence[str] | None = None) -> int:
    args = parse_args(argv)
    try:
        calibrate(args)
    except ChromiumError as error:
        print(f'benchmarks.calibrate: {error}; or leave these pictures out: --no-browsers', file=sys.stderr)
        return 2
    except (OSError, ValueError, ImportError) as error:
        print(f'benchmarks.calibrate: {error}', file=sys.stderr)
        return 2
    return 0


if __name__ == '__main__':
    sys.exit(main())
