r"""Brings formulas to canonical LaTeX, one a line: what labels look like, for other tools.

    python -m data.canonical formulas.jsonl.xz validation.parquet --spacing quads > canonical.txt
    python -m data.canonical formulas.jsonl.xz --form-of checkpoints/small > canonical.txt
    echo '{\bf x} \over 2' | python -m data.canonical -

Formulas without a canonical form are left out and counted by reason on standard error.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from .formulas import formulas_of
from .latex import canonicalize
from .latex_form import Form, LatexError


def main(argv: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog='python -m data.canonical', description='Formulas to canonical LaTeX.')
    parser.add_argument('files', nargs='+', metavar='FILE', help='.jsonl, .jsonl.xz, .parquet, .lst, or - for lines')
    parser.add_argument('--spacing', choices=('none', 'quads', 'all'), default='none', help='space to keep (none)')
    parser.add_argument('--no-sizes', action='store_true', help='one size of delimiters, fractions and sums')
    parser.add_argument('--no-fonts', action='store_true', help='no bold, upright or italic')
    parser.add_argument('--exact', action='store_true', help='only rules that leave the page as it is')
    parser.add_argument('--form-of', type=Path, metavar='FOLDER', help='as the labels of a checkpoint, whatever else')
    args = parser.parse_args(argv)
    reasons: Counter[str] = Counter()
    try:
        form = Form(args.spacing, not args.no_sizes, not args.no_fonts, args.exact)
        form = form if args.form_of is None else Form.of(args.form_of)
        for name in args.files:
            for latex in sys.stdin if name == '-' else formulas_of(Path(name)):
                try:
                    print(canonicalize(latex, form))
                except LatexError as error:
                    reasons[type(error).__name__] += 1
                    if name == '-':
                        print(f'{type(error).__name__}: {error}', file=sys.stderr)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    except BrokenPipeError:
        return 0
    if reasons:
        print(f'left out: {dict(reasons)}', file=sys.stderr)
    return 0


if __name__ == '__main__':
    sys.exit(main())
