"""The same formulas under conditions of the wild, and what is left of the score: `python -m benchmarks.robustness`.

    python -m benchmarks.robustness checkpoints/base formulas.jsonl.xz --limit 200 --out scores.json
    python -m benchmarks.robustness checkpoints/base im2latex-100k-validation.parquet --only noise --only JPEG

Formulas are brought to canonical form, typeset and drawn black on white at 100 dpi: the clean condition. All others
are compared with it on the same formulas. The table has the edit similarity and the share of exact matches of canonical
tokens, in percent, and how far they are from the clean condition's, in points; the edit similarity's with half the
width of its 95 % interval (paired bootstrap over the formulas).
"""

import argparse
import contextlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
from PIL import Image

from data.augment import UNIT_DPI
from data.fonts import DEFAULT_FONT, FONTS, INSTALL, Font, available
from data.latex import canonicalize, tokenize
from data.latex_form import LatexError
from data.pages import read_formulas
from data.render import rasterize, typeset
from metrics.score import Scores, picture_batches, read_together, scores_of
from runtime import backends

from .chromium import ENGINES, ChromiumError, draw, find_chromium
from .conditions import CONDITIONS, Page

BATCH = 32
PIXEL_RATIOS = {1: '1 device pixel a CSS pixel', 2: '2 device pixels a CSS pixel'}
RESAMPLES = 2000
GROUPS = (*CONDITIONS, 'fonts', *ENGINES)
Pictures = Mapping[int, Image.Image]
"""by position of the formula; without those that the condition cannot show"""


class Labelled:
    """Pictures and their labels as `metrics.score` reads them."""

    def __init__(self, pictures: Pictures, formulas: Sequence[str]):
        self.pictures, self.formulas = pictures, formulas

    def __getitem__(self, index: int) -> Mapping[str, Any]:
        return {'image': self.pictures[index], 'latex': self.formulas[index]}

    def latex(self, index: int) -> str:
        return self.formulas[index]


def choose(path: Path, limit: int, max_tokens: int, seed: int) -> list[str]:
    """Different canonical formulas of at most so many tokens, drawn at random; without the few that TeX refuses.

    Raises ValueError for a file that holds none, or is none of formulas or labels, RenderError without TeX.
    """
    if path.name.endswith(('.jsonl', '.jsonl.xz')):
        labels = [row['latex'] for row in read_formulas([path])]
    else:
        from data.dataset import load

        labels = load(path, split='validation').labels()
    chosen: dict[str, None] = {}
    for index in np.random.default_rng(seed).permutation(len(labels)):
        if len(chosen) == limit:
            break
        with contextlib.suppress(LatexError):
            latex = canonicalize(labels[index])
            if len(tokenize(latex)) <= max_tokens:
                chosen[latex] = None
    formulas = [latex for latex, page in zip(chosen, typeset(list(chosen)).pages, strict=True) if page is not None]
    if not formulas:
        raise ValueError(f'{path} holds no formulas of at most {max_tokens} tokens that can be typeset')
    return formulas


@contextlib.contextmanager
def pages(formulas: Sequence[str], font: Font) -> Iterator[dict[int, Page]]:
    """The formulas that can be set in a font, and told from others in it; each draws itself at any dpi."""
    shown = [i for i, latex in enumerate(formulas) if font.shows(latex)]
    result = typeset([formulas[i] for i in shown], preamble=font.preamble, timeout=60 + 0.05 * len(shown))
    if not result.pdf:
        yield {}
        return
    with contextlib.closing(pypdfium2.PdfDocument(result.pdf)) as document:
        yield {
            i: partial(rasterize, document, page)
            for i, page in zip(shown, result.pages, strict=True)
            if page is not None
        }


def conditions(
    formulas: Sequence[str], groups: Sequence[str], fonts: Mapping[str, Font], chromium: str | None, seed: int
) -> Iterator[tuple[str, str, Pictures]]:
    """Group, name and pictures of every condition; the clean one first."""
    with pages(formulas, FONTS[DEFAULT_FONT]) as found:
        yield 'clean', f'{UNIT_DPI:g} dpi', {i: page(UNIT_DPI) for i, page in found.items()}
        for group in groups:
            for name, condition in CONDITIONS.get(group, {}).items():
                yield group, name, {i: condition(p, np.random.default_rng((seed, i))) for i, p in found.items()}
    for font in fonts.values():
        with pages(formulas, font) as found:
            yield 'fonts', font.title, {i: page(UNIT_DPI) for i, page in found.items()}
    if chromium is not None:
        for engine in (name for name in ENGINES if name in groups):
            for ratio, name in PIXEL_RATIOS.items():
                yield engine, name, draw(formulas, engine, chromium, ratio)


def read(backend: backends.Backend, pictures: Pictures, formulas: Sequence[str]) -> Scores:
    batches = picture_batches(Labelled(pictures, formulas), list(pictures), BATCH)
    return scores_of(read_together(batches, backend.read_batches))


def compare(scores: Scores, clean: Scores, rng: np.random.Generator) -> dict[str, Any]:
    """A condition's scores, 0 to 1, and how far they are from the clean ones of the same formulas."""
    shown = {item.index for item in scores.predictions}
    clean = clean.where(lambda item: item.index in shown)
    here, there = scores.normalised, clean.normalised
    return {
        'formulas': here.samples,
        'unreadable': sum(item.error is not None for item in scores.predictions),
        'edit_similarity': here.edit_similarity,
        'edit_similarity_to_clean': here.edit_similarity - there.edit_similarity,
        'half_interval': half_interval(scores, clean, rng),
        'exact_match': here.exact_match,
        'exact_match_to_clean': here.exact_match - there.exact_match,
    }


def half_interval(scores: Scores, clean: Scores, rng: np.random.Generator) -> float:
    """Half the width of the 95 % interval of the difference in edit similarity, both of the same formulas."""
    counts = [
        np.array([(item.text['normalised'].distance, item.text['normalised'].longest) for item in part.predictions])
        for part in (scores, clean)
    ]

    def difference(drawn: np.ndarray) -> np.ndarray:
        here, there = (1 - distance / longest for distance, longest in (part[drawn].sum(axis=1).T for part in counts))
        return here - there

    return bootstrap(difference, len(scores.predictions), rng)


def bootstrap(statistic: Callable[[np.ndarray], np.ndarray], formulas: int, rng: np.random.Generator) -> float:
    """Half the width of the 95 % interval of a statistic of some formulas.

    Args:
        statistic: from the indices of resampled formulas, (samples, formulas), to one number a sample.
    """
    low, high = np.percentile(statistic(rng.integers(formulas, size=(RESAMPLES, formulas))), [2.5, 97.5])
    return float(high - low) / 2


def measure(args: argparse.Namespace, groups: Sequence[str], backend: backends.Backend, chromium: str | None) -> None:
    """Prints the table line by line, and writes it to --out."""
    formulas = choose(args.formulas, args.limit, args.max_tokens, args.seed)
    fonts, missing = available([name for name in FONTS if name != DEFAULT_FONT] if 'fonts' in groups else [])
    if missing:
        print(f'Fonts left out: {", ".join(missing)}. On Debian or Ubuntu: {INSTALL}', file=sys.stderr)
    rows: list[dict[str, Any]] = []
    clean = None
    print(f'{len(formulas)} formulas of at most {args.max_tokens} tokens from {args.formulas.name}\n')
    print('| condition | | formulas | edit similarity | to clean | exact match | to clean |')
    print('| --- | --- | ---: | ---: | ---: | ---: | ---: |')
    for group, name, pictures in conditions(formulas, groups, fonts, chromium, args.seed):
        if not pictures:
            continue
        if args.pictures:
            keep(pictures, args.pictures / group / name)
        scores = read(backend, pictures, formulas)
        clean = clean or scores
        row = {'group': group, 'condition': name, **compare(scores, clean, np.random.default_rng(args.seed))}
        print(line(row), flush=True)
        rows.append(row)
        if args.out:
            settings = {'checkpoint': args.checkpoint, 'data': args.formulas.name, 'seed': args.seed}
            summary = {**settings, 'max_tokens': args.max_tokens, 'conditions': rows}
            args.out.write_text(json.dumps(summary, indent=2) + '\n', encoding='utf-8')


def line(row: Mapping[str, Any]) -> str:
    """A row of the Markdown table."""
    edits, change, half, exact, exact_change = (
        100 * row[name]
        for name in (
            'edit_similarity', 'edit_similarity_to_clean', 'half_interval', 'exact_match', 'exact_match_to_clean'
        )
    )  # fmt: skip
    cells = [f'{edits:.1f}', f'{change:+.1f} ± {half:.1f}', f'{exact:.1f}', f'{exact_change:+.1f}']
    return f'| {row["group"]} | {row["condition"]} | {row["formulas"]} | {" | ".join(cells)} |'


def keep(pictures: Pictures, folder: Path) -> None:
    """Writes the pictures of a condition, to look at."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, picture in pictures.items():
        picture.save(folder / f'{index}.png')


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog='benchmarks.robustness', description='Score a checkpoint on the same formulas under many conditions.'
    )
    parser.add_argument('checkpoint', help='folder or Hub id')
    parser.add_argument(
        'formulas',
        type=Path,
        help='JSONL, plain or .xz, with a field "latex", or any labelled data that evaluate.py reads',
    )
    parser.add_argument('--limit', type=int, default=200, metavar='N', help='formulas (default: %(default)s)')
    parser.add_argument('--max-tokens', type=int, default=60, metavar='N', help='of a formula (default: %(default)s)')
    parser.add_argument('--seed', type=int, default=0, metavar='N', help='of all that is random (default: %(default)s)')
    parser.add_argument('--only', action='append', choices=GROUPS, help='a group of conditions; repeatable')
    parser.add_argument('--no-browsers', action='store_true', help='without KaTeX and MathJax: no node, no Chromium')
    parser.add_argument(
        '--processes', type=int, default=1, metavar='N', help='that read, with one thread each (default: %(default)s)'
    )
    parser.add_argument('--pictures', type=Path, metavar='FOLDER', help='keep the pictures there, to look at')
    parser.add_argument('--out', type=Path, metavar='FILE', help='the table as JSON')
    args = parser.parse_args(argv)
    if min(args.limit, args.max_tokens, args.processes) < 1 or args.seed < 0:
        parser.error('--limit, --max-tokens and --processes must be positive, and --seed not negative')
    return args


def main(argv: Sequence[str] | None = None) -> int:
    args = parse_args(argv)
    asked = args.only or GROUPS
    groups = [name for name in GROUPS if name in asked and not (args.no_browsers and name in ENGINES)]
    try:
        chromium = find_chromium() if any(engine in groups for engine in ENGINES) else None
        with backends.load(args.checkpoint, processes=args.processes) as backend:
            measure(args, groups, backend, chromium)
    except ChromiumError as error:
        print(f'benchmarks.robustness: {error}; or leave these conditions out: --no-browsers', file=sys.stderr)
        return 2
    except (OSError, ValueError, ImportError) as error:
        print(f'benchmarks.robustness: {error}', file=sys.stderr)
        return 2
    return 0


if __name__ == '__main__':
    sys.exit(main())
