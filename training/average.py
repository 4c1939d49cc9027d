"""Averages the weights of runs of which each began where another, or an ancestor of both, had ended.

    python -m training.average runs/l/final runs/n/final --out runs/averaged

Such models lie in one valley of the loss, and what lies between them is often better than either (Wortsman et al.,
"Model soups", arXiv 2203.05482). What it brought here: docs/experiments.md.
"""

import argparse
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import safetensors
import torch
from safetensors.torch import load_file, save_file

WEIGHTS, TOKENIZER, CONFIG, RECORD = 'model.safetensors', 'tokenizer.json', 'config.json', 'train_args.json'
# What is true of the weights of one run alone.
OF_ONE_RUN = frozenset({'scores.json', 'validation_scores.json', 'calibration.json'})


class AverageError(ValueError):
    """Checkpoints that cannot be averaged; the message says why."""


def average(folders: Sequence[Path], out: Path) -> None:
    """Writes a checkpoint whose weights are the mean of those of others; all else is the last one's.

    Args:
        folders: checkpoints of one architecture and vocabulary, two at least.
        out: folder to write; it must not exist.
    Raises:
        AverageError: a folder holds no checkpoint, they differ in vocabulary or sizes, or `out` exists.
    """
    if len(folders) < 2:
        raise AverageError('an average needs two checkpoints at least')
    if out.exists():
        raise AverageError(f'{out}: exists already')
    first, *others = [_weights(folder) for folder in folders]
    for folder, weights in zip(folders[1:], others, strict=True):
        if _vocabulary(folder) != _vocabulary(folders[0]):
            raise AverageError(f'{folder}: another vocabulary than that of {folders[0]}')
        if _shapes(weights) != _shapes(first) or _architecture(folder) != _architecture(folders[0]):
            raise AverageError(f'{folder}: a model of other sizes than {folders[0]}')
    mean = {
        name: torch.stack([weights[name].double() for weights in (first, *others)]).mean(dim=0).to(tensor.dtype)
        if tensor.is_floating_point()
        else others[-1][name]
        for name, tensor in first.items()
    }
    out.mkdir(parents=True)
    for path in folders[-1].glob('*.json'):
        if path.name not in OF_ONE_RUN:
            shutil.copyfile(path, out / path.name)
    save_file(mean, out / WEIGHTS, metadata={'format': 'pt'})
    if (record := out / RECORD).exists():
        content = json.loads(record.read_text(encoding='utf-8'))
        content['averaged'] = len(folders)
        record.write_text(json.dumps(content, indent=2) + '\n', encoding='utf-8')


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    try:
        return load_file(folder / WEIGHTS)
    except (OSError, safetensors.SafetensorError) as error:
        raise AverageError(f'{folder}: no {WEIGHTS} that can be read: {error}') from error


def _vocabulary(folder: Path) -> bytes | None:
    path = folder / TOKENIZER
    return path.read_bytes() if path.exists() else None


def _architecture(folder: Path) -> list[Any]:
    """What of an architecture the shapes of its tensors do not show."""
    config = json.loads((folder / CONFIG).read_text(encoding='utf-8')) if (folder / CONFIG).exists() else {}
    shown = (('encoder', 'stride'), ('decoder', 'decoder_attention_heads'))
    return [config.get(part, {}).get(name) for part, name in shown]


def _shapes(weights: dict[str, torch.Tensor]) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in weights.items()}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog='training.average', description='Average the weights of checkpoints of one lineage.'
    )
    parser.add_argument('checkpoints', nargs='+', type=Path, metavar='FOLDER', help='what train.py wrote')
    parser.add_argument('--out', type=Path, required=True, metavar='FOLDER', help='folder to write')
    args = parser.parse_args(argv)
    try:
        average(args.checkpoints, args.out)
    except AverageError as error:
        parser.error(str(error))
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
