"""The image processor: every kind of picture, one array."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from modeling import grey_im2latex
from modeling.image_processing_im2latex import Im2LatexImageProcessor
from modeling.letter_size_im2latex import resolution
from modeling.picture_im2latex import REACH_X, REACH_Y

PROCESSOR = Im2LatexImageProcessor()


def formula(paper: int = 255, ink: int = 0, size: tuple[int, int] = (200, 60)) -> Image.Image:
    image = Image.new('L', size, paper)
    ImageDraw.Draw(image).text((30, 16), 'f(x) = a+b', font=ImageFont.load_default(22), fill=ink)
    return image


CLEAN = formula()
WANTED = PROCESSOR.prepare(CLEAN)
GREY = np.asarray(CLEAN)


def cut(paper: str, ink: str) -> Callable[[], Image.Image]:
    """The formula in one colour on another."""

    def make() -> Image.Image:
        image = Image.new('RGB', CLEAN.size, paper)
        image.paste(Image.new('RGB', CLEAN.size, ink), mask=Image.fromarray(255 - GREY))
        return image

    return make


def see_through(ink: int, mode: str = 'RGBA') -> Image.Image:
    """The formula in one tone on nothing; what lies under the transparent pixels is of the same tone."""
    image = Image.new('L', CLEAN.size, ink).convert(mode)
    image.putalpha(Image.fromarray(255 - GREY))
    return image


def colour_key() -> Image.Image:
    """As im2latex-100k's pages are stored: one palette entry is transparent."""
    image = CLEAN.convert('RGB').quantize(32)
    buffer = io.BytesIO()
    image.save(buffer, 'PNG', transparency=int(np.asarray(image)[0, 0]))
    return Image.open(buffer)


def rounded_card() -> Image.Image:
    image = CLEAN.convert('RGBA')
    corner = Image.new('L', CLEAN.size, 0)
    ImageDraw.Draw(corner).rounded_rectangle((0, 0, CLEAN.width - 1, CLEAN.height - 1), 10, fill=255)
    image.putalpha(corner)
    return image


def turned() -> Image.Image:
    """A photograph that the camera held on its side, with the orientation in its EXIF data."""
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    CLEAN.transpose(Image.Transpose.ROTATE_90).save(buffer, 'PNG', exif=exif)
    return Image.open(buffer)


SAME = {
    'L': lambda: CLEAN,
    'RGB': lambda: CLEAN.convert('RGB'),
    'CMYK': lambda: CLEAN.convert('RGB').convert('CMYK'),
    'HSV': lambda: CLEAN.convert('RGB').convert('HSV'),
    'YCbCr': lambda: CLEAN.convert('YCbCr'),
    'LA': lambda: CLEAN.convert('LA'),
    'RGBA': lambda: CLEAN.convert('RGBA'),
    'P': lambda: CLEAN.convert('P'),
    'I': lambda: CLEAN.convert('I'),
    'F': lambda: CLEAN.convert('F'),
    'I;16': lambda: Image.fromarray(GREY.astype(np.uint16) * 257),
    'I;16 of 12 bits': lambda: Image.fromarray(GREY.astype(np.uint16) * 16),
    'black on nothing': lambda: see_through(0),
    'black on nothing, LA': lambda: see_through(0, 'LA'),
    'white on nothing': lambda: see_through(255),
    'white on nothing, LA': lambda: see_through(255, 'LA'),
    'grey on nothing': lambda: see_through(90),
    'transparent palette entry': colour_key,
    'transparent corners': rounded_card,
    'exif orientation': turned,
    'white on black': lambda: Image.fromarray(255 - GREY),
    'light on dark': lambda: formula(40, 200),
    'low contrast': lambda: formula(200, 140),
    'blue on yellow': cut('#ffee99', '#112288'),
    'yellow on blue': cut('#112288', '#ffee99'),
    'red on white': cut('#ffffff', '#dd0000'),
    'grey on coloured': cut('#88bb88', '#336633'),
    'array': lambda: GREY,
    'array of bool': lambda: GREY > 127,
    'array (H, W, 3)': lambda: np.stack([GREY] * 3, axis=-1),
    'array (H, W, 1)': lambda: GREY[..., None],
    'array (3, H, W)': lambda: np.stack([GREY] * 3),
    'array (H, W, 4)': lambda: np.asarray(see_through(0)),
    'array of float, to 1': lambda: GREY / 255,
    'array of float32, to 255': lambda: GREY.astype(np.float32),
    'array of uint16': lambda: GREY.astype(np.uint16) * 257,
    'array of uint16 (H, W, 4)': lambda: np.asarray(see_through(0)).astype(np.uint16) * 257,
    'array of int64': lambda: GREY.astype(np.int64),
    'array of another order': lambda: np.asfortranarray(GREY),
    'tensor': lambda: torch.from_numpy(GREY.copy()),
    'tensor (1, H, W) of float': lambda: torch.from_numpy(GREY / np.float32(255))[None],
}


@pytest.mark.parametrize('kind', SAME)
def test_every_kind_of_picture_gives_the_same_array(kind: str) -> None:
    given_array = PROCESSOR.prepare(SAME[kind]())
    assert given_array.shape == WANTED.shape
    assert given_array.dtype == np.float32
    error = np.abs(given_array - WANTED)
    # Thresholding alone changes the edges of the letters.
    assert error.mean() < (0.06 if 'bool' in kind else 0.012)


def test_bilevel_picture() -> None:
    bilevel = PROCESSOR.prepare(CLEAN.point(lambda level: 255 * (level > 127)).convert('1'))
    assert bilevel.shape == WANTED.shape
    assert set(np.unique(bilevel)) == {0, 1}


@pytest.mark.parametrize('quality', [30, 60, 90])
def test_jpeg_does_not_widen_the_crop(quality: int) -> None:
    buffer = io.BytesIO()
    CLEAN.save(buffer, 'JPEG', quality=quality)
    assert PROCESSOR.prepare(Image.open(buffer)).shape == WANTED.shape


@given(st.integers(0, 10_000), st.floats(1, 10), st.floats(0, 0.002))
@settings(max_examples=40, deadline=None)
def test_noise_and_far_specks_do_not_widen_the_crop(seed: int, sigma: float, share: float) -> None:
    rng = np.random.default_rng(seed)
    noisy = np.asarray(formula(230, 20)) + rng.normal(0, sigma, GREY.shape)
    specks = rng.random(GREY.shape) < share / 2
    specks[1:] &= ~specks[:-1]  # pairs side by side are rare but count as a mark when three meet
    noisy[specks] = 0
    result = PROCESSOR.prepare(np.clip(noisy, 0, 255).astype(np.uint8))
    assert abs(result.shape[0] - WANTED.shape[0]) <= 2 * REACH_Y
    assert abs(result.shape[1] - WANTED.shape[1]) <= 2 * REACH_X


@given(st.integers(2, REACH_X - 1), st.floats(0, 1), st.booleans(), st.booleans(), st.floats(0.4, 1))
def test_a_full_stop_of_one_or_two_pixels_is_kept(gap: int, down: float, wide: bool, after: bool, depth: float) -> None:
    """At 50 to 130 dpi a full stop is no larger, and wide space may stand before it."""
    dotted = GREY.copy()
    rows, columns = (np.flatnonzero((GREY < 128).any(axis=axis)) for axis in (1, 0))
    row = round(rows[0] - REACH_Y + down * (rows[-1] - rows[0] + 2 * REACH_Y))
    column = columns[-1] + gap if after else columns[0] - gap - wide
    dotted[row, column : column + 1 + wide] = round(255 * (1 - depth))
    ink = PROCESSOR.prepare(dotted)
    dot = np.flatnonzero((ink > 0.3).any(axis=0))[-1 if after else 0]
    assert (ink[:, dot] > 0.3).sum() == 1


@pytest.mark.parametrize('slope', [-90, 90])
@pytest.mark.parametrize('dark', [False, True])
def test_shaded_background(slope: int, dark: bool) -> None:
    light = 200 + slope * (np.linspace(-0.5, 0.5, GREY.shape[1]) + np.linspace(-0.3, 0.3, GREY.shape[0])[:, None])
    shaded = light * GREY / 255
    shaded = np.clip(255 - shaded if dark else shaded, 0, 255).astype(np.uint8)
    result = PROCESSOR.prepare(shaded)
    assert result.shape == WANTED.shape
    assert np.abs(result - WANTED).mean() < 0.06


def test_margin_and_even_padding() -> None:
    for margin in (0, 4, 20):
        ink = Im2LatexImageProcessor(margin=margin, size_divisor=1).prepare(CLEAN) > 0.25
        rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
        assert (rows[0], columns[0]) == (margin, margin)
        assert (ink.shape[0] - 1 - rows[-1], ink.shape[1] - 1 - columns[-1]) == (margin, margin)
    rows, columns = np.flatnonzero((WANTED > 0.25).any(axis=1)), np.flatnonzero((WANTED > 0.25).any(axis=0))
    assert WANTED.shape[0] % 16 == WANTED.shape[1] % 16 == 0
    assert abs(rows[0] - (WANTED.shape[0] - 1 - rows[-1])) <= 1
    assert abs(columns[0] - (WANTED.shape[1] - 1 - columns[-1])) <= 1


def test_ink_cut_close_gets_its_margin() -> None:
    rows, columns = np.flatnonzero((GREY < 190).any(axis=1)), np.flatnonzero((GREY < 190).any(axis=0))
    close = GREY[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    result = PROCESSOR.prepare(close)
    assert result.shape == WANTED.shape
    assert np.abs(result - WANTED).mean() < 0.01


def test_a_frame_at_the_border_is_ink() -> None:
    image = formula()
    ImageDraw.Draw(image).rectangle((0, 0, 199, 59), outline=0, width=1)
    assert PROCESSOR.prepare(image).mean() < 0.5
    assert PROCESSOR.prepare(image).shape == (80, 208)


def test_result_is_bounded() -> None:
    for size in ((5000, 300), (300, 5000), (4000, 4000)):
        image = Image.new('L', size, 255)
        ImageDraw.Draw(image).rectangle((5, 5, size[0] - 6, size[1] - 6), outline=0, width=3)
        result = PROCESSOR.prepare(image)
        assert result.shape[0] <= 512
        assert result.shape[1] <= 1280
        assert result.max() == pytest.approx(1, abs=0.01)


def test_pictures_are_enlarged() -> None:
    array = Im2LatexImageProcessor(scale=1.5).prepare(CLEAN)
    ink = np.array(CLEAN.point(lambda level: 255 * (level < 160)).getbbox()).reshape(2, 2)
    [width, height] = (ink[1] - ink[0] + 8) * 1.5
    assert array.shape == (-(-height // 16) * 16, -(-width // 16) * 16)
    assert array.min() >= 0 and array.max() <= 1


@pytest.mark.parametrize('times', [0.5, 0.75, 2, 3, 5, 8])
def test_letters_are_brought_to_one_size(times: float) -> None:
    """Whatever the resolution; a picture of letters within the bounds stays as it is."""
    plain = Im2LatexImageProcessor(size_divisor=1)
    wanted = plain.prepare(CLEAN)
    dpi = resolution(wanted)
    assert dpi is not None
    processor = Im2LatexImageProcessor(size_divisor=1, min_dpi=0.9 * dpi, max_dpi=1.1 * dpi)
    other = CLEAN.resize((int(times * CLEAN.width), int(times * CLEAN.height)), Image.Resampling.HAMMING)
    sizes = np.array(processor.prepare(other).shape) / np.array(wanted.shape)
    assert ((sizes > 0.7) & (sizes < 1.6)).all()
    assert np.array_equal(processor.prepare(CLEAN), wanted)
    assert np.array_equal(processor.prepare(other, fit=False), plain.prepare(other))


def test_hardly_any_strokes_say_nothing_about_the_size_of_letters() -> None:
    image = Image.new('L', (90, 40), 255)
    image.paste(0, (10, 20, 60, 22))  # a minus sign
    processor = Im2LatexImageProcessor(min_dpi=100, max_dpi=120)
    assert np.array_equal(processor.prepare(image), PROCESSOR.prepare(image))


def test_huge_pictures_are_reduced_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grey_im2latex, 'MAX_PIXELS', 200 * 60)
    large = CLEAN.resize((800, 240), Image.Resampling.BICUBIC)
    for image in (large, large.convert('RGBA'), np.asarray(large), large.convert('1'), large.convert('P')):
        result = PROCESSOR.prepare(image)
        assert result.shape == WANTED.shape
        assert np.abs(result - WANTED).mean() < 0.06


def test_a_blank_picture_is_refused() -> None:
    noise = np.random.default_rng(0).normal(200, 5, (60, 200)).clip(0, 255).astype(np.uint8)
    specks = np.where(np.arange(12000).reshape(60, 200) % 997, 255, 0).astype(np.uint8)
    nothing = Image.new('RGBA', (50, 50), (0, 0, 0, 0))
    white, black, deep = Image.new('L', (50, 50), 255), Image.new('1', (9, 9), 0), Image.new('I;16', (5, 5), 9)
    for image in (white, black, deep, nothing, noise, specks):
        with pytest.raises(ValueError, match='blank'):
            PROCESSOR.prepare(image)


def test_too_little_ink_is_refused() -> None:
    image = Image.new('L', (40, 40), 255)
    image.putpixel((20, 20), 0)
    with pytest.raises(ValueError, match='blank'):
        PROCESSOR.prepare(image)
    image.paste(0, (20, 20, 22, 22))
    with pytest.raises(ValueError, match='only 2x2 pixels'):
        PROCESSOR.prepare(image)
    image.paste(0, (10, 20, 30, 21))  # a minus sign one pixel high
    assert PROCESSOR.prepare(image).shape == (16, 32)


@pytest.mark.parametrize('wrong', ['picture.png', None, {}, np.array(['a'])])
def test_what_is_no_picture_is_refused(wrong: object) -> None:
    with pytest.raises(TypeError, match='PIL'):
        PROCESSOR.prepare(wrong)


@pytest.mark.parametrize('shape', [(5,), (2, 5, 7), (0, 10), (1, 2, 3, 4, 5)])
def test_wrong_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r'array|pixels'):
        PROCESSOR.prepare(np.zeros(shape, np.uint8))


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 2**32 - 1))
@settings(max_examples=200, deadline=None)
def test_any_array_gives_a_picture_or_a_value_error(height: int, width: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    array = rng.integers(0, 256, (height, width)) * rng.integers(0, 2, (height, width))
    try:
        result = PROCESSOR.prepare(array.astype(np.uint8))
    except ValueError:
        return
    assert 0 <= result.min() <= result.max() <= 1
    assert result.shape[0] % 16 == result.shape[1] % 16 == 0


def test_batches() -> None:
    small = CLEAN.crop((28, 10, 60, 50))
    batch = PROCESSOR([CLEAN, [small, GREY]])
    assert isinstance(batch['pixel_values'], np.ndarray)
    assert batch['pixel_values'].shape == (3, 1, *WANTED.shape)
    assert batch['pixel_values'].dtype == np.float32
    assert batch['pixel_mask'].dtype == np.int64
    alone = PROCESSOR.prepare(small)
    assert batch['pixel_mask'][1].sum() == alone.size
    assert np.array_equal(batch['pixel_values'][1, 0, : alone.shape[0], : alone.shape[1]], alone)
    assert PROCESSOR(np.stack([GREY[..., None]] * 2))['pixel_mask'].all()
    tensors = PROCESSOR(CLEAN, return_tensors='pt')
    assert tensors['pixel_values'].dtype == torch.float32
    assert tensors['pixel_mask'].dtype == torch.int64
    assert isinstance(PROCESSOR(CLEAN, return_tensors='np')['pixel_values'], np.ndarray)


def test_pad_places_pictures() -> None:
    one, two = np.ones((16, 32), np.float32), np.full((32, 16), 0.5, np.float32)
    batch = PROCESSOR.pad([one, two], offsets=[(16, 0), (0, 32)], canvas=(48, 64))
    assert batch['pixel_values'].shape == (2, 1, 48, 64)
    assert np.array_equal(batch['pixel_values'][0, 0, 16:32, :32], one)
    assert np.array_equal(batch['pixel_values'][1, 0, :32, 32:48], two)
    assert np.array_equal(batch['pixel_mask'], (batch['pixel_values'][:, 0] > 0).astype(np.int64))
    assert PROCESSOR.pad([one, two], offsets=[(16, 0), (0, 32)])['pixel_values'].shape == (2, 1, 32, 48)


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ({'arrays': []}, 'no pictures'),
        ({'offsets': [(0, 0), (0, 0)]}, '1 pictures but 2 offsets'),
        ({'offsets': [(8, 0)]}, 'multiples'),
        ({'canvas': (20, 32)}, 'multiples'),
        ({'offsets': [(16, 0)], 'canvas': (16, 32)}, 'fit'),
        ({'offsets': [(-16, 0)]}, 'fit'),
    ],
)
def test_pad_refuses(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PROCESSOR.pad(**{'arrays': [np.zeros((16, 32), np.float32)], **arguments})


def test_wrong_settings_are_refused() -> None:
    wrong = ({'margin': -1}, {'ink_threshold': 0.0}, {'max_width': 100}, {'max_height': 0}, {'scale': 0})
    for settings_ in (*wrong, {'max_dpi': -1}, {'min_dpi': 100, 'max_dpi': 90}):
        with pytest.raises(ValueError, match='must be'):
            Im2LatexImageProcessor(**settings_)


def test_saved_settings_come_back(tmp_path: Path) -> None:
    changed = Im2LatexImageProcessor(
        margin=2,
        size_divisor=8,
        max_height=256,
        max_width=800,
        min_size=5,
        ink_threshold=0.3,
        scale=1.5,
        min_dpi=80,
        max_dpi=150,
    )
    changed.save_pretrained(tmp_path)
    loaded = Im2LatexImageProcessor.from_pretrained(tmp_path)
    assert loaded.to_dict() == changed.to_dict()
    assert np.array_equal(loaded.prepare(CLEAN), changed.prepare(CLEAN))
    assert loaded.model_input_names == ['pixel_values', 'pixel_mask']


def test_preparing_leaves_the_picture_alone() -> None:
    array, image = GREY.copy(), CLEAN.copy()
    PROCESSOR([array, image])
    assert np.array_equal(array, GREY)
    assert image.tobytes() == CLEAN.tobytes()
