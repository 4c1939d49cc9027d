"""Any PIL picture of a formula as black on white: `to_grey(Image.open('formula.png'))`, mode 'L'."""

import warnings

import numpy as np
from PIL import ExifTags, Image, ImageOps


def to_grey(image: Image.Image) -> Image.Image:
    """The picture in mode 'L', 0 ink and 255 paper, with the levels it has.

    Turned the way its EXIF orientation says; transparency is filled so that the ink stays visible, pictures of more
    than 8 bits are scaled, not cut off, and light ink on a dark ground changes places with it.
    """
    if image.getexif().get(ExifTags.Base.Orientation, 1) != 1:
        image = ImageOps.exif_transpose(image)
    if image.mode.startswith(('I', 'F')):
        image = _to_8_bits(image)
    if image.mode in ('LA', 'La', 'PA', 'RGBA', 'RGBa') or 'transparency' in image.info:
        image = _without_alpha(image)
    elif image.mode != 'L':
        image = (image.convert('RGB') if image.mode == 'HSV' else image).convert('L')
    return ImageOps.invert(image) if _is_dark(np.asarray(image)) else image


def without_transparency(image: Image.Image) -> Image.Image:
    """The picture in mode 'L' where every pixel that is not wholly transparent keeps its colour, and others are white.

    What a viewer that ignores how transparent a pixel is makes of black ink on a transparent ground.
    """
    if image.mode == 'P' and isinstance(opacity := image.info.get('transparency'), bytes):
        # A page is four million pixels: a table of 256 entries is five times faster than a conversion to RGBA.
        colours = np.array(image.getpalette('RGB'), np.uint8).reshape(1, -1, 3)
        table = np.full(256, 255, np.uint8)
        table[: colours.shape[1]] = np.asarray(Image.fromarray(colours).convert('L'))[0]
        alpha = np.frombuffer(opacity.ljust(256, b'\xff'), np.uint8)
        return image.point(np.where(alpha > 0, table, 255).tolist(), 'L')
    if image.mode in ('LA', 'RGBA') or 'transparency' in image.info:
        rgba = image.convert('RGBA')
        touched = rgba.getchannel('A').point([0] + [255] * 255)
        return Image.composite(rgba.convert('L'), Image.new('L', image.size, 255), touched)
    return to_grey(image)


def _is_dark(grey: np.ndarray) -> bool:
    """Whether the ground is: ink may cover more than half of a picture, or touch its border, but hardly both."""
    border = np.concatenate([grey[0], grey[-1], grey[1:-1, 0], grey[1:-1, -1]])
    return bool(np.median(grey) < 128 and np.median(border) < 128)


def _to_8_bits(image: Image.Image) -> Image.Image:
    levels = np.nan_to_num(np.asarray(image).astype(np.float32))
    low, high = float(levels.min()), float(levels.max())
    top = max(abs(low), abs(high))
    full = next((bound for bound in (1.0, 255.0, 65535.0) if top <= bound), top)
    # A span of its own, so that 12 bits in a file of 16 become 8 too; but never so small that it magnifies mere noise.
    scaled = (levels - low) * (255 / max(high - low, full / 16))
    return Image.fromarray(np.clip(scaled + 0.5, 0, 255).astype(np.uint8))


def _without_alpha(image: Image.Image) -> Image.Image:
    if image.mode != 'LA':
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')  # PIL says to convert palettes with transparency to RGBA, as here
            image = image.convert('LA' if image.mode == 'La' else 'RGBA').convert('LA')
    grey, alpha = np.moveaxis(np.asarray(image), -1, 0)
    visible = grey[alpha > 127] if (alpha > 127).any() else grey[alpha > 0]
    if not visible.size:
        return Image.new('L', image.size, 255)
    if 2 * visible.size > grey.size and int(visible.max()) - int(visible.min()) >= 64:
        paper = float(np.median(visible))  # an opaque picture with transparent corners
    else:
        paper = 255.0 if visible.mean() < 128 else 0.0
    weight = alpha.astype(np.float32) / 255
    return Image.fromarray((paper + (grey - np.float32(paper)) * weight + 0.5).astype(np.uint8))
