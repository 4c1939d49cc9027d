"""Whether all ways to read give the same formulas, and what they cost: `python -m benchmarks.parity`.

    python -m benchmarks.parity checkpoints/small im2latex-100k-validation.parquet --limit 500

Each way reads the same pictures greedily, on one thread: torch in batches; the graphs in batches, and one picture at a
time, as the service does, with several tokens a step and with one. Time is of the processor.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import numpy as np
from PIL import Image

from data.dataset import DataError, load
from data.latex import normalize, tokenize
from metrics.text import text_scores
from modeling.checkpoint_im2latex import CheckpointError
from modeling.prediction_im2latex import Prediction
from runtime import backends, generation
from runtime.model import DecoderBatch

BATCH: Final = 32
WAYS: Final[Sequence[tuple[str, Any, Any, int, bool]]] = (
    ('torch, batches', 'torch', 'fp32', BATCH, True),
    ('ONNX fp32, batches', 'onnx', 'fp32', BATCH, True),
    ('ONNX fp32, one at a time', 'onnx', 'fp32', 1, True),
    ('ONNX fp32, one at a time, a token a step', 'onnx', 'fp32', 1, False),
    ('ONNX int8, batches', 'onnx', 'int8', BATCH, True),
    ('ONNX int8, one at a time', 'onnx', 'int8', 1, True),
    ('ONNX int8, one at a time, a token a step', 'onnx', 'int8', 1, False),
)


@contextmanager
def decoder_steps(drafts: bool) -> Iterator[Callable[[], int]]:
    """Counts the steps of the graphs' decoder; without drafts each of them feeds one token."""
    count = 0
    steps = DecoderBatch.steps

    def counted(self: DecoderBatch, tokens: np.ndarray) -> np.ndarray:
        nonlocal count
        count += 1
        return steps(self, tokens)

    with patch.object(DecoderBatch, 'steps', counted):
        if drafts:
            yield lambda: count
        else:
            with patch.object(generation, 'Drafts', lambda *_: lambda tokens: []):
                yield lambda: count


def read(backend: backends.Backend, pictures: Sequence[Image.Image], batch: int) -> tuple[list[Prediction], float]:
    """The predictions, and seconds of the processor."""
    start = time.process_time()
    found: list[Prediction] = []
    for first in range(0, len(pictures), batch):
        found += backend.read(pictures[first : first + batch], num_beams=1)
    return found, time.process_time() - start


def row(name: str, found: Sequence[Prediction], first: Sequence[Prediction], labels: Sequence[Sequence[str]]) -> str:
    same = sum(one.latex == other.latex for one, other in zip(found, first, strict=True))
    scores = max(abs(one.score - other.score) for one, other in zip(found, first, strict=True))
    scored = text_scores([tokenize(item.latex) for item in found], labels)
    return f'| {name} | {same} | {scores:.1e} | {100 * scored.edit_similarity:.2f} | {100 * scored.exact_match:.1f} |'


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks.parity', description='Compare the ways to read pictures.'
    )
    parser.add_argument('checkpoint')
    parser.add_argument('data', type=Path, help='pictures with labels, as evaluate.py takes them')
    parser.add_argument('--limit', type=int, default=500, help='pictures, spread evenly (default 500)')
    parser.add_argument('--only', help='the ways whose name holds this; the first of them is compared with')
    args = parser.parse_args(argv)
    ways = [way for way in WAYS if not args.only or args.only in way[0]]
    if args.limit < 1:
        parser.error('--limit must be at least 1')
    if not ways:
        parser.error(f'--only {args.only}: none of {", ".join(name for name, *_ in WAYS)}')
    try:
        source = load(args.data, 'validation')
        chosen = np.unique(np.linspace(0, len(source) - 1, args.limit).astype(int)).tolist()
        pictures = [source[index]['image'] for index in chosen]
        labels = [tokenize(normalize(source.latex(index))) for index in chosen]
        print(
            f'{len(chosen)} pictures\n\n'
            '| | same formulas as the first | scores differ by at most | edit similarity, % | exact match, % '
            '| steps a picture | ms a picture |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |'
        )
        first: list[Prediction] | None = None
        for name, way, precision, batch, drafts in ways:
            backend = backends.load(args.checkpoint, way, precision, threads=1)
            with decoder_steps(drafts) as steps:
                found, seconds = read(backend, pictures, batch)
            first = first or found
            count = f'{steps() / len(found):.1f}' if steps() and batch == 1 else ''
            print(row(name, found, first, labels), f'{count} | {1000 * seconds / len(found):.1f} |', flush=True)
    except (CheckpointError, DataError) as error:
        print(f'benchmarks.parity: {error}', file=sys.stderr)
        return 2
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
