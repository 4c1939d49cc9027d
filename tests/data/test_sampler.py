"""Batches: every picture once an epoch, like sizes together, the same again when asked again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.sampler import GRID, SLACK, BucketSampler


def sizes(count: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.stack([rng.uniform(8, 90, count), rng.uniform(10, 500, count)], axis=1)


@given(count=st.integers(1, 300), seed=st.integers(0, 9), pixels=st.integers(20_000, 400_000), bucket=st.booleans())
def test_every_picture_once_and_no_batch_too_large(count: int, seed: int, pixels: int, bucket: bool) -> None:
    sampler = BucketSampler(sizes(count, seed), batch_pixels=pixels, max_batch=16, seed=seed, bucket=bucket)
    batches = list(sampler.batches(epoch=seed))
    looks = [look for batch in batches for look in batch]
    assert sorted(look.index for look in looks) == list(range(count))
    assert all(0.6 <= look.scale <= 2.0 and look.epoch == seed for look in looks)
    assert max(map(len, batches)) <= 16
    for batch in batches:
        ink = np.array([sampler.sizes[look.index] * look.scale for look in batch])
        canvas = (np.ceil((ink + SLACK) / GRID) * GRID).astype(int)
        assert not bucket or len(np.unique(canvas, axis=0)) == 1
        assert len(batch) == 1 or len(batch) * canvas.max(axis=0).prod() <= pixels


def test_an_epoch_can_be_entered_anywhere() -> None:
    sampler = BucketSampler(sizes(400), batch_pixels=200_000)
    whole = list(sampler.batches(epoch=3))
    assert list(sampler.batches(epoch=3, start=5)) == whole[5:]
    assert list(sampler.batches(epoch=4)) != whole


@pytest.mark.parametrize('world', [2, 3])
def test_processes_share_an_epoch(world: int) -> None:
    whole = list(BucketSampler(sizes(300), batch_pixels=100_000).batches(0))
    shares = [
        list(BucketSampler(sizes(300), batch_pixels=100_000, rank=r, world=world).batches(0)) for r in range(world)
    ]
    assert len({len(share) for share in shares}) == 1
    merged = [batch for turn in zip(*shares, strict=True) for batch in turn]
    assert merged == whole[: len(merged)]
    assert len(whole) - len(merged) < world
