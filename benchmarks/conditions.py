"""How a picture of a formula comes to look: named conditions, one at a time, of one amount each.

    CONDITIONS['noise']['sigma 20'](page, np.random.default_rng(0))     # page: draws the formula at any dpi

Lengths are in pixels of a picture at 100 dpi, where a 10 pt letter x is six pixels high; levels run from 0, ink, to
255, paper. The changes are not those of `data.augment`, with which a network is trained: each is made by Pillow's own
function, or by the geometry in its docstring.
"""

import io
from collections.abc import Callable
from functools import partial

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from data.augment import UNIT_DPI, recipe

Page = Callable[[float], Image.Image]
"""draws one formula, black on white in mode L, at the dpi it is given"""
Change = Callable[[Image.Image, np.random.Generator], Image.Image]
Condition = Callable[[Page, np.random.Generator], Image.Image]

# Pixels at 100 dpi between the lens and the page: a telephone held a foot away.
DISTANCE = 1200


def drawn(page: Page, rng: np.random.Generator, *, dpi: float) -> Image.Image:
    return page(dpi)


def resized(page: Page, rng: np.random.Generator, *, dpi: float) -> Image.Image:
    """Drawn at another resolution, and brought to 100 dpi by a bicubic filter."""
    picture, factor = page(dpi), UNIT_DPI / dpi
    size = max(1, round(picture.width * factor)), max(1, round(picture.height * factor))
    return picture.resize(size, Image.Resampling.BICUBIC)


def hardened(page: Page, rng: np.random.Generator) -> Image.Image:
    """The look of im2latex-100k: drawn at 200 dpi, every touched pixel black, halved."""
    return recipe(page, UNIT_DPI, rng)


def coloured(picture: Image.Image, rng: np.random.Generator, *, ink: str, paper: str) -> Image.Image:
    return ImageOps.colorize(picture, ink, paper)


def transparent(picture: Image.Image, rng: np.random.Generator, *, ink: str) -> Image.Image:
    """Ink of one colour whose opacity is its coverage of the pixel: a PNG as dvipng and web pages make it."""
    image = Image.new('RGBA', picture.size, ink)
    image.putalpha(ImageOps.invert(picture))
    return image


def jpeg(picture: Image.Image, rng: np.random.Generator, *, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    picture.save(buffer, 'JPEG', quality=quality)
    return Image.open(buffer)


def blurred(picture: Image.Image, rng: np.random.Generator, *, sigma: float) -> Image.Image:
    return with_margin(picture, rng, pixels=4).filter(ImageFilter.GaussianBlur(sigma))


def noisy(picture: Image.Image, rng: np.random.Generator, *, sigma: float) -> Image.Image:
    """With Gaussian noise in every pixel."""
    levels = np.asarray(picture, np.float32) + rng.normal(0, sigma, (picture.height, picture.width))
    return Image.fromarray(np.clip(levels + 0.5, 0, 255).astype(np.uint8))


def speckled(picture: Image.Image, rng: np.random.Generator, *, share: float) -> Image.Image:
    """This share of the pixels is black or white."""
    levels = np.array(picture)
    hit = rng.random(levels.shape) < share
    levels[hit] = 255 * rng.integers(2, size=int(hit.sum()), dtype=np.uint8)
    return Image.fromarray(levels)


def rotated(picture: Image.Image, rng: np.random.Generator, *, degrees: float) -> Image.Image:
    """Turned to one side or the other."""
    return picture.rotate(degrees * rng.choice([-1, 1]), Image.Resampling.BICUBIC, expand=True, fillcolor=255)


def tilted(picture: Image.Image, rng: np.random.Generator, *, degrees: float) -> Image.Image:
    """As a camera `DISTANCE` away sees a page turned about its vertical or horizontal axis, one way or the other.

    A point (x, y) of the page, from the middle of the formula, is seen at (x cos t, y) / (1 + x sin t / DISTANCE) for
    the vertical axis, and with x and y changed for the horizontal one.
    """
    turn = np.deg2rad(degrees * rng.choice([-1, 1]))
    axis = rng.integers(2)
    view = np.eye(3)
    view[axis, axis], view[2, axis] = np.cos(turn), np.sin(turn) / DISTANCE
    x, y = picture.width / 2, picture.height / 2
    corners = view @ np.array([[-x, x, x, -x], [-y, -y, y, y], [1, 1, 1, 1]])
    corners = corners[:2] / corners[2]
    left, top = corners.min(axis=1)
    width, height = np.ceil(corners.max(axis=1) - corners.min(axis=1)).astype(int).tolist()
    to_view = np.array([[1, 0, left], [0, 1, top], [0, 0, 1]])
    to_picture = np.array([[1, 0, x], [0, 1, y], [0, 0, 1]])
    matrix = to_picture @ np.linalg.inv(view) @ to_view
    coefficients = (matrix / matrix[2, 2]).ravel()[:8].tolist()
    return picture.transform(
        (width, height), Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC, fillcolor=255
    )


def cropped(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """To the ink, without any margin."""
    return picture.crop(ImageOps.invert(picture).getbbox())


def with_margin(picture: Image.Image, rng: np.random.Generator, *, pixels: int) -> Image.Image:
    return ImageOps.expand(picture, pixels, fill=255)


def changed(page: Page, rng: np.random.Generator, *, change: Change) -> Image.Image:
    """The clean picture with a change."""
    return change(page(UNIT_DPI), rng)


def _changes(named: dict[str, Change]) -> dict[str, Condition]:
    return {name: partial(changed, change=change) for name, change in named.items()}


def _colours(ink: str, paper: str) -> Change:
    return partial(coloured, ink=ink, paper=paper)


CONDITIONS: dict[str, dict[str, Condition]] = {
    'scale': {f'{dpi / UNIT_DPI:g} ({dpi} dpi)': partial(drawn, dpi=dpi) for dpi in (50, 70, 85, 130, 200, 300, 400)},
    'resampling': {
        'drawn at 50 dpi, doubled': partial(resized, dpi=50),
        'drawn at 200 dpi, halved': partial(resized, dpi=200),
        'drawn at 200 dpi, hardened, halved': hardened,
    },
    'colours': _changes(
        {
            'white on black': _colours('#ffffff', '#000000'),
            'light on dark grey': _colours('#d4d4d4', '#1e1e1e'),
            'black on yellow': _colours('#000000', '#fff2b0'),
            'blue on light blue': _colours('#1a3a7a', '#cfe2ff'),
            'red on white': _colours('#d62728', '#ffffff'),
            'white on green': _colours('#ffffff', '#2f5d50'),
            'grey on white': _colours('#999999', '#ffffff'),
        }
    ),
    'transparent PNG': _changes(
        {'black ink': partial(transparent, ink='#000000'), 'white ink': partial(transparent, ink='#ffffff')}
    ),
    'JPEG': _changes({f'quality {quality}': partial(jpeg, quality=quality) for quality in (90, 70, 50, 30)}),
    'blur': _changes({f'sigma {sigma}': partial(blurred, sigma=sigma) for sigma in (0.5, 1.0, 1.5)}),
    'noise': _changes({f'sigma {sigma}': partial(noisy, sigma=sigma) for sigma in (10, 20, 40)}),
    'speckle': _changes({f'{share:.1%} of the pixels': partial(speckled, share=share) for share in (0.005, 0.02)}),
    'rotation': _changes({f'{degrees} degrees': partial(rotated, degrees=degrees) for degrees in (1, 2, 3)}),
    'perspective': _changes({f'{degrees} degrees': partial(tilted, degrees=degrees) for degrees in (15, 30, 45)}),
    'crop': _changes(
        {'to the ink': cropped} | {f'margins of {n} px': partial(with_margin, pixels=n) for n in (20, 100, 400)}
    ),
}
