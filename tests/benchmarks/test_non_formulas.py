"""What shows no formula: drawn alike from one seed, and with nothing in common between the two parts."""

import shutil

import numpy as np
import pytest
from PIL import Image, ImageChops

pytest.importorskip('skimage')
pytest.importorskip('sklearn')
pytest.importorskip('matplotlib')

from benchmarks.chromium import PROGRAMS, find_program  # noqa: E402
from benchmarks.non_formulas import KINDS, PARTS, Sources, finished  # noqa: E402
from benchmarks.typeset_text import screenshots, typeset_text  # noqa: E402


def made(kind: str, part: str, seed: int) -> Image.Image:
    rng = np.random.default_rng(seed)
    return finished(KINDS[kind](Sources.of(part), rng), rng)  # type: ignore[arg-type]


@pytest.mark.parametrize('part', PARTS)
@pytest.mark.parametrize('kind', KINDS)
def test_a_seed_gives_one_picture(kind: str, part: str) -> None:
    first, again, other = (made(kind, part, seed) for seed in (1, 1, 2))
    assert (
        first.size == again.size and ImageChops.difference(first.convert('RGB'), again.convert('RGB')).getbbox() is None
    )
    assert min(first.size) >= 8
    assert other.size != first.size or ImageChops.difference(first.convert('RGB'), other.convert('RGB')).getbbox()


@pytest.mark.parametrize('what', ['photographs', 'fonts', 'prose'])
def test_the_parts_have_nothing_in_common(what: str) -> None:
    fit, check = (set(getattr(Sources.of(part), what)) for part in PARTS)
    assert fit and check and not fit & check


def test_words_are_no_products_of_variables() -> None:
    sources = Sources.of('fit')
    rng = np.random.default_rng(0)
    assert all(len(sources.word(rng)) >= 5 for _ in range(50))


def test_tex_sets_every_text() -> None:
    assert len(list(typeset_text(Sources.of('check'), 12, seed=0))) == 12


@pytest.mark.skipif(not any(map(shutil.which, PROGRAMS)), reason='Chromium is not installed')
def test_a_browser_draws_pages() -> None:
    pictures = list(screenshots(Sources.of('fit'), find_program(), 3, seed=0))
    assert len(pictures) == 3
    assert any(
        picture.convert('L').getextrema()[0] < 128 < picture.convert('L').getextrema()[1] for picture in pictures
    )
