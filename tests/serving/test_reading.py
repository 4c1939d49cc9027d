"""How much of a request is decoded at a time."""

import asyncio
import io
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from modeling.generation_im2latex import Prediction
from serving import reading
from serving.batching import Batcher, BusyError
from serving.reading import FormulaReader, _pieces
from serving.settings import Settings


class Sizes:
    """Reads of every picture how wide it is, and notes the pixels of each batch."""

    def __init__(self) -> None:
        self.pixels: list[int] = []

    def __call__(self, images: Sequence[Image.Image], n_best: int) -> list[Prediction]:
        self.pixels.append(sum(image.width * image.height for image in images))
        return [Prediction(str(image.width), 1.0) for image in images]


def png(width: int) -> bytes:
    file = io.BytesIO()
    Image.new('1', (width, 1000)).save(file, 'PNG')
    return file.getvalue()


def read(sources: Sequence[Any], **settings: Any) -> tuple[list[str | None], list[int]]:
    async def all_of_them() -> list[str | None]:
        reader = FormulaReader(batcher, Settings(**settings))
        batcher.start()
        try:
            return [r.prediction.latex if r.prediction else r.error for r in await reader.read(sources)]
        finally:
            await batcher.stop()

    sizes = Sizes()
    batcher = Batcher(sizes, max_batch=64, max_wait=0.01, max_queue=64, queue_timeout=5)
    return asyncio.run(all_of_them()), sizes.pixels


def test_no_more_pixels_at_once_than_one_picture_may_have() -> None:
    widths = [900, 100, 1000, 1, 999, 500, 500, 500]
    found, pixels = read([png(width) for width in widths], max_pixels=1_000_000)
    assert found == [str(width) for width in widths]
    assert pixels == [1_000_000, 1_000_000, 1_000_000, 1_000_000, 500_000]


def test_those_that_cannot_be_read_keep_their_places() -> None:
    sources = [png(10), b'no picture', png(2000), reading.PictureError('not base64'), png(11)]
    found, _ = read(sources, max_pixels=1_500_000)
    assert found[0] == '10' and found[4] == '11'
    assert found[1] == 'not a picture' and 'too large' in str(found[2]) and found[3] == 'not base64'


def test_no_room_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, 'LARGE_AT_ONCE', 0)
    assert read([png(999)], queue_timeout=0.05)[0] == ['999'], 'small ones need none'
    with pytest.raises(BusyError, match='large'):
        read([png(1000)], queue_timeout=0.05)


@given(st.lists(st.integers(0, 10)), st.integers(10, 30))
def test_pieces_are_the_whole_in_order_and_no_larger_than_they_may_be(sizes: list[int], most: int) -> None:
    pieces = list(_pieces(sizes, most))
    assert [size for start, end in pieces for size in sizes[start:end]] == sizes
    assert all(start < end and sum(sizes[start:end]) <= most for start, end in pieces)
    assert all(sum(sizes[a:d]) > most for (a, _), (_, d) in zip(pieces, pieces[1:], strict=False))
