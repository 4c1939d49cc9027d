"""One formula, many ways to keep it: the same black on white comes out."""

import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from data.pictures import to_grey, without_transparency


def variants(image: Image.Image) -> dict[str, Image.Image]:
    """The same formula, mode L, black on white, kept in other ways."""
    ink = ImageOps.invert(image)
    black, white = Image.new('L', image.size, 0), Image.new('L', image.size, 255)
    wide = np.asarray(image).astype(np.uint16) * 257
    palette = image.convert('P')
    palette.putpalette([n for n in range(256) for _ in range(3)])
    transparent = Image.new('P', image.size)
    transparent.frombytes(ink.tobytes())
    transparent.putpalette([0] * 768)
    transparent.info['transparency'] = bytes(range(256))
    turned = image.transpose(Image.Transpose.ROTATE_90)
    turned.getexif()[274] = 6
    return {
        'L': image,
        'RGB': image.convert('RGB'),
        'LA': Image.merge('LA', (black, ink)),
        'RGBA': Image.merge('RGBA', (black, black, black, ink)),
        'light LA': Image.merge('LA', (white, ink)),
        'opaque LA': Image.merge('LA', (image, white)),
        'I;16': Image.fromarray(wide),
        'I': Image.fromarray(wide.astype(np.int32)),
        'F': Image.fromarray(np.asarray(image).astype(np.float32) / 255),
        'P': palette,
        'transparent P': transparent,
        'light on dark': ImageOps.invert(image),
        'EXIF': turned,
    }


@pytest.mark.parametrize('name', variants(Image.new('L', (2, 2), 255)))
def test_to_grey(name: str, formula_images: list[Image.Image]) -> None:
    image = formula_images[1]
    grey = to_grey(variants(image)[name])
    assert (grey.mode, grey.size) == ('L', image.size)
    assert np.asarray(grey) == pytest.approx(np.asarray(image), abs=1)


def test_a_solid_block_is_ink() -> None:
    block = Image.new('L', (40, 40), 255)
    block.paste(0, (3, 3, 37, 37))
    assert to_grey(block).tobytes() == block.tobytes()


def test_what_is_wholly_transparent_is_paper() -> None:
    assert to_grey(Image.new('RGBA', (4, 4), (0, 0, 0, 0))).tobytes() == b'\xff' * 16


@pytest.mark.parametrize('name', ['LA', 'RGBA', 'transparent P'])
def test_without_transparency(name: str, formula_images: list[Image.Image]) -> None:
    image = formula_images[1].point(lambda level: min(255, level + 90))
    touched = np.where(np.asarray(image) < 255, 0, 255)
    assert (np.asarray(without_transparency(variants(image)[name])) == touched).all()


def test_files(formula_images: list[Image.Image]) -> None:
    for name, image in variants(formula_images[1]).items():
        if name not in ('I', 'F', 'EXIF'):  # which PNG cannot keep, or keeps otherwise
            buffer = io.BytesIO()
            image.save(buffer, 'PNG')
            grey = np.asarray(to_grey(Image.open(buffer)))
            assert grey == pytest.approx(np.asarray(formula_images[1]), abs=1), name
