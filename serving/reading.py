"""From what a client sends to what it is told: the one way for the HTTP interface and the page."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image
from starlette.concurrency import run_in_threadpool

from .batching import Batcher, Prediction
from .crop import Crop
from .pictures import PictureError, open_picture
from .settings import Settings

Source = bytes | str | os.PathLike[str]
"""a file's content, or its path"""


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

    async def read(
        self, sources: Sequence[Source | PictureError], n_best: int = 1, crop: Crop | None = None
    ) -> list[Reading]:
        """Reads pictures; each one that cannot be read says why, and the others are read.

        Args:
            sources: pictures; an error in the place of one that has failed already.
            n_best: most readings of a picture.
            crop: the part of each picture to be read; None reads all of it.

        Raises:
            BusyError: there is too much to do.
        """
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

    async def _open(self, source: Source, crop: Crop | None) -> Image.Image | PictureError:
        try:
            size = len(source) if isinstance(source, bytes) else os.path.getsize(source)
            if size > self._settings.max_bytes:
                return PictureError(f'the picture has {size:,} bytes; at most {self._settings.max_bytes:,} are read')
            image = await run_in_threadpool(open_picture, source, self._settings.max_pixels)
            return image if crop is None else await run_in_threadpool(crop.cut, image)
        except PictureError as error:
            return error
        except OSError:  # uploaded files are deleted after a while, and a page can stay open for longer
            return PictureError('the picture is no longer here: send it again')
