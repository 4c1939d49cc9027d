r"""Makes formulas with symbols that a corpus lacks, out of real formulas with symbols used alike.

    python -m data.substitute formulas.jsonl.xz --out symbols.jsonl

The arXiv corpus this project was first trained on holds no `\partial`, `\parallel` or `\wp` at all, though one formula
in eight of im2latex-100k has a `\partial`. A model never shown a symbol cannot read it; a real formula in which
`\nabla` became `\partial` shows it in its usual company.
"""

import argparse
import itertools
import random
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from .pages import read_formulas, write_formulas

# Symbol of the corpus, its stand-in, and the share of formulas in which it is replaced.
SUBSTITUTES: tuple[tuple[str, str, float], ...] = (
    (r'\nabla', r'\partial', 1.0),
    (r'\delta', r'\partial', 0.5),
    (r'\perp', r'\parallel', 1.0),
    (r'\ell', r'\wp', 0.3),
    (r'\oplus', r'\ominus', 1.0),
    (r'\leftrightarrow', r'\longleftrightarrow', 1.0),
    (r'\downarrow', r'\searrow', 1.0),
    (r'\underbrace', r'\overbrace', 1.0),
    (r'\triangle', r'\bigtriangledown', 1.0),
    (r'\emptyset', r'\aleph', 1.0),
)
_RULES = tuple(
    (re.compile(re.escape(old) + '(?![A-Za-z])'), lambda match, new=new: f'{new} ', share)
    for old, new, share in SUBSTITUTES
)
_UPRIGHT_D = r'(?:\\mathrm\s*\{\s*d\s*\}|\{\\rm d\}|\\rm d|d)'
_DERIVATIVE = re.compile(
    r'(\\d?frac\s*\{\s*)'
    + _UPRIGHT_D
    + r'(?=[\s^A-Za-z\\{}(\[])([^{}]*(?:\{[^{}]*\}[^{}]*)*\}\s*\{\s*)'
    + _UPRIGHT_D
    + r'(?=[\s^A-Za-z\\{(])'
)


def substitute(latex: str, rng: random.Random) -> str:
    r"""The formula with its derivatives made partial and symbols swapped by `SUBSTITUTES`; often unchanged."""
    latex = _DERIVATIVE.sub(r'\1\\partial \2\\partial ', latex)
    for pattern, stand_in, share in _RULES:
        if rng.random() < share:
            latex = pattern.sub(stand_in, latex)
    return latex


def substituted(formulas: Iterable[str], seed: int = 0) -> Iterator[str]:
    """The formulas that `substitute` changes, changed."""
    rng = random.Random(seed)
    for formula in formulas:
        changed = substitute(formula, rng)
        if changed != formula:
            yield changed


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description='Make formulas with symbols that a corpus lacks.')
    parser.add_argument('formulas', nargs='+', type=Path, help='JSONL files, plain or .xz, with a field "latex"')
    parser.add_argument('--out', type=Path, required=True, help='JSONL file to write')
    parser.add_argument('--limit', type=int, help='stop after so many changed formulas')
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args(argv)
    try:
        formulas = (row['latex'] for row in read_formulas(args.formulas))
        changed = itertools.islice(substituted(formulas, args.seed), args.limit)
        count = write_formulas(({'latex': latex} for latex in changed), args.out)
    except (OSError, ValueError) as error:
        print(f'data.substitute: {error}', file=sys.stderr)
        return 2
    print(f'{count} formulas changed')
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
