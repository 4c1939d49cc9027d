"""Any picture as levels of grey: PIL images of all modes and arrays of all kinds. PIL and numpy only."""

from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageOps

# A picture above this many pixels is first reduced by a whole factor, strip by strip (an A4 page at 600 dpi is 35 M).
MAX_PIXELS = 1 << 25


def to_grey(image: Any) -> np.ndarray:
    """Any picture as uint8 (H, W), 0 black; transparency is filled so that what is visible stays visible.

    Raises:
        TypeError: not a picture.
        ValueError: an array of the wrong shape, or a picture without pixels.
    """
    if isinstance(image, Image.Image) and image.getexif().get(ExifTags.Base.Orientation, 1) != 1:
        image = ImageOps.exif_transpose(image)
    # PIL makes 8 bits of a deeper picture by cutting off, not by scaling.
    if not isinstance(image, Image.Image) or image.mode.startswith(('I', 'F')):
        image = _channels_last(image)
    width, height = image.size if isinstance(image, Image.Image) else image.shape[1::-1]
    if not width or not height:
        raise ValueError(f'the picture has no pixels: its size is {width}x{height}')
    levels = _levels(image) if isinstance(image, np.ndarray) else (0.0, 255.0)
    factor = 1
    while (height // factor) * (width // factor) > MAX_PIXELS:
        factor += 1
    # One strip, the whole picture, unless it is huge.
    rows = height if factor == 1 else max(1, MAX_PIXELS // (8 * width * factor)) * factor
    strips = []
    for y in range(0, height, rows):
        if isinstance(image, np.ndarray):
            strip = Image.fromarray(_to_8_bits(image[y : y + rows], *levels))
        else:
            strip = image if rows == height else image.crop((0, y, width, min(y + rows, height)))
        strip = _to_grey_or_alpha(strip)
        strips.append(np.asarray(strip if factor == 1 else strip.reduce(factor)))
    grey = strips[0] if len(strips) == 1 else np.concatenate(strips)
    return grey if grey.ndim == 2 else _flatten_alpha(grey[..., 0], grey[..., 1])


def _channels_last(array: Any) -> np.ndarray:
    """An array-like as (H, W), or (H, W, 3 or 4)."""
    array = np.asarray(array)
    if array.dtype == object or array.dtype.kind in 'USOMmcV':
        raise TypeError('a PIL image or a numeric array is needed; open files with PIL.Image.open first')
    if array.ndim == 3 and array.shape[-1] not in (1, 3, 4) and array.shape[0] in (1, 3, 4):
        array = np.moveaxis(array, 0, -1)
    if array.ndim == 3 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim != 2 and not (array.ndim == 3 and array.shape[-1] in (3, 4)):
        raise ValueError(f'an array (H, W) or (H, W, 3 or 4) is needed, not {array.shape}')
    return array


def _levels(array: np.ndarray) -> tuple[float, float]:
    """(lowest level, span) of an array's levels; never a span so small that it magnifies mere noise."""
    if array.dtype == np.uint8:
        return 0.0, 255.0
    low, high = float(np.nanmin(array)), float(np.nanmax(array))
    top = max(abs(low), abs(high))
    full = 1.0 if top <= 1 else 255.0 if top <= 255 else 65535.0 if top <= 65535 else top
    # Channels keep their common zero, without which opacity would lose its meaning.
    return (min(low, 0.0), full) if array.ndim == 3 else (low, max(high - low, full / 16))


def _to_8_bits(array: np.ndarray, low: float, span: float) -> np.ndarray:
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    scaled = (np.nan_to_num(array.astype(np.float32), nan=low) - np.float32(low)) * np.float32(255 / span)
    return np.clip(scaled + 0.5, 0, 255).astype(np.uint8)


def _to_grey_or_alpha(image: Image.Image) -> Image.Image:
    """The same picture in mode L, or LA where it can be transparent."""
    if image.mode == 'LA' or (image.mode == 'L' and 'transparency' not in image.info):
        return image
    if image.mode in ('RGBA', 'RGBa', 'PA') or 'transparency' in image.info:
        return image.convert('RGBA').convert('LA')
    if image.mode == 'La':
        return image.convert('LA')
    return image.convert('RGB').convert('L') if image.mode == 'HSV' else image.convert('L')


def _flatten_alpha(grey: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Grey and opacity, uint8 (H, W) each, laid on the paper that lets the ink be seen."""
    if alpha.min() == 255:
        return np.ascontiguousarray(grey)
    visible = grey[alpha > 127]
    if not visible.size:
        visible = grey[alpha > 0]
    if not visible.size:
        return np.full(grey.shape, 255, np.uint8)
    if 2 * visible.size > grey.size and int(visible.max()) - int(visible.min()) >= 64:
        paper = float(np.median(visible))  # an opaque picture with transparent corners
    else:
        paper = 255.0 if visible.mean() < 128 else 0.0
    weight = alpha.astype(np.float32) / 255
    return (paper + (grey - np.float32(paper)) * weight + 0.5).astype(np.uint8)


__all__ = ['to_grey']
