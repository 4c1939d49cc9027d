"""Augmentation: what it must keep, and the look of im2latex-100k that it must reach."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from data.augment import DEFAULT, LEAST_DPI, UNIT_DPI, Augmentation, augment, draw, recipe, shrink

SEEDS = st.integers(0, 2**32 - 1)
CHANCES = [field.name for field in dataclasses.fields(Augmentation) if field.name.startswith('p_')]


def render(dpi: float) -> Image.Image:
    """A page of 200x36 points at 72 dpi, drawn by PIL alone."""
    zoom = dpi / 72
    image = Image.new('L', (round(200 * zoom), round(36 * zoom)), 255)
    pen = ImageDraw.Draw(image)
    pen.text((6 * zoom, 8 * zoom), 'f(x) = a + b', font=ImageFont.load_default(14 * zoom), fill=0)
    pen.line((120 * zoom, 18 * zoom, 180 * zoom, 18 * zoom), fill=0, width=max(1, round(0.4 * zoom)))
    return image


PAGE = render(UNIT_DPI)


def ink(image: Image.Image) -> float:
    return float((255 - np.asarray(image, np.float32)).sum() / 255)


def always(name: str) -> Augmentation:
    """A table in which one step happens for sure and no other one at all."""
    return dataclasses.replace(DEFAULT.scaled(0), **{name: 1.0})


@given(SEEDS)
@settings(max_examples=40, deadline=None)
def test_a_seed_decides_everything(seed: int) -> None:
    first, second = (augment(PAGE, np.random.default_rng(seed)) for _ in range(2))
    assert first.size == second.size
    assert first.tobytes() == second.tobytes()


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_the_same_seed_draws_the_same_page(seed: int) -> None:
    first, second = (draw(render, 1.3, np.random.default_rng(seed)) for _ in range(2))
    assert first.image.tobytes() == second.image.tobytes()
    assert first.enlarge == second.enlarge


def test_strength_zero_changes_nothing() -> None:
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    assert augment(PAGE, rng, strength=0).tobytes() == PAGE.tobytes()
    assert rng.bit_generator.state == before


def test_an_empty_table_changes_nothing() -> None:
    rng = np.random.default_rng(0)
    assert augment(PAGE, rng, augmentation=DEFAULT.scaled(0)).tobytes() == PAGE.tobytes()
    drawn = draw(render, 1.0, rng, DEFAULT.scaled(0))
    assert drawn.image.tobytes() == PAGE.tobytes()
    assert drawn.enlarge == 1


@given(SEEDS)
@settings(max_examples=300, deadline=None)
def test_ink_never_vanishes_and_the_size_stays_near(seed: int) -> None:
    image = augment(PAGE, np.random.default_rng(seed), strength=2.0)
    assert image.mode == 'L'
    low, high = np.percentile(np.asarray(image), [0.1, 99.9])
    assert high - low > 25
    assert 0 <= image.width - PAGE.width <= 24 + 20
    assert 0 <= image.height - PAGE.height <= 24 + 20


@pytest.mark.parametrize('name', CHANCES)
def test_every_step_does_something(name: str) -> None:
    table = always(name)
    if name == 'p_harden':
        table = dataclasses.replace(table, p_oversample=1.0)
    if name == 'p_left_small':
        table = dataclasses.replace(table, p_small=1.0)
    images = [draw(render, 1.0, np.random.default_rng(seed), table).image for seed in range(4)]
    # An amplitude near none, a gamma of 1.001, may leave one of them as it is.
    assert sum(image.tobytes() != PAGE.tobytes() for image in images) >= 3
    # Two draws differ unless there is nothing to draw.
    assert name == 'p_invert' or images[0].tobytes() != images[1].tobytes()


@pytest.mark.parametrize('name', CHANCES)
@pytest.mark.parametrize('size', [(1, 1), (3, 2), (40, 1), (5, 60)])
def test_tiny_pictures_survive(name: str, size: tuple[int, int]) -> None:
    image = augment(Image.new('L', size, 0), np.random.default_rng(0), augmentation=always(name))
    assert image.width >= size[0]
    assert image.height >= size[1]


def test_bolder_adds_ink_and_thinner_takes_some() -> None:
    for seed in range(5):
        bold = augment(PAGE, np.random.default_rng(seed), augmentation=always('p_bolder'))
        # p_thinner is asked only where p_bolder did not happen.
        thin = augment(PAGE, np.random.default_rng(seed), augmentation=always('p_thinner'))
        assert ink(thin) < ink(PAGE) < ink(bold)
        assert ink(thin) > 0.3 * ink(PAGE)


def test_bilevel_has_two_levels() -> None:
    image = augment(PAGE, np.random.default_rng(0), augmentation=always('p_bilevel'))
    assert set(np.unique(np.asarray(image))) == {0, 255}


def test_warp_keeps_all_of_the_ink() -> None:
    for seed in range(20):
        image = augment(PAGE, np.random.default_rng(seed), augmentation=always('p_warp'))
        assert ink(image) == pytest.approx(ink(PAGE), rel=0.15)
        edge = np.concatenate([np.asarray(image)[[0, -1]].ravel(), np.asarray(image)[:, [0, -1]].ravel()])
        assert edge.min() > 200


def test_recipe_is_the_halved_page_of_touched_pixels() -> None:
    image = recipe(render, UNIT_DPI, np.random.default_rng(0))
    assert abs(image.width - PAGE.width) <= 1
    assert abs(image.height - PAGE.height) <= 1
    halved = shrink(render(2 * UNIT_DPI), 2, np.random.default_rng(0))
    assert 1.1 * ink(halved) < ink(image) < 2.5 * ink(halved)
    # Where the page is white the recipe leaves it white, but for the ringing of the filter.
    assert np.median(np.asarray(image)) == 255


@given(SEEDS, st.floats(0.6, 3.0))
@settings(max_examples=40, deadline=None)
def test_scale_is_the_size_of_the_letters(seed: int, scale: float) -> None:
    table = dataclasses.replace(DEFAULT, p_margin=0.0, p_warp=0.0)
    image, enlarge = draw(render, scale, np.random.default_rng(seed), table)
    assert enlarge * image.width == pytest.approx(PAGE.width * scale, abs=2.5 * enlarge)
    assert enlarge * image.height == pytest.approx(PAGE.height * scale, abs=2.5 * enlarge)


def test_shrink_divides_the_size() -> None:
    small = shrink(render(2 * UNIT_DPI), 2, np.random.default_rng(0))
    assert abs(small.width - PAGE.width) <= 1
    assert ink(small) == pytest.approx(ink(render(2 * UNIT_DPI)) / 4, rel=0.1)


def test_scaled_touches_chances_only() -> None:
    half = DEFAULT.scaled(0.5)
    assert half.p_blur == DEFAULT.p_blur / 2
    assert half.blur == DEFAULT.blur
    assert DEFAULT.scaled(100).p_blur == 1.0


@pytest.mark.parametrize('left_small', [False, True])
@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_small_letters_are_drawn_small_and_enlarged(left_small: bool, seed: int) -> None:
    table = dataclasses.replace(always('p_small'), p_left_small=float(left_small))
    drawn_at: list[float] = []

    def remember(dpi: float) -> Image.Image:
        drawn_at.append(dpi)
        return render(dpi)

    for scale in (0.4, 1.0):
        image, enlarge = draw(remember, scale, np.random.default_rng(seed), table)
        lowest = min(LEAST_DPI, UNIT_DPI * scale)
        assert lowest <= drawn_at.pop() <= UNIT_DPI * scale / (DEFAULT.small[0] if scale == 1 else 1)
        assert enlarge * image.width == pytest.approx(PAGE.width * scale, abs=2 * enlarge)
        assert (enlarge > 1) == (left_small and scale == 1)
