import numpy as np
import pytest
from PIL import Image, ImageDraw

from benchmarks.conditions import CONDITIONS, DISTANCE, noisy, rotated, speckled, tilted
from modeling.picture_im2latex import PicturePreparation

NAMES = [(group, name) for group, conditions in CONDITIONS.items() for name in conditions]


def page(dpi: float) -> Image.Image:
    """Marks in the place of a formula, black on white."""
    unit = dpi / 100
    picture = Image.new('L', (round(120 * unit), round(40 * unit)), 255)
    draw = ImageDraw.Draw(picture)
    draw.rectangle([8 * unit, 10 * unit, 24 * unit, 30 * unit], outline=0, width=round(2 * unit) or 1)
    draw.line([40 * unit, 20 * unit, 110 * unit, 20 * unit], fill=0, width=round(2 * unit) or 1)
    return picture


def dot(picture: Image.Image) -> np.ndarray:
    """(x, y) of the middle of the ink."""
    ink = 255 - np.asarray(picture, float)
    y, x = np.indices(ink.shape) + 0.5
    return np.array([(ink * x).sum(), (ink * y).sum()]) / ink.sum()


@pytest.mark.parametrize(('group', 'name'), NAMES)
def test_conditions_repeat_and_leave_ink(group: str, name: str) -> None:
    first, second = (CONDITIONS[group][name](page, np.random.default_rng(1)) for _ in range(2))
    assert first.mode == second.mode and np.array_equal(np.asarray(first), np.asarray(second))
    PicturePreparation().prepare(first)


@pytest.mark.parametrize('group', ['colours', 'transparent PNG'])
def test_colours_keep_the_formula(group: str) -> None:
    clean = PicturePreparation().prepare(page(100))
    for condition in CONDITIONS[group].values():
        assert np.abs(PicturePreparation().prepare(condition(page, np.random.default_rng(0))) - clean).max() < 0.1


def test_scale_is_resolution() -> None:
    sizes = [condition(page, np.random.default_rng(0)).width for condition in CONDITIONS['scale'].values()]
    assert min(sizes) == 60 and max(sizes) == 480
    for condition in CONDITIONS['resampling'].values():
        assert abs(condition(page, np.random.default_rng(0)).width - 120) <= 2


def test_crop() -> None:
    generator = np.random.default_rng(0)
    tight = CONDITIONS['crop']['to the ink'](page, generator)
    assert all(np.asarray(tight).take(line, axis).min() == 0 for axis in (0, 1) for line in (0, -1))
    assert CONDITIONS['crop']['margins of 100 px'](page, generator).size == (320, 240)


def test_amounts() -> None:
    grey = Image.new('L', (200, 200), 128)
    assert np.asarray(noisy(grey, np.random.default_rng(0), sigma=20), float).std() == pytest.approx(20, rel=0.03)
    levels = np.asarray(speckled(grey, np.random.default_rng(0), share=0.02))
    assert (levels != 128).mean() == pytest.approx(0.02, rel=0.15)
    assert {*np.unique(levels)} == {0, 128, 255}


@pytest.mark.parametrize('seed', range(4))
def test_geometry(seed: int) -> None:
    picture = Image.new('L', (300, 80), 255)
    ImageDraw.Draw(picture).ellipse([237, 17, 242, 22], fill=0)
    generator = np.random.default_rng(seed)
    sign, axis = generator.choice([-1, 1]), generator.integers(2)
    turn = np.deg2rad(30 * sign)

    def seen(x: float, y: float) -> np.ndarray:
        point = np.array([x, y], float)
        depth = 1 + point[axis] * np.sin(turn) / DISTANCE
        point[axis] *= np.cos(turn)
        return point / depth

    origin = np.min([seen(x, y) for x in (-150, 150) for y in (-40, 40)], axis=0)
    tilt = tilted(picture, np.random.default_rng(seed), degrees=30)
    assert dot(tilt) == pytest.approx(seen(90, -20) - origin, abs=0.3)

    turn = np.deg2rad(3 * sign)
    turned = rotated(picture, np.random.default_rng(seed), degrees=3)
    x, y = dot(turned) - np.array(turned.size) / 2
    assert (x, y) == pytest.approx(
        (90 * np.cos(turn) - 20 * np.sin(turn), -20 * np.cos(turn) - 90 * np.sin(turn)), abs=0.6
    )
