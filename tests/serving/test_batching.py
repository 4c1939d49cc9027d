"""Batches: what comes together is read together, and nobody suffers from his neighbours."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from PIL import Image

from modeling.generation_im2latex import Prediction
from serving.batching import Batcher, BusyError


class Widths:
    """Reads the width of a picture; breaks at a width of 13; each batch waits for `go`."""

    def __init__(self) -> None:
        self.batches: list[tuple[list[int], int]] = []
        self.go = threading.Event()
        self.go.set()

    def __call__(self, images: Sequence[Image.Image], n_best: int) -> list[Prediction]:
        self.go.wait(10)
        widths = [image.width for image in images]
        self.batches.append((widths, n_best))
        if 13 in widths:
            raise RuntimeError('thirteen')
        return [Prediction(str(width), 1.0) for width in widths]


def batcher(reader: Widths, **options: Any) -> Batcher:
    return Batcher(reader, **{'max_batch': 4, 'max_wait': 0.05, 'max_queue': 8, 'queue_timeout': 5.0, **options})


def pictures(*widths: int) -> list[Image.Image]:
    return [Image.new('L', (width, 1)) for width in widths]


def test_clients_share_batches_and_get_their_own() -> None:
    reader = Widths()

    async def run() -> None:
        service = batcher(reader)
        service.start()
        answers = await asyncio.gather(service.submit(pictures(1, 2)), service.submit(pictures(3)))
        assert [[item.latex for item in answer] for answer in answers] == [['1', '2'], ['3']]
        assert len(await service.submit(pictures(*range(20, 30)))) == 10
        await service.stop()

    asyncio.run(run())
    assert reader.batches[0] == ([1, 2, 3], 1)
    assert all(len(widths) <= 4 for widths, _ in reader.batches)


def test_what_is_asked_for_differently_is_read_apart() -> None:
    reader = Widths()

    async def run() -> None:
        service = batcher(reader)
        service.start()
        await asyncio.gather(service.submit(pictures(1), 1), service.submit(pictures(2), 4))
        await service.stop()

    asyncio.run(run())
    assert reader.batches == [([1], 1), ([2], 4)]


def test_a_picture_that_breaks_the_model_breaks_only_its_own_request() -> None:
    async def run() -> None:
        service = batcher(Widths())
        service.start()
        good, bad = await asyncio.gather(
            service.submit(pictures(1)), service.submit(pictures(13)), return_exceptions=True
        )
        assert isinstance(good, list) and good[0].latex == '1'
        assert isinstance(bad, RuntimeError)
        assert [item.latex for item in await service.submit(pictures(2))] == ['2']
        await service.stop()

    asyncio.run(run())


def test_a_full_queue_refuses() -> None:
    reader = Widths()
    reader.go.clear()

    async def run() -> None:
        service = batcher(reader)
        service.start()
        first = asyncio.create_task(service.submit(pictures(1, 2, 3, 4)))
        await asyncio.sleep(0.1)
        second = asyncio.create_task(service.submit(pictures(*range(5, 13))))
        await asyncio.sleep(0.1)
        with pytest.raises(BusyError, match='8 pictures are waiting'):
            await service.submit(pictures(20))
        reader.go.set()
        assert len(await first) + len(await second) == 12
        await service.stop()

    asyncio.run(run())


def test_who_waits_for_too_long_is_told() -> None:
    reader = Widths()
    reader.go.clear()

    async def run() -> None:
        service = batcher(reader, queue_timeout=0.1, max_batch=1)
        service.start()
        first = asyncio.create_task(service.submit(pictures(1)))
        second = asyncio.create_task(service.submit(pictures(2)))
        await asyncio.sleep(0.2)
        reader.go.set()
        assert (await first)[0].latex == '1'
        with pytest.raises(BusyError, match='in time'):
            await second
        await service.stop()

    asyncio.run(run())
    assert reader.batches == [([1], 1)]


def test_a_client_that_goes_leaves_the_others_alone() -> None:
    reader = Widths()
    reader.go.clear()

    async def run() -> None:
        service = batcher(reader)
        service.start()
        going, staying = (asyncio.create_task(service.submit(pictures(width))) for width in (13, 2))
        await asyncio.sleep(0.2)
        going.cancel()
        reader.go.set()
        assert (await staying)[0].latex == '2'
        await service.stop()

    asyncio.run(run())


def test_those_that_have_gone_take_no_place_in_a_batch() -> None:
    reader = Widths()
    reader.go.clear()

    async def run() -> None:
        service = batcher(reader)
        service.start()
        read = asyncio.create_task(service.submit(pictures(1)))
        await asyncio.sleep(0.1)
        going, staying = (
            asyncio.create_task(service.submit(pictures(*widths))) for widths in ((2, 3, 4), (5, 6, 7, 8))
        )
        await asyncio.sleep(0)
        going.cancel()
        reader.go.set()
        await asyncio.gather(read, staying)
        await service.stop()

    asyncio.run(run())
    assert [widths for widths, _ in reader.batches] == [[1], [5, 6, 7, 8]]


def test_stopping_finishes_what_was_accepted() -> None:
    async def run() -> None:
        service = batcher(Widths())
        service.start()
        accepted = asyncio.create_task(service.submit(pictures(*range(20, 40))))
        await asyncio.sleep(0)
        await service.stop()
        assert len(await accepted) == 20
        with pytest.raises(BusyError, match='stopping'):
            await service.submit(pictures(1))

    asyncio.run(run())
