"""From what a client sends to what it is told: the one way for the HTTP interface and the page."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

from PIL import Image
from starlette.concurrency import run_in_threadpool

from .batching import Batcher, BusyError, Prediction
from .crop import Crop
from .pictures import PictureError, Source, count_pixels, open_picture
from .settings import Settings

LARGE = 1_000_000
"""pixels of a picture that is not read beside any number of others: a pixel takes up to four bytes"""
LARGE_AT_ONCE = 4
"""so many pieces of requests with large pictures are decoded and read at a time"""


@dataclass(frozen=True)
class Reading:
    """A prediction, or the reason why there is none."""

    prediction: Prediction | None
    error: str | None


class FormulaReader:
    """Opens pictures within the limits and has them read.

    Args:
        batcher: reads pictures; it must have been started.
        settings: its limits on bytes and pixels are used.
    """

    def __init__(self, batcher: Batcher, settings: Settings) -> None:
        self._batcher = batcher
        self._settings = settings
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)

    async def read(
        self, sources: Sequence[Source | PictureError], n_best: int = 1, crop: Crop | None = None
    ) -> list[Reading]:
        """Reads pictures; each one that cannot be read says why, and the others are read.

        A few kilobytes of a file may be a hundred megabytes of a picture: of a request no more pixels are decoded at a
        time than one picture may have, and of all requests a few such pieces.

        Args:
            sources: pictures; an error in the place of one that has failed already.
            n_best: most readings of a picture.
            crop: the part of each picture to be read; None reads all of it.

        Raises:
            BusyError: there is too much to do.
        """
        sizes = [await self._size(source) for source in sources]
        known = [
            size if isinstance(size, PictureError) else source for source, size in zip(sources, sizes, strict=True)
        ]
        pixels = [0 if isinstance(size, PictureError) else size for size in sizes]
        readings: list[Reading] = []
        for start, end in _pieces(pixels, self._settings.max_pixels):
            async with self._room(sum(pixels[start:end])):
                readings += await self._read(known[start:end], n_best, crop)
        return readings

    async def _read(self, sources: Sequence[Source | PictureError], n_best: int, crop: Crop | None) -> list[Reading]:
        # Decoding takes memory and the interpreter's time, so one request decodes one picture at a time.
        opened = [source if isinstance(source, PictureError) else await self._open(source, crop) for source in sources]
        images = [image for image in opened if not isinstance(image, PictureError)]
        predictions = iter(await self._batcher.submit(images, n_best) if images else ())
        readings = []
        for image in opened:
            if isinstance(image, PictureError):
                readings.append(Reading(None, str(image)))
            else:
                prediction = next(predictions)
                readings.append(Reading(None if prediction.error else prediction, prediction.error))
        return readings

    @contextlib.asynccontextmanager
    async def _room(self, pixels: int) -> AsyncIterator[None]:
        """Waits until so many pixels may be decoded; raises BusyError if that takes too long."""
        if pixels < LARGE:
            yield
            return
        try:
            async with asyncio.timeout(self._settings.queue_timeout):
                await self._large.acquire()
        except TimeoutError:
            raise BusyError('more large pictures are waiting than can be read in time') from None
        try:
            yield
        finally:
            self._large.release()

    async def _size(self, source: Source | PictureError) -> int | PictureError:
        """Pixels of a picture within the limits."""
        if isinstance(source, PictureError):
            return source
        try:
            size = len(source) if isinstance(source, bytes) else os.path.getsize(source)
            if size > self._settings.max_bytes:
                return PictureError(f'the picture has {size:,} bytes; at most {self._settings.max_bytes:,} are read')
            return await run_in_threadpool(count_pixels, source, self._settings.max_pixels)
        except PictureError as error:
            return error
        except OSError:  # uploaded files are deleted after a while, and a page can stay open for longer
            return PictureError('the picture is no longer here: send it again')

    async def _open(self, source: Source, crop: Crop | None) -> Image.Image | PictureError:
        try:
            image = await run_in_threadpool(open_picture, source, self._settings.max_pixels)
            return image if crop is None else await run_in_threadpool(crop.cut, image)
        except PictureError as error:
            return error


def _pieces(sizes: Sequence[int], most: int) -> Iterator[tuple[int, int]]:
    """Begin and end of pieces whose sizes add up to `most` at most, as long as each of them does."""
    start = total = 0
    for place, size in enumerate(sizes):
        if total + size > most and place > start:
            yield start, place
            start, total = place, 0
        total += size
    if sizes:
        yield start, len(sizes)
