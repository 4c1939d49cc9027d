"""Reads pictures of formulas: one line a picture, its path and its LaTeX.

    python predict.py formula.png
    python predict.py scans/ more.png --json --num-beams 4
    xclip -selection clipboard -t image/png -o | python predict.py -

The order is that of the arguments; what is no picture is named on standard error, and the others still come out.
Exit status: 0 all read, 1 some not, 2 wrong usage.
"""

import argparse
import io
import json
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from command_line import Parser, positive
from modeling.checkpoint_im2latex import CheckpointError

if TYPE_CHECKING:
    from PIL import Image

SUFFIXES = {'.png', '.jpg', '.jpeg', '.webp', '.gif', '.bmp', '.tif', '.tiff', '.ppm', '.pgm', '.pbm'}
CHECKPOINTS = [Path(__file__).resolve().parent / 'checkpoints' / name for name in ('base', 'small')]


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = Parser(prog='predict.py', description='Read pictures of formulas as LaTeX.')
    parser.add_argument('paths', nargs='+', metavar='PATH', help='picture, folder (searched in depth), or - for stdin')
    parser.add_argument(
        '--checkpoint', help='folder or Hub id (default: checkpoints/base, else checkpoints/small, beside this script)'
    )
    parser.add_argument('--num-beams', type=positive, metavar='N', help="beam width (default: the checkpoint's)")
    parser.add_argument('--batch-size', type=positive, default=8, metavar='N', help='pictures at a time (default: 8)')
    parser.add_argument(
        '--json', action='store_true', help='one object a line: path, latex, score (confidence, 0 to 1)'
    )
    parser.add_argument(
        '--backend',
        choices=['onnx', 'torch'],
        help='what computes (default: onnx if it is installed and the checkpoint holds its graphs, else torch)',
    )
    parser.add_argument(
        '--precision',
        choices=['fp32', 'int8'],
        default='fp32',
        help='of the decoder with onnx: int8 is faster and may choose another token (default: fp32)',
    )
    args = parser.parse_args(argv)
    try:
        args.paths = [path for given in args.paths for path in expand(given)]
    except OSError as error:
        parser.error(str(error))
    args.checkpoint = args.checkpoint or next((str(path) for path in CHECKPOINTS if path.is_dir()), None)
    if args.checkpoint is None:
        parser.error(f'no checkpoint in {CHECKPOINTS[0].parent}: say with --checkpoint which one to use')
    return args


def expand(given: str) -> list[str]:
    """The pictures that an argument stands for: those of a folder, sorted, or the argument itself."""
    path = Path(given)
    if given == '-':
        return [given]
    if not path.is_dir():
        if not path.exists():
            raise FileNotFoundError(f'{given}: no such file or folder')
        return [given]
    found = sorted(str(file) for file in path.rglob('*') if file.suffix.lower() in SUFFIXES and file.is_file())
    if not found:
        raise FileNotFoundError(f'{given}: no pictures in this folder')
    return found


def open_picture(path: str) -> 'Image.Image':
    """The picture in a file, or on standard input for `-`.

    Raises:
        ValueError: it is no picture, or a broken one.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(sys.stdin.buffer.read()) if path == '-' else path) as image:
            image.load()
            return image
    except UnidentifiedImageError:
        raise ValueError('not a picture') from None
    except Exception as error:  # on a broken file PIL's decoders raise whatever comes to them
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ValueError(f'cannot be read: {reason or type(error).__name__}') from error


def batches(paths: list[str], size: int) -> Iterator[list[str]]:
    yield from (paths[i : i + size] for i in range(0, len(paths), size))


def load_model(checkpoint: str, backend: str | None, precision: Any = 'fp32') -> tuple[Any, Any, Callable[..., Any]]:
    """The model, its processor, and the function that reads pictures with them.

    Raises:
        CheckpointError: the checkpoint cannot be loaded, or not with what is installed.
    """
    # Here, not above: torch takes seconds to import, and --help and a mistyped path should wait for nothing.
    if backend != 'torch' and find_spec('onnxruntime'):
        from runtime import generation as runtime

        try:
            return *runtime.load(checkpoint, precision), runtime.predict
        except runtime.NoGraphsError:
            if backend == 'onnx' or not find_spec('torch'):
                raise
    if backend == 'onnx':
        raise CheckpointError('onnxruntime is not installed: pip install -r requirements-cpu.txt')
    if not find_spec('torch'):
        raise CheckpointError('torch is not installed: pip install -r requirements.txt')
    from huggingface_hub.utils import logging as hub_logging
    from transformers.utils import logging

    from modeling import generation_im2latex as generation

    hub_logging.set_verbosity_error()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    return *generation.load(checkpoint), generation.predict


def run(args: argparse.Namespace) -> int:
    try:
        model, processor, predict = load_model(args.checkpoint, args.backend, args.precision)
    except CheckpointError as error:
        print(f'predict.py: {error}', file=sys.stderr)
        return 2
    status = 0
    for paths in batches(args.paths, args.batch_size):
        pictures: list[Image.Image | None] = []
        errors: dict[str, str] = {}
        for path in paths:
            try:
                pictures.append(open_picture(path))
            except ValueError as error:
                pictures.append(None)
                errors[path] = str(error)
        for path, prediction in zip(paths, predict(model, processor, pictures, args.num_beams), strict=True):
            if prediction.error is not None:
                print(f'{path}: {errors.get(path, prediction.error)}', file=sys.stderr)
                status = 1
            elif args.json:
                print(json.dumps({'path': path, 'latex': prediction.latex, 'score': round(prediction.score, 4)}))
            else:
                print(f'{path}\t{prediction.latex}')
        sys.stdout.flush()
    return status


def main(argv: list[str] | None = None) -> int:
    args = parse_args(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors='surrogateescape')  # file names need not be UTF-8
    try:
        with warnings.catch_warnings(action='ignore'):
            return run(args)
    except KeyboardInterrupt:
        return 130  # as a shell reports SIGINT
    except BrokenPipeError:
        # Python flushes once more on its way out, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141  # as a shell reports SIGPIPE


if __name__ == '__main__':
    raise SystemExit(main())
