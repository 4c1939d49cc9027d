"""The part of a picture that a person has dragged over."""

from dataclasses import dataclass
from typing import Self

from PIL import Image, ImageOps

from .pictures import PictureError


@dataclass(frozen=True)
class Crop:
    """A rectangle in shares of the picture as it is seen, 0 to 1 from its left and its top."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """`left,top,right,bottom`; the empty text is the whole picture, None.

        Raises:
            PictureError: it is not four numbers that make a rectangle.
        """
        if not text:
            return None
        try:
            left, top, right, bottom = (float(part) for part in text.split(','))
        except ValueError:
            raise PictureError('the part of the picture must be four numbers: left,top,right,bottom') from None
        if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
            raise PictureError('the part of the picture lies outside it, or is empty')
        return cls(left, top, right, bottom)

    def cut(self, image: Image.Image) -> Image.Image:
        """That part of a picture, one pixel at least in each direction."""
        image = ImageOps.exif_transpose(image)
        width, height = image.size
        x, y = int(self.left * width), int(self.top * height)
        return image.crop((x, y, max(x + 1, round(self.right * width)), max(y + 1, round(self.bottom * height))))
