"""Compares checkpoints by what they give the right tokens: far less noise, and far less time, than reading pictures.

    python -m benchmarks.teacher_forcing runs/a/final runs/b/final --data im2latex-100k-validation.parquet --dpi 50

A column of the data set's pictures, and one of its labels typeset and drawn at each `--dpi`. In each: nats a formula
(minus the logarithm of the probability of its canonical tokens, end included), and the share of formulas whose every
token is the likeliest after those before it, which is the exact match of greedy search with one look. Behind both
stands half the width of the 95 % interval of the difference to the first checkpoint (paired bootstrap).
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from data.collator import Collator
from data.dataset import load
from data.fonts import DEFAULT_FONT, FONTS
from data.latex import normalize
from metrics.score import Source, picture_batches, spread
from modeling.generation_im2latex import load as load_model
from modeling.picture_im2latex import PicturePreparation
from training.precision import has_bf16

from .robustness import Labelled, bootstrap, choose, pages

BATCH = 16
MAX_TOKENS = 60  # of a formula that is drawn at a low resolution
Example = dict[str, Any]


def pictures(data: Path, limit: int) -> list[list[Example]]:
    """So many of a data set, at equal distances, in batches."""
    source = load(data, split='validation')
    return batches(source, spread(range(len(source)), limit))


def typeset(data: Path, limit: int, dpi: float) -> list[list[Example]]:
    """Labels of a data set, drawn at another resolution, in batches."""
    formulas = choose(data, limit, MAX_TOKENS, seed=0)
    with pages(formulas, FONTS[DEFAULT_FONT]) as found:
        drawn = {i: page(dpi) for i, page in found.items()}
    return batches(Labelled(drawn, formulas), list(drawn))


def batches(source: Source, indices: Sequence[int]) -> list[list[Example]]:
    """Pictures of like size with their canonical labels; those that cannot be decoded, or are blank, are left out."""
    found = (
        [
            {'image': image, 'latex': normalize(latex)}
            for image, latex in zip(batch['image'], batch['latex'], strict=True)
            if image is not None and shows_something(image)
        ]
        for batch in picture_batches(source, indices, BATCH)
    )
    return [batch for batch in found if batch]


def shows_something(image: Image.Image) -> bool:
    """Whether the image processor takes it."""
    try:
        PicturePreparation().prepare(image)
    except ValueError:
        return False
    return True


@torch.inference_mode()
def likelihood(checkpoint: str, examples: Sequence[Sequence[Example]]) -> np.ndarray:
    """Nats, and 1 where all tokens are the likeliest, of every example of all batches, (N, 2).

    Raises:
        CheckpointError: it cannot be loaded.
        ValueError: a picture is blank.
    """
    model, processor = load_model(checkpoint)
    collate = Collator(processor, place_at_random=False)
    found = []
    for given in examples:
        batch = collate(given)
        if len(batch.pop('latex')) != len(given):
            raise ValueError('a picture is blank')
        batch = {name: value.to(model.device) for name, value in batch.items()}
        labels = batch.pop('labels')
        with torch.autocast(model.device.type, torch.bfloat16, enabled=has_bf16(model.device)):
            logits = model(**batch, use_cache=False).logits.float()
        found.append(compared(logits, labels).cpu().numpy())
    return np.concatenate(found)


def compared(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Nats, and 1 where all tokens are the likeliest, (batch, 2); padding, -100, does not count."""
    nats = torch.nn.functional.cross_entropy(logits.transpose(1, 2), labels, reduction='none').sum(dim=1)
    right = ((logits.argmax(dim=-1) == labels) | (labels == -100)).all(dim=1)
    return torch.stack((nats, right.float()), dim=1)


def half_interval(values: np.ndarray, others: np.ndarray, rng: np.random.Generator) -> float:
    """Half the width of the 95 % interval of the mean difference of two sets of the same formulas."""
    differences = values - others
    return bootstrap(lambda drawn: differences[drawn].mean(axis=1), len(differences), rng)


def cells(found: np.ndarray, first: np.ndarray) -> str:
    """Both numbers of a set of formulas, as cells of a table."""
    rng = np.random.default_rng(0)
    nats, right = found.mean(axis=0)
    wide = [half_interval(found[:, i], first[:, i], rng) for i in range(2)]
    return f'{nats:.3f} ± {wide[0]:.3f} | {100 * right:.1f} ± {100 * wide[1]:.1f}'


def measure(args: argparse.Namespace) -> None:
    """Prints the table, line by line."""
    sets = {'as given': pictures(args.data, args.limit)}
    sets |= {f'{dpi:g} dpi': typeset(args.data, args.typeset, dpi) for dpi in args.dpi}
    titles = [f'{name}, {sum(map(len, examples))}: nats | all right, %' for name, examples in sets.items()]
    print(f'| checkpoint | {" | ".join(titles)} |\n| --- |{" ---: | ---: |" * len(sets)}')
    first: dict[str, np.ndarray] = {}
    for checkpoint in args.checkpoints:
        found = {name: likelihood(checkpoint, examples) for name, examples in sets.items()}
        first = first or found
        row = ' | '.join(cells(found[name], first[name]) for name in sets)
        print(f'| {checkpoint} | {row} |', flush=True)


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog='benchmarks.teacher_forcing', description='Compare checkpoints by what they give the right tokens.'
    )
    parser.add_argument('checkpoints', nargs='+', metavar='CHECKPOINT', help='folder or Hub id; the first is compared')
    parser.add_argument('--data', type=Path, required=True, help='labelled pictures, as evaluate.py reads them')
    parser.add_argument('--limit', type=int, default=2000, metavar='N', help='pictures (default: %(default)s)')
    parser.add_argument('--dpi', type=float, nargs='+', default=[], help='resolutions to draw labels at')
    parser.add_argument('--typeset', type=int, default=400, metavar='N', help='labels drawn (default: %(default)s)')
    args = parser.parse_args(argv)
    if min(args.limit, args.typeset, *args.dpi) <= 0:
        parser.error('--limit, --typeset and --dpi must be positive')
    return args


def main(argv: Sequence[str] | None = None) -> int:
    args = parse_args(argv)
    try:
        measure(args)
    except (OSError, ValueError) as error:
        print(f'benchmarks.teacher_forcing: {error}', file=sys.stderr)
        return 2
    return 0


if __name__ == '__main__':
    sys.exit(main())
