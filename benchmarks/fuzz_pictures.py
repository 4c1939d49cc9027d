"""Broken pictures through the whole image path: `python -m benchmarks.fuzz_pictures --count 10000`.

Pictures of every format are damaged at random, opened, and prepared for the model. Each must come out as an array or as
an error that is meant for its sender; anything else is printed and makes the exit status 1. A seed gives one run.
"""

import argparse
import io
import random
import sys
from collections import Counter
from collections.abc import Sequence

from PIL import Image

from modeling import Im2LatexImageProcessor
from serving.pictures import FORMATS, PictureError, open_picture

MODES = ('1', 'L', 'LA', 'P', 'RGB', 'RGBA', 'CMYK', 'I;16', 'F')
MAX_PIXELS = 1_000_000


def seeds() -> list[bytes]:
    """Whole pictures, of every format in every mode that it can hold."""
    found = []
    for kind in FORMATS:
        for mode in MODES:
            image = Image.effect_mandelbrot((61, 37), (-2, -1, 1, 1), 20)
            file = io.BytesIO()
            try:
                (image.convert('I').convert(mode) if mode == 'I;16' else image.convert(mode)).save(file, kind)
            except (OSError, ValueError, KeyError):
                continue
            found.append(file.getvalue())
    return found


def damaged(data: bytes, chance: random.Random) -> bytes:
    """The file with some bytes changed, removed, inserted or repeated; mostly near its head, where the structure is."""
    content = bytearray(data)
    for _ in range(chance.choice((0, 1, 1, 2, 4, 16))):
        place = min(int(chance.expovariate(1 / 60)), len(content) - 1) if chance.random() < 0.7 else 0
        place = place or chance.randrange(len(content))
        size = chance.choice((1, 1, 2, 4, 8))
        match chance.randrange(5):
            case 0:
                content[place : place + size] = chance.randbytes(size)
            case 1:
                content[place : place + size] = chance.choice((b'\0', b'\xff', b'\x7f')) * size
            case 2:
                del content[place : place + size]
            case 3:
                content[place:place] = chance.randbytes(size)
            case 4:
                content[place:place] = content[place : place + 40]
        if len(content) < 2:
            break
    return bytes(content[: chance.randrange(len(content))] if chance.random() < 0.2 else content)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description='Send damaged pictures through the image path.')
    parser.add_argument('--count', type=int, default=10_000, help='pictures (default: %(default)s)')
    parser.add_argument('--seed', type=int, default=0, help='of the damage (default: %(default)s)')
    args = parser.parse_args(argv)
    chance, processor, whole = random.Random(args.seed), Im2LatexImageProcessor(), seeds()
    outcomes: Counter[str] = Counter()
    for number in range(args.count):
        data = damaged(chance.choice(whole), chance)
        try:
            image = open_picture(data, MAX_PIXELS)
        except PictureError:
            outcomes['refused'] += 1
            continue
        except Exception as error:
            outcomes['crashed'] += 1
            print(f'picture {number}, opening: {error!r}')
            continue
        try:
            processor.prepare(image)
            outcomes['read'] += 1
        except (ValueError, OSError):  # what `predict` answers as an error of this picture
            outcomes['blank or unreadable'] += 1
        except Exception as error:
            outcomes['crashed'] += 1
            print(f'picture {number}, preparing: {error!r}')
    print(', '.join(f'{count} {name}' for name, count in outcomes.most_common()), f'(of {len(whole)} whole pictures)')
    return 1 if outcomes['crashed'] else 0


if __name__ == '__main__':
    sys.exit(main())
