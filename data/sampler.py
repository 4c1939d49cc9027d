"""Which pictures share a batch: pictures of like size, so that little of it is padding.

sampler = BucketSampler(train.sizes, batch_pixels=600_000)
for batch in sampler.batches(epoch=0, start=120):     # lists of Draw; the same whenever they are asked for
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .training_set import Draw

# Heights and widths of batches are multiples of this: few shapes, since kernels are prepared once for every new one.
GRID = (16, 64)
# Paper kept round the ink, and what slight rotation and bolder strokes add, in pixels.
SLACK = 10
BATCH_STEP = 8


@dataclass(frozen=True)
class BucketSampler:
    """Batches for one process of a run, each a function of (seed, epoch) alone.

    An epoch is shuffled and dealt into one bucket for each size of canvas; a bucket that holds a batch is emptied.
    What is left at the end of the epoch makes smaller batches. Of several processes each takes every n-th batch, so
    that all have equally many.
    """

    sizes: np.ndarray
    """height and width at scale 1, in pixels, (N, 2)"""
    batch_pixels: int = 600_000
    """most pixels of a batch, padding included"""
    max_batch: int = 128
    """most pictures of a batch"""
    scale_range: tuple[float, float] = (0.75, 1.5)
    """smallest and largest size of the letters"""
    scale_sigma: float = 0.15
    """standard deviation of the logarithm of the letters' size"""
    scale_uniform: float = 0.4
    """share of the pictures whose letters' size is drawn evenly over the whole range instead"""
    bucket: bool = True
    """False takes pictures as they come: uniform sampling"""
    seed: int = 0
    rank: int = 0
    world: int = 1

    def batches(self, epoch: int, start: int = 0) -> Iterator[list[Draw]]:
        """This process's batches of an epoch, from number `start` on."""
        turn: list[list[Draw]] = []
        number = 0
        for batch in self._all_batches(epoch):
            turn.append(batch)
            if len(turn) == self.world:
                if number >= start:
                    yield turn[self.rank]
                number += 1
                turn = []

    def _all_batches(self, epoch: int) -> Iterator[list[Draw]]:
        rng = np.random.default_rng((self.seed, epoch))
        order = rng.permutation(len(self.sizes))
        low, high = self.scale_range
        scales = np.exp(rng.normal(0, self.scale_sigma, len(order))).clip(low, high)
        scales = np.where(rng.random(len(order)) < self.scale_uniform, rng.uniform(low, high, len(order)), scales)
        canvases = np.ceil((self.sizes[order] * scales[:, None] + SLACK) / GRID).astype(int) * GRID
        looks = [Draw(index, epoch, scale) for index, scale in zip(order.tolist(), scales.tolist(), strict=True)]
        if not self.bucket:
            yield from self._in_turn(looks, canvases)
            return
        buckets: dict[tuple[int, int], list[Draw]] = {}
        for look, (height, width) in zip(looks, canvases.tolist(), strict=True):
            bucket = buckets.setdefault((height, width), [])
            bucket.append(look)
            if len(bucket) >= self._batch_size(height * width):
                yield buckets.pop((height, width))
        rest = list(buckets.values())
        rng.shuffle(rest)  # type: ignore[arg-type]
        yield from rest

    def _in_turn(self, looks: list[Draw], canvases: np.ndarray) -> Iterator[list[Draw]]:
        """As many pictures a batch as a canvas for the largest of them allows."""
        batch: list[Draw] = []
        largest = np.zeros(2, int)
        for look, canvas in zip(looks, canvases, strict=True):
            grown = np.maximum(largest, canvas)
            if batch and len(batch) >= self._batch_size(int(grown.prod())):
                yield batch
                batch, grown = [], canvas
            batch.append(look)
            largest = grown
        if batch:
            yield batch

    def _batch_size(self, pixels: int) -> int:
        count = min(self.max_batch, self.batch_pixels // pixels)
        return max(1, count - count % BATCH_STEP if count > BATCH_STEP else count)
