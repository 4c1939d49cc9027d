"""The image processor that transformers knows: `PicturePreparation` with the library's ways in and out.

inputs = Im2LatexImageProcessor()(images, return_tensors='pt')     # pixel_values, pixel_mask
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from PIL import Image
from transformers.image_processing_utils import BaseImageProcessor, BatchFeature

from .picture_im2latex import PicturePreparation


class Im2LatexImageProcessor(PicturePreparation, BaseImageProcessor):
    """Crops a picture to its ink and normalises polarity, background and contrast.

    The settings are those of `PicturePreparation`; what else a configuration file holds goes to the parent.
    """

    model_input_names = ['pixel_values', 'pixel_mask']

    def __init__(
        self,
        margin: int = 4,
        size_divisor: int = 16,
        max_height: int = 512,
        max_width: int = 1280,
        min_size: int = 3,
        ink_threshold: float = 0.25,
        scale: float = 1.0,
        min_dpi: float | None = None,
        max_dpi: float | None = None,
        **kwargs: Any,
    ) -> None:
        BaseImageProcessor.__init__(self, **kwargs)
        PicturePreparation.__init__(
            self, margin, size_divisor, max_height, max_width, min_size, ink_threshold, scale, min_dpi, max_dpi
        )

    def preprocess(self, images: Any, return_tensors: str | None = None) -> BatchFeature:  # type: ignore[override]
        """One picture, or a list of pictures of any sizes, as a padded batch.

        A picture is a PIL image of any mode or an array (H, W), (H, W, C) or (C, H, W) with 1, 3 or 4 channels
        (bool, integer, or float from 0 to 1 or 0 to 255); an array of four dimensions is a batch.

        Returns:
            `pixel_values` float32 (B, 1, H, W), ink 1 and paper 0; `pixel_mask` int64 (B, H, W), 1 on the picture and
            0 on the padding of the batch. Numpy arrays, or torch tensors for `return_tensors='pt'`.

        Raises:
            ValueError: a picture is blank, or its ink is smaller than `min_size`.
            TypeError: something is no picture.
        """
        return self.pad([self.prepare(image) for image in _pictures(images)], return_tensors=return_tensors)

    def pad(
        self,
        arrays: Sequence[np.ndarray],
        offsets: Sequence[tuple[int, int]] | None = None,
        canvas: tuple[int, int] | None = None,
        return_tensors: str | None = None,
    ) -> BatchFeature:
        """Prepared pictures as one batch: `stack`, as numpy arrays or torch tensors."""
        return BatchFeature(self.stack(arrays, offsets, canvas), tensor_type=return_tensors)


def _pictures(images: Any) -> Iterable[Any]:
    """The pictures of an argument that may be one picture, a batch, or lists of pictures in lists."""
    if isinstance(images, list | tuple):
        for image in images:
            yield from _pictures(image)
    elif not isinstance(images, Image.Image) and np.ndim(images) == 4:
        yield from images
    else:
        yield images
