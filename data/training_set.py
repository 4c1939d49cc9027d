"""Training pictures: normalised labels, filters that count what they drop, and drawing with a random look.

source = load('pages/arxiv')
train = TrainingSet([source], [normalized_labels(source)], [source.sizes(image_processor)], tokenizer, seed=0)
train[Draw(index=5, epoch=0, scale=1.2)]                      # {'image': ..., 'latex': ...}
"""

import hashlib
import multiprocessing
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import numpy as np
from transformers import PreTrainedTokenizerBase

from .augment import DEFAULT, Augmentation
from .dataset import Example, Source, cache_folder
from .files import write_whole
from .latex import fingerprint, normalize


@dataclass(frozen=True, slots=True)
class Draw:
    """One look at one picture: the index in the set, the epoch (which seeds the look) and the size of the letters."""

    index: int
    epoch: int
    scale: float


def normalized_labels(source: Source, cache: Path | None = None, workers: int | None = None) -> list[str]:
    """The canonical label of every picture, kept in a file under `cache` that the rules' own text names."""
    cache = cache or cache_folder()
    digest = hashlib.sha256(fingerprint().encode())
    given = source.labels()
    for label in given:
        digest.update(label.encode() + b'\0')
    file = cache / 'labels' / f'{digest.hexdigest()[:24]}.txt'
    if file.exists():
        return file.read_text(encoding='utf-8').split('\0')[:-1]
    if len(given) < 2000:
        labels = [normalize(label) for label in given]
    else:
        with ProcessPoolExecutor(workers, multiprocessing.get_context('spawn')) as pool:
            labels = list(pool.map(normalize, given, chunksize=500))
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, ''.join(f'{label}\0' for label in labels).encode())
    return labels


class UnreadableExample(TypedDict):
    """In place of a picture whose file is broken."""

    image: None
    latex: str


class TrainingSet:
    """Several sources as one set of canonical labels and random looks.

    A picture is left out, and counted in `dropped` by reason, if its label is empty, holds a token that the tokenizer
    does not know, is longer than `max_tokens`, or if it is wider or higher than `max_size` at scale 1.

    Args:
        sources: what `data.dataset.load` returned.
        labels: for each source its canonical labels.
        sizes: for each source the sizes of its pictures at scale 1, as `Source.sizes` gives them.
        tokenizer: encodes a label as bos, tokens, eos.
        seed: with the epoch and the index it decides each look.
        augmentation: the table of looks.
        max_tokens: longest label, bos and eos included.
        max_size: greatest height and width at scale 1, in pixels.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        labels: Sequence[Sequence[str]],
        sizes: Sequence[np.ndarray],
        tokenizer: PreTrainedTokenizerBase,
        *,
        seed: int = 0,
        augmentation: Augmentation = DEFAULT,
        max_tokens: int = 256,
        max_size: tuple[int, int] = (256, 800),
    ):
        self.sources = list(sources)
        self.seed = seed
        self.augmentation = augmentation
        self._starts = np.cumsum([0] + [len(source) for source in self.sources])
        self.labels = [label for part in labels for label in part]
        if len(self.labels) != self._starts[-1]:
            raise ValueError(f'{len(self.labels)} labels for {self._starts[-1]} pictures')
        lengths, unknown = _encoded(self.labels, tokenizer)
        all_sizes = np.concatenate([np.empty((0, 2), np.float32), *sizes])
        reasons = {
            'unreadable picture': np.isnan(all_sizes).any(axis=1),
            'empty label': lengths <= 2,
            'token not in the vocabulary': unknown,
            f'more than {max_tokens} tokens': lengths > max_tokens,
            f'larger than {max_size[0]}x{max_size[1]}': (all_sizes > np.array(max_size)).any(axis=1),
        }
        keep = np.ones(len(self.labels), bool)
        self.dropped: Counter[str] = Counter()
        for reason, hit in reasons.items():
            self.dropped[reason] = int((keep & hit).sum())
            keep &= ~hit
        self.kept = np.flatnonzero(keep)
        self.sizes = all_sizes[self.kept]
        self.lengths = lengths[self.kept]

    def __len__(self) -> int:
        return len(self.kept)

    def __getitem__(self, look: Draw) -> Example | UnreadableExample:
        index = int(self.kept[look.index])
        part = int(np.searchsorted(self._starts, index, side='right')) - 1
        source, local = self.sources[part], index - int(self._starts[part])
        rng = np.random.default_rng((self.seed, look.epoch, look.index))
        label = self.labels[index]
        try:
            found = source.look(local, look.scale, rng, self.augmentation)
        except (OSError, SyntaxError, ValueError):  # what PIL raises for a broken file
            return {'image': None, 'latex': label}
        return {'image': found.image, 'latex': label, 'enlarge': found.enlarge, 'fit': found.fit}


def _encoded(labels: Sequence[str], tokenizer: PreTrainedTokenizerBase) -> tuple[np.ndarray, np.ndarray]:
    """Token counts of the labels, bos and eos included, and whether each holds an unknown token."""
    lengths = np.empty(len(labels), np.int32)
    unknown = np.empty(len(labels), bool)
    for start in range(0, len(labels), 10_000):
        for offset, ids in enumerate(tokenizer(list(labels[start : start + 10_000]))['input_ids']):
            lengths[start + offset] = len(ids)
            unknown[start + offset] = tokenizer.unk_token_id in ids
    return lengths, unknown
