"""Opening: everything that comes is a picture within the limits or a PictureError that says why it is none."""

import io
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from serving.pictures import FORMATS, PictureError, open_picture


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack('>I', len(content)) + name + content + struct.pack('>I', zlib.crc32(name + content))


def png_bomb(width: int, height: int) -> bytes:
    """A PNG of a few hundred kilobytes that decodes to `width` times `height` bytes."""
    header = struct.pack('>IIBBBBB', width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1000 * 1000))
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) + chunk(b'IDAT', rows) + chunk(b'IEND', b'')


GREY = Image.new('L', (40, 20), 255)
GREY.paste(0, (8, 8, 30, 12))
SEEDS = [encoded(GREY.convert('RGB'), kind) for kind in FORMATS]


@pytest.mark.parametrize('kind', [*FORMATS, 'MPO'])  # MPO is the JPEG of some cameras
def test_every_format_that_is_promised(kind: str) -> None:
    assert open_picture(encoded(GREY.convert('RGB'), kind)).size == (40, 20)


@pytest.mark.parametrize('mode', ['1', 'L', 'LA', 'P', 'RGB', 'RGBA', 'CMYK', 'I;16', 'I', 'F'])
def test_modes_stay_as_they_are(mode: str) -> None:
    image = GREY.convert('I').convert('I;16') if mode == 'I;16' else GREY.convert(mode)
    assert open_picture(encoded(image, 'TIFF')).mode == mode


def test_of_an_animation_the_first_frame() -> None:
    frames = [GREY, Image.new('L', (40, 20), 0)]
    data = encoded(frames[0], 'GIF', save_all=True, append_images=frames[1:])
    assert open_picture(data).convert('L').getpixel((0, 0)) == 255


@pytest.mark.parametrize(
    ('data', 'message'),
    [
        (b'', 'empty'),
        (b'x^2', 'not a picture'),
        (b'%PDF-1.7\n%%EOF', 'PDF'),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', 'SVG'),
        (b'%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n', 'not a picture'),
        (b'\x00\x00\x00\x18ftypheic\x00\x00', 'HEIC'),
        (encoded(GREY, 'PNG')[:-30], 'truncated'),
        (encoded(Image.new('RGB', (64, 64)), 'JPEG')[:-200], 'cannot be read'),
        (png_bomb(12_000, 12_000), '12000x12000 is too large: at most 100 million'),
        (png_bomb(65_000, 65_000), 'too large'),  # beyond Pillow's own limit
    ],
    ids=['empty', 'text', 'pdf', 'svg', 'eps', 'heic', 'cut png', 'cut jpeg', 'bomb', 'large bomb'],
)
def test_refusals_say_why(data: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=message):
        open_picture(data)
    (tmp_path / 'picture.png').write_bytes(data)
    with pytest.raises(PictureError, match=message):
        open_picture(tmp_path / 'picture.png')


def test_the_content_counts_and_not_the_name(tmp_path: Path) -> None:
    (tmp_path / 'photo.png').write_bytes(encoded(GREY, 'JPEG'))
    assert open_picture(tmp_path / 'photo.png').size == (40, 20)


def test_a_missing_file() -> None:
    with pytest.raises(PictureError, match='No such file'):
        open_picture('nowhere.png')


@settings(max_examples=300, deadline=None)
@given(
    seed=st.sampled_from(SEEDS),
    edits=st.lists(st.tuples(st.integers(0, 2000), st.binary(max_size=8)), max_size=6),
    cut=st.integers(0, 2000),
)
def test_broken_files_never_do_worse(seed: bytes, edits: list[tuple[int, bytes]], cut: int) -> None:
    data = bytearray(seed)
    for place, content in edits:
        data[place % len(data) : place % len(data) + len(content)] = content
    try:
        open_picture(bytes(data[: max(1, len(data) - cut)]), max_pixels=1_000_000)
    except PictureError as error:
        assert str(error)
