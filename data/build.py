"""Builds a data set of pictures and labels: `python -m data.build SOURCE ... --out FOLDER`.

Sources, of any kind and mixed: folders and archives of LaTeX papers, lists of formulas (.jsonl, .jsonl.xz with a field
"latex"; .txt and .lst, one a line), and what has pictures already: data sets of the Hub, parquet files, folders of
pictures, and im2latex-100k's own archive. The result is a folder of parquet shards, one folder a split, with a card;
`load_dataset(FOLDER)` reads it. The same command goes on where a run was interrupted or killed.
"""

import argparse
import itertools
import json
import math
import multiprocessing
import os
import shlex
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tqdm import tqdm

from .candidates import prepare, tasks
from .card import Split, write_card
from .files import write_whole
from .fonts import FONTS, INSTALL, available
from .plan import SPLITS, Plan, Seen
from .shards import FEATURES, Look, Shard, write_shard
from .tables import DataError

WORK = '.build'
"""folder below the result: settings, journal and the shards' counts; may be removed when the build is done"""


def build(args: argparse.Namespace) -> dict[str, Any]:
    """Builds what the command line asks for; returns `pictures`, `dropped` and `splits`, as the card has them.

    Raises ValueError: a source that cannot be read, no TeX, a folder that holds another build.
    """
    out: Path = args.out
    look = Look(_fonts(args), tuple(args.dpi), args.looks, args.longest, args.seed)
    _settle(out, args, look)
    # Spawned, not forked: pdfium and its threads do not expect to be copied.
    context = multiprocessing.get_context('spawn')
    with ProcessPoolExecutor(args.workers, context, initializer=_start_worker) as pool:
        try:
            plan = _planned(args, pool)
            results = _drawn(args, plan, look, pool)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    dropped = plan.dropped + sum((Counter(result['dropped']) for _, result in results), Counter[str]())
    splits = {split: _summed(out / split, [r for name, r in results if name == split]) for split in plan.counts}
    write_card(
        out,
        title=args.title,
        licence=args.license,
        sources=args.sources,
        splits=splits,
        dropped=dropped,
        features=FEATURES,
        command=f'python -m data.build {shlex.join(args.command)}',
    )
    return {'pictures': sum(split.rows for split in splits.values()), 'dropped': dropped, 'splits': splits}


def main(argv: Sequence[str] | None = None) -> int:
    command = list(sys.argv[1:] if argv is None else argv)
    args = _parsed(command)
    args.command = command
    try:
        result = build(args)
    except (OSError, ValueError) as error:
        print(f'data.build: {error}', file=sys.stderr)
        return 2
    except BrokenProcessPool:
        print('data.build: a worker was killed, by want of memory? The same command goes on from here', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('data.build: interrupted; the same command goes on from here', file=sys.stderr)
        return 130
    lost = result['dropped']
    print(f'{result["pictures"]} pictures in {args.out}, {lost.total()} formulas dropped')
    for reason, count in lost.most_common():
        print(f'{count:9d}  {reason}')
    return 0


def _parsed(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog='python -m data.build', description='Build a data set of pictures of formulas and their LaTeX.'
    )
    parser.add_argument('sources', nargs='+', metavar='SOURCE', help='file, folder, or data set of the Hub')
    parser.add_argument('--out', type=Path, required=True, help='folder of the data set')
    parser.add_argument(
        '--fonts',
        nargs='+',
        metavar='FONT',
        help='fonts to typeset in, by chance; one named twice comes twice as often; what a font lacks is set in the '
        f'first (default: all that are installed of {", ".join(FONTS)})',
    )
    parser.add_argument(
        '--dpi', nargs='+', type=float, default=[100.0], help='resolutions, by chance (default: 100, for type of 10 pt)'
    )
    parser.add_argument(
        '--looks', type=int, default=1, help='pictures of each formula, in different fonts (default: 1)'
    )
    parser.add_argument(
        '--splits', nargs='+', choices=SPLITS, default=['train'], help='splits to take of sources that have pictures'
    )
    parser.add_argument('--typeset', action='store_true', help='draw the formulas of sources with pictures anew, too')
    parser.add_argument('--validation', type=float, default=0.01, help='share of the papers, by hash (default: 0.01)')
    parser.add_argument('--test', type=float, default=0.0, help='share of the papers, by hash (default: 0)')
    parser.add_argument(
        '--exclude', nargs='+', default=[], metavar='SOURCE', help='sources none of whose formulas may come in'
    )
    parser.add_argument('--exclude-splits', nargs='+', choices=SPLITS, default=['validation', 'test'])
    parser.add_argument('--keep-duplicates', action='store_true', help='keep formulas of one label')
    parser.add_argument('--max-tokens', type=int, default=512, help='longest label (default: %(default)s)')
    parser.add_argument('--longest', type=float, default=700.0, help='greatest width or height in pt (default: 700)')
    parser.add_argument('--shard', type=int, default=10_000, help='formulas of a shard (default: %(default)s)')
    parser.add_argument('--workers', type=int, default=os.cpu_count() or 1, help='processes (default: one a core)')
    parser.add_argument('--seed', type=int, default=0, help='decides splits, fonts and resolutions')
    parser.add_argument('--title', default='Formulas', help='name on the card')
    parser.add_argument('--license', default='unknown', help='licence on the card, by its identifier on the Hub')
    args = parser.parse_args(argv)
    if min(args.looks, args.max_tokens, args.shard, args.workers) < 1:
        parser.error('--looks, --max-tokens, --shard and --workers must be at least 1')
    if min(args.dpi) < 20 or max(args.dpi) > 1200 or not 0 < args.longest <= 4000:
        parser.error('--dpi must be from 20 to 1200, --longest above 0 and at most 4000')
    if min(args.validation, args.test) < 0 or args.validation + args.test > 1:
        parser.error('--validation and --test are shares: from 0 to 1 together')
    return args


def _fonts(args: argparse.Namespace) -> tuple[str, ...]:
    """The fonts to draw in. Says on standard error which are missing; those that were asked for must be there."""
    found, missing = available(args.fonts or FONTS)
    if missing and args.fonts:
        name, message = next(iter(missing.items()))
        raise ValueError(f'font {name}: {message}; on Debian or Ubuntu: {INSTALL}')
    if missing:
        print(f'data.build: without the fonts {", ".join(missing)}; on Debian or Ubuntu: {INSTALL}', file=sys.stderr)
    return tuple(args.fonts or found)


def _settle(out: Path, args: argparse.Namespace, look: Look) -> None:
    """Notes what is built in this folder. Raises ValueError if it is something else."""
    names = ('sources', 'splits', 'typeset', 'validation', 'test', 'exclude', 'exclude_splits', 'keep_duplicates')
    settings = {name: getattr(args, name) for name in (*names, 'max_tokens', 'shard')} | asdict(look)
    settings['sizes'] = [Path(name).stat().st_size if Path(name).is_file() else None for name in args.sources]
    content = json.dumps(settings, indent=1)
    file = out / WORK / 'settings.json'
    if file.exists():
        if file.read_text(encoding='utf-8') != content:
            raise ValueError(f'{out} holds a build with other settings ({file}); remove it or choose another --out')
        return
    if out.exists() and any(path.name != WORK for path in out.iterdir()):
        raise ValueError(f'{out} is not empty and holds no build that could go on; choose another --out')
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, content.encode())


def _planned(args: argparse.Namespace, pool: Executor) -> Plan:
    """The formulas that come in."""
    path = args.out / WORK / 'formulas.jsonl'
    excluded = Seen()
    plan = Plan(path, {'validation': args.validation, 'test': args.test}, args.seed, excluded, args.keep_duplicates)
    if plan.complete:
        return plan
    for source in args.exclude:
        for task in tasks([source], args.exclude_splits, typeset=True):
            for row in prepare(task, sys.maxsize).rows:
                excluded.add(row['label'])
    with _bar('formulas', None) as bar:
        bar.update(plan.counts.total() + plan.dropped.total())
        pieces = tasks(args.sources, args.splits, typeset=args.typeset)
        plan.extend(pieces, pool, args.workers, args.max_tokens, bar.update)
    if not plan.counts:
        raise DataError(f'none of {plan.dropped.total()} formulas can be used: {plan.dropped.most_common(3)}')
    return plan


def _drawn(args: argparse.Namespace, plan: Plan, look: Look, pool: Executor) -> list[tuple[str, dict[str, Any]]]:
    """Writes the shards that are not there; returns split and counts of all."""
    results: list[tuple[str, dict[str, Any]]] = []
    running: dict[Future[dict[str, Any]], tuple[str, int]] = {}
    with _bar('pictures', plan.counts.total() * look.looks) as bar:

        def collect(most: int) -> None:
            while len(running) > most:
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    split, count = running.pop(future)
                    results.append((split, future.result()))
                    bar.update(count * look.looks)

        for shard, split in _shards(args, plan, look):
            running[pool.submit(write_shard, shard)] = split, len(shard.rows)
            collect(args.workers)  # one ahead, so that no process waits
        collect(0)
    return results


def _shards(args: argparse.Namespace, plan: Plan, look: Look) -> Iterator[tuple[Shard, str]]:
    for split, count in plan.counts.items():
        folder = args.out / split
        folder.mkdir(exist_ok=True)
        rows, total = plan.rows(split), math.ceil(count / args.shard)
        for number in range(total):
            name = f'{split}-{number:05d}-of-{total:05d}'
            counts = args.out / WORK / f'{name}.json'
            yield Shard(folder / f'{name}.parquet', counts, list(itertools.islice(rows, args.shard)), look), split


def _summed(folder: Path, results: Sequence[dict[str, Any]]) -> Split:
    return Split(
        rows=sum(result['rows'] for result in results),
        size=sum(result['bytes'] for result in results),
        download=sum(file.stat().st_size for file in folder.glob('*.parquet')),
        fonts=sum((Counter(result['fonts']) for result in results), Counter[str]()),
    )


def _bar(unit: str, total: int | None) -> tqdm:  # type: ignore[type-arg]
    return tqdm(total=total, unit=f' {unit}', smoothing=0.05, disable=None)


def _start_worker() -> None:
    """Leaves Ctrl-C to the parent, and ends when the parent does: a worker would wait for work for ever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:

        def follow() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=follow, daemon=True).start()


if __name__ == '__main__':
    sys.exit(main())
