r"""Formulas whose operator names are drawn as letters, the way im2latex-100k's pictures show them.

    python -m data.italic_operators formulas.jsonl.xz --out operators.jsonl

The data set's labels hold `\operatorname { s i n }` for `\sin`, and its pictures were typeset without amsmath: TeX left
the unknown command out and set an italic *sin*. That is so in 11 % of the validation split, and careless authors write
`sin x` too. A line is the formula as drawn (`latex`) and the one it stands for (`label`), as `data.pages` takes them.
"""

import argparse
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from .latex_rules import LIMIT_OPERATORS, OPERATORS
from .pages import read_formulas, write_formulas

_TWO_WORDS = {'liminf', 'limsup'}
# Those with limits stand under \operatorname* in the data set, whose star was then set as a star.
_LIMIT_NAMES = '|'.join(sorted(LIMIT_OPERATORS - _TWO_WORDS))
_OTHER_NAMES = '|'.join(sorted(OPERATORS - LIMIT_OPERATORS))
_OPERATOR = re.compile(rf'\\(?:({_LIMIT_NAMES})|({_OTHER_NAMES}))(?![A-Za-z])')
# Where a star and a group would not be one argument, and where TeX wants an operator.
_SCRIPT = re.compile(rf'[\^_]\s*\\(?:{_LIMIT_NAMES})(?![A-Za-z])')
_LIMITS = re.compile(r'\\(?:no|display)?limits(?![A-Za-z])')


def italic_operators(latex: str) -> str:
    """The formula with `{sin}` for `\\sin` and `*{lim}` for `\\lim`; unchanged where that would not be TeX."""
    if _LIMITS.search(latex) or _SCRIPT.search(latex):
        return latex
    return _OPERATOR.sub(lambda match: f'*{{{match[1]}}}' if match[1] else f'{{{match[2]}}}', latex)


def rows(formulas: Iterable[str]) -> Iterator[dict[str, str]]:
    """What is drawn beside what it says, for the formulas with operators."""
    for formula in formulas:
        drawn = italic_operators(formula)
        if drawn != formula:
            yield {'latex': drawn, 'label': formula}


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description='Make formulas whose operator names are drawn as italic letters.')
    parser.add_argument('formulas', nargs='+', type=Path, help='JSONL files, plain or .xz, with a field "latex"')
    parser.add_argument('--out', type=Path, required=True, help='JSONL file to write')
    args = parser.parse_args(argv)
    try:
        count = write_formulas(rows(row['latex'] for row in read_formulas(args.formulas)), args.out)
    except (OSError, ValueError) as error:
        print(f'data.italic_operators: {error}', file=sys.stderr)
        return 2
    print(f'{count} formulas with operators')
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
