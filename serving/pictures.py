"""Opens pictures that come from anywhere: nothing is decoded before its kind and its size are known."""

import contextlib
import io
import os
import warnings
from collections.abc import Iterator

from PIL import Image, UnidentifiedImageError

# Those a person's files come in, and that this Pillow was built with. Named, since it would otherwise try dozens more,
# and hand PostScript to an interpreter.
Image.init()
FORMATS = tuple(name for name in ('PNG', 'JPEG', 'WEBP', 'GIF', 'BMP', 'TIFF', 'PPM', 'AVIF') if name in Image.OPEN)
MAX_PIXELS = 100_000_000
Source = bytes | str | os.PathLike[str]
"""a file's content, or its path"""


class PictureError(ValueError):
    """A picture cannot be used; the message says why and is meant for whoever sent it."""


def open_picture(source: Source, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """The first picture in a file, decoded, in the mode it is stored in.

    Args:
        source: the file's content, or its path.
        max_pixels: a picture of more pixels, width times height, is refused before it is decoded.

    Raises:
        PictureError: it is no picture, a broken one, or too large.
    """
    with _opened(source, max_pixels) as image:
        image.load()
        return image


def count_pixels(source: Source, max_pixels: int = MAX_PIXELS) -> int:
    """Width times height of the first picture in a file, which is not decoded; arguments and errors as above."""
    with _opened(source, max_pixels) as image:
        return image.width * image.height


@contextlib.contextmanager
def _opened(source: Source, max_pixels: int) -> Iterator[Image.Image]:
    """The picture before it is decoded; whatever goes wrong, then or while it is in use, is a PictureError."""
    try:
        # Pillow warns where it would rather raise: at sizes near its own limit, and at odd metadata.
        with warnings.catch_warnings(action='ignore'):
            file = io.BytesIO(source) if isinstance(source, bytes) else source
            with Image.open(file, formats=FORMATS) as image:
                width, height = image.size
                if width * height > max_pixels:
                    raise PictureError(f'{width}x{height} is too large: {_at_most(max_pixels)}')
                yield image
    except PictureError:
        raise
    except Image.DecompressionBombError:  # Pillow's own limit, should it be the lower one
        raise PictureError(f'too large: {_at_most(max_pixels)}') from None
    except UnidentifiedImageError:
        raise PictureError(_no_picture(_head(source))) from None
    except Exception as error:  # on a broken file Pillow's decoders raise whatever comes to them
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise PictureError(f'cannot be read: {reason or type(error).__name__}') from error


def _at_most(pixels: int) -> str:
    return f'at most {pixels / 1e6:,.0f} million pixels are read, so cut out the formula'


def _head(source: Source, size: int = 1024) -> bytes:
    if isinstance(source, bytes):
        return source[:size]
    with open(source, 'rb') as file:
        return file.read(size)


def _no_picture(head: bytes) -> str:
    if head.lstrip().startswith(b'%PDF'):
        return 'not a picture but a PDF: take a screenshot of the formula'
    if b'<svg' in head.lower():
        return 'an SVG drawing, which is not read: take a screenshot of the formula, or export it as PNG'
    if head[4:12] in (b'ftypheic', b'ftypheix', b'ftypmif1'):
        return 'a HEIC photo, which is not read: save it as JPEG or PNG'
    return 'not a picture' if head else 'not a picture: the file is empty'
