r"""Proves the rules of canonical LaTeX by typesetting: real formulas before and after, compared page by page.

    python -m data.prove arxiv.jsonl.xz textbook.jsonl.xz validation.parquet --limit 20000 --out exceptions.jsonl

For each file and in all: how many formulas keep their page to the last bit under the exact rules, how many keep all
their glyphs in the whole canonical form, and how often formulas with one page have more than one label. Needs pdfTeX
and, of requirements-dev.txt, pikepdf.
"""

import argparse
import hashlib
import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

from tqdm import tqdm

from .drawing import Drawing, drawings
from .formulas import formulas_of
from .latex import canonicalize, detokenize, tokenize
from .latex_form import CANONICAL, EXACT, LatexError
from .render import RenderError, typeset

_CHUNK = 400


@dataclass
class Outcome:
    """What became of one formula; pages are hashes that are equal for equal pages, None for what TeX refuses."""

    source: str
    latex: str
    exact: str | None = None
    canonical: str | None = None
    reason: str = ''
    page: str | None = None
    is_identical: bool = False
    has_same_glyphs: bool = False
    errors: list[str] = field(default_factory=list)


def prove(formulas: Sequence[tuple[str, str]]) -> list[Outcome]:
    """Typesets formulas, given as (source, latex), as they are, by exact rules and canonical, and compares.

    Token lists in the convention of im2latex (a space between all tokens, even in text) are first read as such.
    """
    outcomes = [Outcome(source, _readable(latex)) for source, latex in formulas]
    for outcome in outcomes:
        try:
            outcome.exact = canonicalize(outcome.latex, EXACT)
            outcome.canonical = canonicalize(outcome.latex, CANONICAL)
        except LatexError as error:
            outcome.reason = type(error).__name__
    forms = [[o.latex, o.exact or '', o.canonical or ''] for o in outcomes]
    document = typeset([latex for form in forms for latex in form], timeout=300)
    found = drawings(document)
    for index, outcome in enumerate(outcomes):
        before, exact, canonical = found[3 * index : 3 * index + 3]
        outcome.errors = [document.errors.get(3 * index + form, '') for form in range(3)]
        if before is not None:
            outcome.page = hashlib.blake2b(repr(before.size).encode() + before.commands).hexdigest()
            outcome.is_identical = before == exact
            outcome.has_same_glyphs = canonical is not None and _ink(before) == _ink(canonical)
    return outcomes


def _ink(drawing: Drawing) -> list[tuple[str, int]]:
    # Scripts may be drawn in another order: `x_a^{\ b}` and `x_a{}^b` differ in horizontal space only.
    return sorted(drawing.glyphs)


def _readable(latex: str) -> str:
    pieces = latex.split(' ')
    is_token_list = len(pieces) > 1 and [*pieces] == [piece for piece in pieces if len(tokenize(piece)) == 1]
    return detokenize(tokenize(latex)) if is_token_list else latex


def agreement(outcomes: Sequence[Outcome]) -> tuple[int, int, int]:
    """How many different pages there are, and how many of them have several labels: as given, and canonical."""
    given: defaultdict[str, set[str]] = defaultdict(set)
    canonical: defaultdict[str, set[str]] = defaultdict(set)
    for outcome in outcomes:
        if outcome.page is not None and outcome.canonical is not None:
            given[outcome.page].add(detokenize(tokenize(outcome.latex)))
            canonical[outcome.page].add(outcome.canonical)
    before, after = (sum(len(labels) > 1 for labels in groups.values()) for groups in (given, canonical))
    return len(given), before, after


def _chunks(formulas: Iterator[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    while chunk := list(islice(formulas, _CHUNK)):
        yield chunk


def _row(name: str, outcomes: Sequence[Outcome]) -> str:
    set_ = [o for o in outcomes if o.page is not None and not o.reason]
    identical = sum(o.is_identical for o in set_) / max(len(set_), 1)
    glyphs = sum(o.has_same_glyphs for o in set_) / max(len(set_), 1)
    pages, given, canonical = agreement(outcomes)
    shares = f'{given / max(pages, 1):.3%} | {canonical / max(pages, 1):.3%}'
    return f'| {name} | {len(outcomes)} | {len(set_)} | {identical:.2%} | {glyphs:.2%} | {pages} | {shares} |'


def main(argv: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog='python -m data.prove', description='Proves canonical LaTeX by typesetting.')
    parser.add_argument('files', nargs='+', type=Path, metavar='FILE', help='.jsonl, .jsonl.xz or .parquet')
    parser.add_argument('--limit', type=int, default=20_000, help='formulas, the same number of each file (20000)')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--processes', type=int, default=2)
    parser.add_argument('--out', type=Path, help='file for the exceptions, JSON lines')
    args = parser.parse_args(argv)
    try:
        chosen: list[tuple[str, str]] = []
        for path in args.files:
            formulas = list(formulas_of(path))
            count = min(args.limit // len(args.files), len(formulas))
            chosen += [(path.name, latex) for latex in random.Random(args.seed).sample(formulas, count)]
        outcomes: list[Outcome] = []
        with get_context('spawn').Pool(args.processes) as pool, tqdm(total=len(chosen), disable=None) as bar:
            for found in pool.imap(prove, _chunks(iter(chosen))):
                outcomes += found
                bar.update(len(found))
    except (OSError, ValueError, RenderError) as error:
        parser.error(str(error))
    print('| formulas of | taken | compared | exact: same page | canonical: same glyphs ', end='')
    print('| pages | labels differ | canonical |')
    print('| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |')
    for path in args.files:
        print(_row(path.name, [o for o in outcomes if o.source == path.name]))
    print(_row('all', outcomes))
    reasons = Counter(o.reason for o in outcomes if o.reason)
    print(f'without a canonical form: {dict(reasons)}; TeX refuses: {sum(o.page is None for o in outcomes)}')
    if args.out:
        with args.out.open('w', encoding='utf-8') as out:
            for o in outcomes:
                if o.page is not None and not (o.is_identical and o.has_same_glyphs and not o.reason):
                    out.write(json.dumps(o.__dict__, ensure_ascii=False) + '\n')
    return 0


if __name__ == '__main__':
    sys.exit(main())
