"""Reads pictures of formulas: one line a picture, its path and its LaTeX.

    python predict.py formula.png
    python predict.py scans/ more.png --json --num-beams 4
    python predict.py --clipboard --format inline
    python predict.py --watch screenshots/ --format markdown
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
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from command_line import Parser, positive, report_missing
from modeling.checkpoint_im2latex import CheckpointError
from serving.formats import FORMATS, NEEDED, FormatError, write

if TYPE_CHECKING:
    from PIL import Image

CLIPBOARD = '<clipboard>'
# The names of files in the formats of `serving.pictures`, which is imported only when there is something to read.
SUFFIXES = {
    '.png', '.apng', '.jpg', '.jpeg', '.jpe', '.jfif', '.webp', '.gif', '.bmp', '.dib', '.tif', '.tiff',
    '.ppm', '.pgm', '.pbm', '.pnm', '.pfm', '.avif', '.avifs',
}  # fmt: skip
CHECKPOINTS = [Path(__file__).resolve().parent / 'checkpoints' / name for name in ('base', 'small')]


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = Parser(prog='predict.py', description='Read pictures of formulas as LaTeX.')
    parser.add_argument('paths', nargs='*', metavar='PATH', help='picture, folder (searched in depth), or - for stdin')
    parser.add_argument('--clipboard', action='store_true', help='read the picture on the clipboard')
    parser.add_argument(
        '--watch', action='store_true', help='go on with every picture that comes into the folders, until Ctrl+C'
    )
    parser.add_argument(
        '--checkpoint', help='folder or Hub id (default: checkpoints/base, else checkpoints/small, beside this script)'
    )
    parser.add_argument('--num-beams', type=positive, metavar='N', help="beam width (default: the checkpoint's)")
    parser.add_argument('--batch-size', type=positive, default=8, metavar='N', help='pictures at a time (default: 8)')
    parser.add_argument(
        '--json',
        action='store_true',
        help='one object a line: path, latex, score (0 to 1), confidence (probability that it is right), is_formula',
    )
    parser.add_argument(
        '--format', choices=FORMATS, default='latex', help='how the formula is written (default: latex; --json adds it)'
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
        help='of the graphs with onnx: int8 is faster and may choose another token (default: fp32)',
    )
    args = parser.parse_args(argv)
    if not args.paths and not args.clipboard:
        parser.error('the following arguments are required: PATH, or --clipboard')
    args.folders = [path for path in args.paths if os.path.isdir(path)]
    if args.watch and not args.folders:
        parser.error('--watch needs a folder')
    needed = {f'--format {args.format}': NEEDED.get(args.format), '--watch': 'watchfiles' if args.watch else None}
    for option, package in needed.items():
        if package is not None and not find_spec(package):
            parser.error(f'{option} needs {package}: pip install -r requirements-extras.txt')
    try:
        args.paths = [path for given in args.paths for path in expand(given, may_be_empty=args.watch)]
    except OSError as error:
        parser.error(str(error))
    if args.clipboard:
        args.paths.append(CLIPBOARD)
    args.checkpoint = args.checkpoint or next((str(path) for path in CHECKPOINTS if path.is_dir()), None)
    if args.checkpoint is None:
        parser.error(f'no checkpoint in {CHECKPOINTS[0].parent}: say with --checkpoint which one to use')
    return args


def expand(given: str, may_be_empty: bool = False) -> list[str]:
    """The pictures that an argument stands for: those of a folder, sorted, or the argument itself."""
    if given == '-':
        return [given]
    if not given:  # which would be the folder that it is started in
        raise FileNotFoundError('an empty path: give a picture, a folder, or -')
    path = Path(given)
    if not path.is_dir():
        if not path.exists():
            raise FileNotFoundError(f'{given}: no such file or folder')
        return [given]
    found = sorted(str(file) for file in path.rglob('*') if is_picture(file))
    if not found and not may_be_empty:
        raise FileNotFoundError(f'{given}: no pictures in this folder')
    return found


def is_picture(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and path.is_file()


def written(path: str) -> int:
    """When a file was written, in nanoseconds; 0 if it has gone."""
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


def open_picture(path: str) -> 'Image.Image':
    """The picture in a file, on standard input for `-`, or on the clipboard.

    Raises:
        ValueError: it is no picture, or a broken one.
    """
    from serving import clipboard, pictures

    if path == CLIPBOARD:
        return clipboard.picture()
    return pictures.open_picture(sys.stdin.buffer.read() if path == '-' else path)


def batches(paths: list[str], size: int) -> Iterator[list[str]]:
    yield from (paths[i : i + size] for i in range(0, len(paths), size))


def run(args: argparse.Namespace) -> int:
    from runtime.backends import load

    try:
        backend = load(args.checkpoint, args.backend, args.precision)
    except CheckpointError as error:
        print(f'predict.py: {error}', file=sys.stderr)
        return 2

    def read(pictures: Sequence['Image.Image | None']) -> Sequence[Any]:
        return backend.read(pictures, args.num_beams)

    status = 0
    with progress(len(args.paths)) as bar:
        for paths in batches(args.paths, args.batch_size):
            status |= read_and_print(paths, read, args)
            bar.update(len(paths))
    if args.watch:
        from serving.watching import new_files

        later = new_files(args.folders, is_picture)
        # What came while the others were read is found by looking again.
        missed = sorted({path for folder in args.folders for path in expand(folder, True)} - set(args.paths))
        read_before = {(path, written(path)) for path in missed}
        for path in chain(missed, (path for path in later if (path, written(path)) not in read_before)):
            status |= read_and_print([path], read, args)
    return status


def progress(total: int) -> Any:
    """A progress bar on standard error, where a person looks at it and has something to wait for."""
    from tqdm import tqdm

    # Lines that appear in the same terminal show how far it is; a bar among them would only be in the way.
    idle = total < 2 or not sys.stderr.isatty() or sys.stdout.isatty()
    return tqdm(total=total, unit='picture', file=sys.stderr, disable=idle)


def read_and_print(paths: list[str], read: Callable[[Sequence[Any]], Sequence[Any]], args: argparse.Namespace) -> int:
    """Reads one batch and prints its lines; 1 if a picture could not be read, else 0."""
    status = 0
    pictures: list[Image.Image | None] = []
    errors: dict[str, str] = {}
    for path in paths:
        try:
            pictures.append(open_picture(path))
        except ValueError as error:
            pictures.append(None)
            errors[path] = str(error)
    for path, prediction in zip(paths, read(pictures), strict=True):
        try:
            if prediction.error is not None:
                raise ValueError(errors.get(path, prediction.error))
            text = write(prediction.latex, args.format)
        except (FormatError, ValueError) as error:
            print(f'{path}: {error}', file=sys.stderr)
            status = 1
            continue
        if args.json:
            fields = {
                'path': path,
                'latex': prediction.latex,
                'score': round(prediction.score, 4),
                'confidence': None if prediction.confidence is None else round(prediction.confidence, 4),
                'is_formula': prediction.is_formula,
            }
            print(json.dumps(fields if args.format == 'latex' else fields | {args.format: text}))
        else:
            print(f'{path}\t{" ".join(text.splitlines())}')
            if prediction.is_formula is False:
                print(f'{path}: this does not look like a formula', file=sys.stderr)
    sys.stdout.flush()
    return status


def main(argv: list[str] | None = None) -> int:
    args = parse_args(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Whatever the locale, what is read may hold any character; and file names need not be UTF-8.
        sys.stdout.reconfigure(encoding='utf-8', errors='surrogateescape')
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
    raise SystemExit(report_missing(main, 'predict.py', 'make predict, or pip install -r requirements-cpu.txt'))
