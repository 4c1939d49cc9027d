"""Train-only looks for drawn formulas: stroke weight, resampling, levels, noise.

PIL and numpy only; everything is decided by the generator that the caller hands in.

    picture, enlarge = draw(lambda dpi: rasterize(page, dpi), 1.0, np.random.default_rng(0))    # 'L', black on white
    picture = augment(picture, rng, strength=0.5)                                               # any picture like it
"""

import io
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import numpy as np
from PIL import Image

# Letters of im2latex-100k: 10 pt type at 100 dpi. A page set at 10 pt and drawn at 100 dpi has ink as wide as the
# validation picture of the same formula: median ratio 1.000, standard deviation 0.003, over 221 wide formulas.
UNIT_DPI = 100.0

# The look of im2latex-100k. Its pages were drawn at 200 dpi with the coverage of a pixel in the alpha channel; reading
# them as grey drops that channel, so every pixel the ink touched is black; then they were halved. Validation pictures
# against our drawings of the same 120 formulas, aligned to the pixel, the best of the four ways to halve; difference in
# grey levels per pixel of ink, and our ink as a share of theirs: drawn at 100 dpi 47.5 and 0.57; halved 36.7 and 0.61;
# halved with a gamma of 2.5 25.2 and 1.00; this recipe 18.1 and 1.02 at a touch of 8 grey levels, 18.4 and 0.98 at 16,
# 20.1 and 0.92 at 32. Shares of the grey levels, in eighths from paper to ink: theirs 0.841 0.009 0.020 0.017 0.041
# 0.013 0.016 0.043, ours 0.849 0.009 0.020 0.016 0.040 0.012 0.014 0.041.
RECIPE_FACTOR = 2
RECIPE_FILTER = Image.Resampling.LANCZOS
RECIPE_TOUCH = (5.0, 30.0)

FILTERS = (
    Image.Resampling.BOX,
    Image.Resampling.BILINEAR,
    Image.Resampling.HAMMING,
    Image.Resampling.BICUBIC,
    Image.Resampling.LANCZOS,
)
# Filters that enlarge without steps: the image processor's, and what a viewer or a browser may have used.
SMOOTH = (Image.Resampling.BICUBIC, Image.Resampling.BICUBIC, Image.Resampling.BILINEAR, Image.Resampling.LANCZOS)
# Nobody reads letters smaller than at this resolution.
LEAST_DPI = 42.0
# They have lost so much that little else may happen to them.
SMALL_STRENGTH = 0.6
MIN_SIDE = 8
Range = tuple[float, float]


@dataclass(frozen=True)
class Augmentation:
    """Every amplitude in one table: `p_*` is the chance of a step, the pair below it the range it is drawn from.

    Grey levels run from 0 to 255, lengths are in pixels.
    """

    # draw(): how the page becomes pixels
    p_recipe: float = 0.5  # the look of im2latex-100k
    recipe_strength: float = 0.4  # what else happens to those pictures: about half of them stay as they are
    p_small: float = 0.45  # drawn at a low resolution, and enlarged as a viewer enlarges them
    small: Range = (1.5, 2.5)
    p_left_small: float = 0.6  # of those: left to the reader to enlarge
    p_oversample: float = 0.6  # of the rest: draw larger by a factor, then shrink
    oversample: Range = (1.2, 3.0)
    p_harden: float = 0.3  # of those: black or white before they shrink
    harden: Range = (0.02, 0.6)  # share of ink from which on a pixel turns black

    p_margin: float = 0.3
    margin: Range = (0, 12)
    p_warp: float = 0.15
    rotation: float = 3.0  # degrees either way
    shear: float = 0.03
    perspective: float = 0.03

    p_bolder: float = 0.35
    bolder: Range = (0.1, 1.0)  # share of a dilation by one pixel
    p_thinner: float = 0.08
    thinner: Range = (0.1, 0.45)
    p_resample: float = 0.15  # down and up again: what a low resolution leaves
    resample: Range = (1.2, 2.0)
    p_blur: float = 0.12
    blur: Range = (0.3, 1.2)  # sigma; beyond it strokes of letters this size merge

    p_bilevel: float = 0.06
    bilevel: Range = (0.65, 0.92)  # between ink (0) and paper (1): lower cuts thin strokes in two
    p_gamma: float = 0.4
    gamma: Range = (0.5, 1.8)  # below 1: lighter strokes; above 1: darker
    p_levels: float = 0.25
    ink: Range = (0, 100)
    paper: Range = (190, 255)
    p_shade: float = 0.05  # a tinted ground with an even slope of brightness
    shade: Range = (130, 255)
    p_invert: float = 0.03

    p_noise: float = 0.16
    noise: Range = (0.005, 0.2)  # sigma as a share of the contrast
    p_speckle: float = 0.08
    speckle: Range = (0.0005, 0.025)  # share of the pixels that turn black or white
    p_jpeg: float = 0.15
    jpeg: Range = (30, 95)  # quality

    def scaled(self, strength: float) -> 'Augmentation':
        """The same table with every chance multiplied by `strength` (at most 1)."""
        chances = {f.name: min(1.0, getattr(self, f.name) * strength) for f in fields(self) if f.name.startswith('p_')}
        return Augmentation(**{f.name: chances.get(f.name, getattr(self, f.name)) for f in fields(self)})

    def gentle(self) -> 'Augmentation':
        """The same table without what would wipe out letters of a few pixels."""
        return replace(self, p_warp=0.0, p_bolder=0.0, p_thinner=0.0, p_resample=0.0, p_blur=0.0, p_bilevel=0.0)


DEFAULT = Augmentation()


class Drawn(NamedTuple):
    image: Image.Image
    """mode 'L'"""
    enlarge: float
    """by how much larger it must be made for its letters to have the size that was asked for"""


def draw(
    render: Callable[[float], Image.Image], scale: float, rng: np.random.Generator, augmentation: Augmentation = DEFAULT
) -> Drawn:
    """A formula as it might look: its letters, once it is enlarged, `scale` times as large as those of im2latex-100k.

    Args:
        render: draws the page, black on white in mode 'L', at any dpi. For outlines only: the pixels of a picture
            that exists already have a look of their own, which enlarging and halving would make too bold; such a
            picture goes through `augment` alone.
        scale: 1 is 10 pt type at 100 dpi.
    """
    dpi = UNIT_DPI * scale
    enlarge = 1.0
    if rng.random() < augmentation.p_small:
        enlarge = max(1.0, min(rng.uniform(*augmentation.small), dpi / LEAST_DPI))
    if rng.random() < augmentation.p_recipe:
        small, strength = recipe(render, dpi, rng), augmentation.recipe_strength
        if enlarge > 1:
            small = shrink(small, enlarge, rng)
    else:
        small, strength = _oversampled(render, dpi / enlarge, rng, augmentation), 1.0
    if enlarge == 1:
        return Drawn(augment(small, rng, strength, augmentation), 1.0)
    if rng.random() < augmentation.p_left_small:
        return Drawn(augment(small, rng, SMALL_STRENGTH * strength, augmentation.gentle()), enlarge)
    size = round(small.width * enlarge), round(small.height * enlarge)
    picture = small.resize(size, SMOOTH[rng.integers(len(SMOOTH))])
    return Drawn(augment(picture, rng, SMALL_STRENGTH * strength, augmentation), 1.0)


def _oversampled(
    render: Callable[[float], Image.Image], dpi: float, rng: np.random.Generator, a: Augmentation
) -> Image.Image:
    """The page at `dpi`, perhaps drawn larger and shrunk, perhaps black or white before that."""
    if rng.random() >= a.p_oversample:
        return render(dpi)
    factor = rng.uniform(*a.oversample)
    picture = render(dpi * factor)
    if rng.random() < a.p_harden:
        picture = _harden(picture, rng.uniform(*a.harden))
    return shrink(picture, factor, rng)


def recipe(render: Callable[[float], Image.Image], dpi: float, rng: np.random.Generator) -> Image.Image:
    """The page at `dpi` as im2latex-100k would have it: drawn twice as large, every touched pixel black, halved."""
    large = render(RECIPE_FACTOR * dpi)
    share = np.exp(rng.uniform(*np.log(RECIPE_TOUCH))) / 255
    # Paper on the near sides: where the letters fall on the grid of the smaller picture is chance.
    left, top = (int(n) for n in rng.integers(RECIPE_FACTOR, size=2))
    width, height = (RECIPE_FACTOR * -(-n // RECIPE_FACTOR) for n in (large.width + left, large.height + top))
    sharp = Image.new('L', (width, height), 255)
    sharp.paste(_harden(large, share), (left, top))
    return sharp.resize((width // RECIPE_FACTOR, height // RECIPE_FACTOR), RECIPE_FILTER)


def shrink(image: Image.Image, factor: float, rng: np.random.Generator) -> Image.Image:
    """The picture `factor` times smaller, by a filter drawn at random."""
    size = max(1, round(image.width / factor)), max(1, round(image.height / factor))
    return image.resize(size, FILTERS[rng.integers(len(FILTERS))])


def augment(
    image: Image.Image, rng: np.random.Generator, strength: float = 1.0, augmentation: Augmentation = DEFAULT
) -> Image.Image:
    """A picture in mode 'L', black on white, with a random choice of what happens to pictures.

    Deterministic given the state of `rng`. At strength 0 the picture comes back unchanged, and `rng` too.
    """
    if strength <= 0:
        return image
    a = augmentation.scaled(strength)

    def happens(chance: float) -> bool:
        return bool(rng.random() < chance)

    if happens(a.p_margin):
        image = _pad(image, rng.uniform(*a.margin, size=4))
    if happens(a.p_warp):
        image = _warp(image, rng, a)
    levels: np.ndarray = np.asarray(image, np.float32)
    if happens(a.p_bolder):
        levels = _blend(levels, _spread(levels, np.minimum), rng.uniform(*a.bolder))
    elif happens(a.p_thinner):
        levels = _blend(levels, _spread(levels, np.maximum), rng.uniform(*a.thinner))
    if happens(a.p_resample) and min(image.size) >= MIN_SIDE:
        small = shrink(_image(levels), rng.uniform(*a.resample), rng)
        levels = np.asarray(small.resize(image.size, FILTERS[rng.integers(1, len(FILTERS))]), np.float32)
    if happens(a.p_blur):
        levels = _blur(levels, rng.uniform(*a.blur))

    if happens(a.p_bilevel):
        low, high = float(levels.min()), float(levels.max())
        levels = np.where(levels > low + (high - low) * rng.uniform(*a.bilevel), np.float32(255), np.float32(0))
    elif happens(a.p_gamma):
        levels = 255 * (levels / 255) ** np.float32(np.exp(rng.uniform(*np.log(a.gamma))))
    if happens(a.p_levels):
        ink, paper = rng.uniform(*a.ink), rng.uniform(*a.paper)
        levels = ink + levels * ((paper - ink) / 255)
    if happens(a.p_shade):
        levels = levels * (_slope(levels.shape, rng, a.shade) / 255)
    if happens(a.p_invert):
        levels = 255 - levels

    if happens(a.p_noise):
        sigma = np.float32(rng.uniform(*a.noise)) * (levels.max() - levels.min())
        levels = levels + rng.standard_normal(levels.shape, np.float32) * sigma
    if happens(a.p_speckle):
        chance = rng.random(levels.shape, np.float32)
        share = rng.uniform(*a.speckle) / 2
        levels = np.where(chance < share, 0, np.where(chance > 1 - share, 255, levels))
    image = _image(levels)
    return _jpeg(image, round(rng.uniform(*a.jpeg))) if happens(a.p_jpeg) else image


def _harden(image: Image.Image, share: float) -> Image.Image:
    """Black where a pixel holds more than this share of ink, white elsewhere."""
    return image.point([0 if 255 - level > 255 * share else 255 for level in range(256)])


def _image(levels: np.ndarray) -> Image.Image:
    return Image.fromarray(np.clip(levels + 0.5, 0, 255).astype(np.uint8))


def _blend(one: np.ndarray, other: np.ndarray, share: float) -> np.ndarray:
    return one + np.float32(share) * (other - one)


def _pad(image: Image.Image, margins: np.ndarray) -> Image.Image:
    left, top, right, bottom = (round(margin) for margin in margins.tolist())
    padded = Image.new('L', (image.width + left + right, image.height + top + bottom), 255)
    padded.paste(image, (left, top))
    return padded


def _warp(image: Image.Image, rng: np.random.Generator, a: Augmentation) -> Image.Image:
    """Slight rotation, shear and perspective about the middle, on a canvas that keeps all of the picture."""
    turn = np.deg2rad(rng.uniform(-a.rotation, a.rotation))
    shear = rng.uniform(-a.shear, a.shear)
    width, height = image.size
    # Perspective: the magnification changes by this share from end to end.
    tilt_x, tilt_y = rng.uniform(-a.perspective, a.perspective, size=2) / (width, height)
    grow_x = int(np.ceil((abs(turn) + abs(shear)) * height / 2 + a.perspective * width / 4)) + 1
    grow_y = int(np.ceil(abs(turn) * width / 2 + a.perspective * height / 4)) + 1
    to_middle = np.array([[1, 0, -width / 2 - grow_x], [0, 1, -height / 2 - grow_y], [0, 0, 1]])
    back = np.array([[1, 0, width / 2], [0, 1, height / 2], [0, 0, 1]])
    bend = np.array([[np.cos(turn), np.sin(turn) + shear, 0], [-np.sin(turn), np.cos(turn), 0], [tilt_x, tilt_y, 1]])
    matrix = back @ bend @ to_middle
    size = width + 2 * grow_x, height + 2 * grow_y
    coefficients = (matrix / matrix[2, 2]).ravel()[:8].tolist()
    return image.transform(size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC, fillcolor=255)


def _spread(levels: np.ndarray, pick: np.ufunc) -> np.ndarray:
    """Each pixel takes the darker (np.minimum) or lighter (np.maximum) of itself and a neighbour right and below.

    A shift by one pixel to one side makes strokes one pixel wider; which side it is does not matter to a reader.
    """
    wide = levels.copy()
    pick(levels[:, 1:], levels[:, :-1], out=wide[:, 1:])
    tall = wide.copy()
    pick(wide[1:], wide[:-1], out=tall[1:])
    return tall


def _blur(levels: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian blur with a kernel of seven taps, which holds sigma up to 1.5 pixels."""
    taps = np.exp(-0.5 * (np.arange(4, dtype=np.float32) / np.float32(sigma)) ** 2)
    taps /= taps[0] + 2 * taps[1:].sum()
    for axis in (0, 1):
        width = [(0, 0), (0, 0)]
        width[axis] = (3, 3)
        padded = np.pad(levels, width, mode='edge')
        part = [padded.take(range(i, i + levels.shape[axis]), axis=axis) for i in range(7)]
        levels = sum((taps[i] * (part[3 - i] + part[3 + i]) for i in (1, 2, 3)), taps[0] * part[3])
    return levels


def _slope(shape: tuple[int, ...], rng: np.random.Generator, shade: Range) -> np.ndarray:
    """An even slope of brightness in any direction, (H, W)."""
    along, down = rng.uniform(-0.3, 0.3, size=2) * (shade[1] - shade[0])
    reach = (abs(along) + abs(down)) / 2
    middle = rng.uniform(shade[0] + reach, shade[1] - reach)
    y, x = (np.linspace(-0.5, 0.5, n, dtype=np.float32) for n in shape)
    return np.float32(middle) + np.float32(along) * x + np.float32(down) * y[:, None]


def _jpeg(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, 'JPEG', quality=quality)
    with Image.open(buffer) as decoded:
        return decoded.convert('L')
