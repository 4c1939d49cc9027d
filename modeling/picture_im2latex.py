"""Picture of a formula -> array: any PIL or numpy picture becomes ink = 1 on paper = 0, cropped to the ink.

Deterministic; PIL and numpy only, so that the model runs where torch and transformers are not installed. The image
processor of transformers, in `image_processing_im2latex.py`, is this class and nothing more.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from .grey_im2latex import to_grey
from .letter_size_im2latex import resolution

# What PIL raises for broken files; SyntaxError of a PNG's later parts.
BROKEN = (OSError, SyntaxError, Image.DecompressionBombError)

# Grey levels of 255: marks that stand out less than this from the paper are not ink.
MIN_CONTRAST = 12
# Where the commonest grey level (+-2) covers such a share of a picture, it is the paper.
CLEAN_SHARE = 0.4
# A picture is even, without noise or shade, where the other grey levels within NEAR of the commonest one (+-2) cover
# less than EVEN_SHARE of what that covers. The edges of letters at 50 dpi, cropped tight, come to 0.55, noise to more.
# The commonest grey level is the paper then, even if letters leave little of it.
EVEN_SHARE, NEAR, LEAST_PAPER = 0.6, 40, 0.2
# Height and width of the smallest part of a picture that shows how bright its paper is there, in pixels.
MIN_CELL = 6
# Specks so near to the ink, in pixels down and across, are part of the formula: dots and accents at a low resolution,
# and the full stop that ends it, after a wide space.
REACH_Y, REACH_X = 8, 24
# Beyond it a picture has nothing more to show.
MAX_ENLARGE = 2.0
# Grey levels between the two ends of the fitted background, from which on the background is flattened.
SHADE_RANGE = 6


class PicturePreparation:
    """Crops a picture to its ink and normalises polarity, background and contrast.

    Args:
        margin: pixels of paper kept on every side of the ink.
        size_divisor: height and width are padded with paper, evenly on both sides, to a multiple of this: the total
            stride of the encoder.
        max_height, max_width: upper bounds of the result in pixels (multiples of `size_divisor`); a larger picture is
            scaled down, its proportions kept.
        min_size: a picture whose ink is smaller than this in both directions is refused, in pixels.
        ink_threshold: a pixel counts as ink for the crop from this share of the contrast on, 0 to 1.
        scale: pictures are enlarged by this factor: letters of screen size on cells enough.
        min_dpi, max_dpi: pictures whose letters are as small as 10 pt type at a lower resolution than `min_dpi` are
            enlarged, by at most `MAX_ENLARGE`, and those with letters as large as at a higher one than `max_dpi` are
            scaled down, to letters of that size, before `scale`; None leaves such pictures their size.
    """

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
    ) -> None:
        if margin < 0 or size_divisor < 1 or not 0 < ink_threshold < 1:
            raise ValueError('margin must be >= 0, size_divisor >= 1, and ink_threshold between 0 and 1')
        for name, bound in (('max_height', max_height), ('max_width', max_width)):
            if bound % size_divisor or bound <= 2 * margin:
                raise ValueError(f'{name}={bound} must be a multiple of size_divisor={size_divisor} above 2 * margin')
        if scale <= 0 or not 0 < (min_dpi or 1) <= (max_dpi or math.inf):
            raise ValueError('scale, min_dpi and max_dpi must be positive, and min_dpi at most max_dpi')
        self.margin = margin
        self.size_divisor = size_divisor
        self.max_height = max_height
        self.max_width = max_width
        self.min_size = min_size
        self.ink_threshold = ink_threshold
        self.scale = scale
        self.min_dpi = min_dpi
        self.max_dpi = max_dpi

    def prepare(self, image: Any, enlarge: float = 1.0, fit: bool = True) -> np.ndarray:
        """One picture as float32 (H, W), ink 1 and paper 0, H and W multiples of `size_divisor`.

        Args:
            enlarge: by how much larger to make it than it would be, as far as `max_height` and `max_width` go.
            fit: bring letters into the bounds `min_dpi` and `max_dpi`; False for letters of a size that is known.

        Raises:
            ValueError: the picture is blank, or its ink is smaller than `min_size`.
        """
        grey = _flatten_background(to_grey(image))
        ink = _ink_table(grey)
        if ink is None:
            raise ValueError('the picture is blank: nothing on it stands out from the background')
        top, bottom, left, right = self._ink_box((ink > self.ink_threshold)[grey])
        # The paper round the ink comes from the picture as far as it reaches, and is blank beyond.
        y, x = max(0, top - self.margin), max(0, left - self.margin)
        crop = ink[grey[y : bottom + self.margin, x : right + self.margin]]
        framed = np.zeros((bottom - top + 2 * self.margin, right - left + 2 * self.margin), np.float32)
        _place(crop, framed, y - top + self.margin, x - left + self.margin)
        framed = self._resize(framed, enlarge * self._to_bounds(framed) if fit else enlarge)
        height, width = (-(-n // self.size_divisor) * self.size_divisor for n in framed.shape)
        padded = np.zeros((height, width), np.float32)
        _place(framed, padded, (height - framed.shape[0]) // 2, (width - framed.shape[1]) // 2)
        return padded

    def prepare_each(self, images: Sequence[Any], enlarge: float = 1.0) -> list[np.ndarray | str]:
        """Each picture as `prepare` gives it, or the reason why it cannot be read; None is no picture."""
        found: list[np.ndarray | str] = []
        for image in images:
            try:
                if image is None:
                    raise ValueError('not a picture')
                found.append(self.prepare(image, enlarge))
            except (ValueError, *BROKEN) as error:  # PIL reads a file lazily and finds it broken only now
                found.append(str(error))
        return found

    def stack(
        self,
        arrays: Sequence[np.ndarray],
        offsets: Sequence[tuple[int, int]] | None = None,
        canvas: tuple[int, int] | None = None,
    ) -> dict[str, np.ndarray]:
        """Prepared pictures, float32 (H, W) each, as one padded batch.

        Args:
            offsets: (y, x) of each picture's corner in the batch, multiples of `size_divisor`; (0, 0) by default.
            canvas: (H, W) of the batch, multiples of `size_divisor`; the smallest that holds all by default.

        Returns:
            `pixel_values` float32 (B, 1, H, W), ink 1 and paper 0; `pixel_mask` int64 (B, H, W), 1 on the picture and
            0 on the padding of the batch.

        Raises:
            ValueError: no pictures, a number that is no multiple of `size_divisor`, or a picture outside the canvas.
        """
        if not arrays:
            raise ValueError('no pictures given')
        corners = [(0, 0)] * len(arrays) if offsets is None else list(offsets)
        if len(corners) != len(arrays):
            raise ValueError(f'{len(arrays)} pictures but {len(corners)} offsets')
        ends = [(y + array.shape[0], x + array.shape[1]) for array, (y, x) in zip(arrays, corners, strict=True)]
        height, width = canvas or (max(y for y, _ in ends), max(x for _, x in ends))
        if any(n % self.size_divisor for pair in [*corners, *ends, (height, width)] for n in pair):
            raise ValueError(f'sizes, offsets and canvas must be multiples of size_divisor={self.size_divisor}')
        if any(min(corner) < 0 or y > height or x > width for corner, (y, x) in zip(corners, ends, strict=True)):
            raise ValueError(f'a picture with its offset does not fit into the canvas {height}x{width}')
        values = np.zeros((len(arrays), 1, height, width), np.float32)
        mask = np.zeros((len(arrays), height, width), np.int64)
        for i, (array, (y, x), (y_end, x_end)) in enumerate(zip(arrays, corners, ends, strict=True)):
            _place(array, values[i, 0], y, x)
            mask[i, y:y_end, x:x_end] = 1
        return {'pixel_values': values, 'pixel_mask': mask}

    def _ink_box(self, marked: np.ndarray) -> tuple[int, int, int, int]:
        """(top, bottom, left, right) of the marks; specks of one or two pixels count only near to others."""
        marked = marked.view(np.uint8)
        solid = _box(marked * (_sum_3x3((_sum_3x3(marked) > 2) & (marked > 0)) > 0))
        if solid is None:
            raise ValueError('the picture is blank: there is nothing on it but specks of one or two pixels')
        top, bottom, left, right = solid
        if max(bottom - top, right - left) < self.min_size:
            raise ValueError(
                f'the ink is only {right - left}x{bottom - top} pixels; at least {self.min_size} are needed to read it'
            )
        y, x = max(0, top - REACH_Y), max(0, left - REACH_X)
        near = _box(marked[y : bottom + REACH_Y, x : right + REACH_X])
        assert near is not None
        return y + near[0], y + near[1], x + near[2], x + near[3]

    def _to_bounds(self, ink: np.ndarray) -> float:
        """The factor that brings letters into the bounds `min_dpi` and `max_dpi`."""
        if (self.min_dpi is None and self.max_dpi is None) or (dpi := resolution(ink)) is None:
            return 1.0
        return min(max(dpi, self.min_dpi or 0.0), self.max_dpi or math.inf, MAX_ENLARGE * dpi) / dpi

    def _resize(self, ink: np.ndarray, enlarge: float) -> np.ndarray:
        """The picture, margins included, at the size to read it, within `max_height` and `max_width`."""
        scale = min(self.scale * enlarge, self.max_height / ink.shape[0], self.max_width / ink.shape[1])
        if scale == 1:
            return ink
        size = max(1, int(ink.shape[1] * scale)), max(1, int(ink.shape[0] * scale))
        if scale > 1:
            large = np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.BICUBIC))
            return np.clip(large, 0, 1)
        small = np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.HAMMING, reducing_gap=3.0))
        # Thin strokes fade when a picture shrinks: the darkest ink is 1 again.
        return small / max(float(small.max()), 0.1)


def _box(marked: np.ndarray) -> tuple[int, int, int, int] | None:
    """(top, bottom, left, right) of what is not 0, (H, W); None where nothing is."""
    rows, columns = np.flatnonzero(marked.any(axis=1)), np.flatnonzero(marked.any(axis=0))
    return (int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1) if len(rows) else None


def _place(part: np.ndarray, whole: np.ndarray, y: int, x: int) -> None:
    whole[y : y + part.shape[0], x : x + part.shape[1]] = part


def _flatten_background(grey: np.ndarray) -> np.ndarray:
    """Takes an even slope of brightness out of a picture, uint8 (H, W); a clean one comes back as it is."""
    if min(grey.shape) < MIN_CELL or _commonest(_histogram(grey))[2]:
        return grey
    tall, wide = min(4, grey.shape[0] // MIN_CELL), min(12, grey.shape[1] // MIN_CELL)
    height, width = grey.shape[0] // tall, grey.shape[1] // wide
    cells = grey[: tall * height, : wide * width].reshape(tall, height, wide, width).swapaxes(1, 2)
    step = max(1, int((height * width / 256) ** 0.5))
    levels = np.median(cells[:, :, ::step, ::step].reshape(tall * wide, -1), axis=1)
    y, x = np.divmod(np.arange(tall * wide), wide)
    plane = np.stack([np.ones_like(levels), (y + 0.5) * height, (x + 0.5) * width], axis=1)
    keep = np.ones(len(levels), bool)
    for _ in range(3):  # cells full of ink are outliers: leave them out and fit again
        fit = np.linalg.lstsq(plane[keep], levels[keep], rcond=None)[0]
        error = np.abs(plane @ fit - levels)
        keep = error <= max(4.0, 2 * float(np.median(error)))
    base, slope_y, slope_x = (float(value) for value in fit)
    if abs(slope_y) * grey.shape[0] + abs(slope_x) * grey.shape[1] < SHADE_RANGE:
        return grey
    shade = base + slope_y * np.arange(grey.shape[0], dtype=np.float32)[:, None]
    shade = shade + slope_x * np.arange(grey.shape[1], dtype=np.float32)
    paper = float(np.median(levels))
    # Shade multiplies the light that paper reflects; a dark ground has no light to multiply.
    flat = grey * (paper / np.maximum(shade, 32)) if paper > 127 else grey - shade + paper
    return np.clip(flat + 0.5, 0, 255).astype(np.uint8)


def _commonest(counts: np.ndarray) -> tuple[int, float, bool]:
    """The commonest grey level, the share of the picture that it covers (+-2), and whether the picture is even."""
    mode = int(counts.argmax())
    same = counts[max(0, mode - 2) : mode + 3].sum()
    near = counts[max(0, mode - NEAR) : mode + NEAR + 1].sum() - same
    return mode, float(same / counts.sum()), bool(near < EVEN_SHARE * same)


def _ink_table(grey: np.ndarray) -> np.ndarray | None:
    """float32 (256,): how much ink each grey level of the picture means, paper 0 and full ink 1; None if blank."""
    counts = _histogram(grey)
    paper, share, is_even = _commonest(counts)
    if share < (LEAST_PAPER if is_even else CLEAN_SHARE):
        border = np.concatenate([grey[0], grey[-1], grey[1:-1, 0], grey[1:-1, -1]])
        middle = int(np.searchsorted(counts.cumsum(), grey.size // 2))
        edge = int(np.median(border))
        # The middle is paper unless ink covers half of the picture, which then shows at the border.
        paper = edge if abs(edge - middle) > 64 and np.mean(np.abs(border - np.float32(edge)) < 32) > 0.8 else middle
    levels = np.arange(256, dtype=np.float32)
    distance = np.abs(levels - paper)
    around = counts[np.argsort(distance, kind='stable')].cumsum()
    # The third of the picture nearest to the paper is this near to it: 0.43 standard deviations of the paper's noise.
    noise = 0.0 if is_even else float(np.sort(distance)[np.searchsorted(around, grey.size // 3)])
    far = np.where(distance > max(MIN_CONTRAST / 2, 4 * noise), distance * counts, 0)
    dark, light = far[:paper].sum(), far[paper + 1 :].sum()
    depth = paper - levels if dark >= light else levels - paper
    contrast = _full_ink(counts[::-1] if dark < light else counts, 255 - paper if dark < light else paper)
    if contrast < max(MIN_CONTRAST, 7 * noise):
        return None
    return np.clip(depth / contrast, 0, 1)


def _full_ink(counts: np.ndarray, paper: int) -> int:
    """Distance from the paper to the darkest ink, in grey levels; the darkest 2 % (3 pixels at least) may exceed it."""
    side = counts[: paper + 1][::-1]  # index = distance from the paper
    beyond = side[::-1].cumsum()[::-1]  # pixels at this distance or farther
    few = min(3, int(beyond[0]))
    extreme = int(np.flatnonzero(beyond >= few)[-1])
    return int(np.flatnonzero(beyond >= max(few, 0.02 * float(beyond[max(1, extreme // 5)])))[-1]) if extreme else 0


def _histogram(grey: np.ndarray) -> np.ndarray:
    return np.array(Image.fromarray(grey).histogram())


def _sum_3x3(mask: np.ndarray) -> np.ndarray:
    """Sum over each pixel's 3x3 neighbourhood, uint8 (H, W); nothing lies outside."""
    padded = np.zeros((mask.shape[0] + 2, mask.shape[1] + 2), np.uint8)
    padded[1:-1, 1:-1] = mask
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    return rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]


__all__ = ['PicturePreparation']
