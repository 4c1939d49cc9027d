"""How fast a formula is read, beside networks of published sizes: `python -m benchmarks.inference`.

    python -m benchmarks.inference --rounds 3 --only 'small' --only Texo

Every network is made to write the same number of tokens. They take turns, so that whatever else the machine does falls
on all of them; each line has the minimum, the median and the maximum of the rounds, in milliseconds of processor time
a formula (of the clock with --clock; on an idle machine and one thread they agree), and how many times it takes as long
as the first line, the median over rounds.
"""

import argparse
import dataclasses
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib import metadata
from multiprocessing import get_context
from pathlib import Path
from typing import Any

os.environ.setdefault('OMP_NUM_THREADS', '1')  # one thread, as everything here

ROOT = Path(__file__).resolve().parents[1]
# Median height and width of the ink in im2latex-100k's validation pictures whose labels have 58 to 70 tokens.
INK = (30, 260)
MANY = 256
# An end of the formula that no vocabulary has: all networks write as many tokens.
NO_END = 1_000_000
BASE = ROOT / 'checkpoints' / 'base'
SMALL = ROOT / 'checkpoints' / 'small'


def picture_size(processor: Any) -> tuple[int, int]:
    """Height and width of a picture with so much ink, as a checkpoint's processor leaves it for one look."""
    from PIL import Image

    height, width = INK
    paper = Image.new('L', (width + 2, height + 2), 255)
    paper.paste(0, (1, 1, width + 1, height + 1))
    return processor.image_processor.prepare(paper).shape


@dataclasses.dataclass(frozen=True)
class Contender:
    """A network and a way of running it."""

    name: str
    build: Callable[[int], tuple[Callable[[], object], Callable[[], object]]]
    """given the number of tokens: what encodes, and what reads, one batch"""
    batch: int = 1


def ours_onnx(checkpoint: Path, precision: Any, batch: int, beams: int, tokens: int) -> tuple[Callable, Callable]:
    """Our graphs."""
    import numpy as np

    from runtime.generation import load, search
    from runtime.model import DecoderBatch

    model, processor = load(checkpoint, precision, threads=1)
    settings = dataclasses.replace(model.settings, end=NO_END)
    ink = np.random.default_rng(0).random(picture_size(processor), np.float32)

    def encode() -> list[Any]:
        return [model.encode(ink) for _ in range(batch)]

    return encode, lambda: search(DecoderBatch(model, encode(), beams, tokens), settings, tokens)


def ours_torch(checkpoint: Path, batch: int, beams: int, tokens: int) -> tuple[Callable, Callable]:
    """Our model by transformers' `generate`."""
    from modeling.generation_im2latex import load

    model, processor = load(checkpoint, device='cpu')
    return torch_model(model, (1, *picture_size(processor)), batch, beams, tokens)


def peer(name: str, tokens: int) -> tuple[Callable, Callable]:
    from .peers import PEERS

    model, shape = PEERS[name]()
    return torch_model(model.eval(), shape, 1, 1, tokens)


def torch_model(
    model: Any, shape: tuple[int, int, int], batch: int, beams: int, tokens: int
) -> tuple[Callable, Callable]:
    """What encodes and what generates, for a model of transformers."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    pixels = torch.rand(batch, *shape)
    model.generation_config.update(eos_token_id=None, decoder_start_token_id=1, pad_token_id=0)

    @torch.inference_mode()
    def encode() -> object:
        return model.encoder(pixel_values=pixels)

    @torch.inference_mode()
    def read() -> object:
        return model.generate(pixel_values=pixels, num_beams=beams, max_new_tokens=tokens, do_sample=False)

    return encode, read


def contenders() -> list[Contender]:
    """All of them; the first is what the others are compared with."""
    found = []
    for name, checkpoint in (('base', BASE), ('small', SMALL)):
        for batch, beams in ((1, 1), (16, 1), (1, 4)):
            kind = f'batch {batch}, ' + ('greedy' if beams == 1 else f'{beams} beams')
            for precision in ('int8', 'fp32'):
                build = partial(ours_onnx, checkpoint, precision, batch, beams)
                found.append(Contender(f'{name}, ONNX {precision}, {kind}', build, batch))
            found.append(Contender(f'{name}, torch, {kind}', partial(ours_torch, checkpoint, batch, beams), batch))
    from .peers import PEERS

    return found + [Contender(f'{name}, torch, batch 1, greedy', partial(peer, name)) for name in PEERS]


def peak_memory(build: Callable[[int], tuple[Callable, Callable]], tokens: int) -> float:
    """Most memory, MB, of a process that builds a contender and reads one batch."""
    quiet()
    _, read = build(tokens)
    read()
    # Not getrusage: its maximum outlives exec, so that a child starts with its parent's.
    status = Path('/proc/self/status').read_text(encoding='utf-8')
    return int(status.split('VmHWM:')[1].split()[0]) / 1024


def quiet() -> None:
    """Keeps transformers, where it has been imported at all, from talking between the rows."""
    os.environ['TRANSFORMERS_VERBOSITY'] = 'error'
    os.environ['HF_HUB_DISABLE_PROGRESS_BARS'] = '1'


def alone(build: Callable[[int], tuple[Callable, Callable]], tokens: int) -> float:
    """`peak_memory` in a process of its own."""
    with ProcessPoolExecutor(1, get_context('spawn')) as pool:
        return pool.submit(peak_memory, build, tokens).result()


def cold_start(backend: str, rounds: int) -> list[float]:
    """Seconds from the command to the LaTeX of one example picture, by the clock."""
    command = [sys.executable, 'predict.py', 'examples/euler.png', '--checkpoint', str(SMALL), '--backend', backend]
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        seconds.append(time.perf_counter() - start)
    return seconds


def formulas_a_second(precision: Any, tokens: int, rounds: int) -> list[float]:
    """By the clock, on all cores: `predict` of `small` on many pictures of one size, greedy, one look."""
    import numpy as np
    from PIL import Image

    from runtime.cores import cores
    from runtime.generation import load, predict

    environment_threads = os.environ.pop('OMP_NUM_THREADS')
    model, processor = load(SMALL, precision, threads=cores())
    os.environ['OMP_NUM_THREADS'] = environment_threads
    model.settings = dataclasses.replace(model.settings, end=NO_END, looks=())
    rng = np.random.default_rng(0)
    size = tuple(side - 2 * processor.image_processor.margin for side in picture_size(processor))
    processor.image_processor.scale = 1.0
    processor.image_processor.min_dpi = processor.image_processor.max_dpi = None
    pictures = [Image.fromarray(np.where(rng.random(size) < 0.2, 0, 255).astype(np.uint8)) for _ in range(MANY)]
    rates = []
    for number in range(rounds + 1):  # the first warms up
        start = time.perf_counter()
        predict(model, processor, pictures, num_beams=1, max_new_tokens=tokens)
        if number:
            rates.append(MANY / (time.perf_counter() - start))
    return rates


def required(requirements: Path) -> Iterator[str]:
    """Names of the packages in a requirements file, and in those that it includes."""
    from packaging.requirements import Requirement

    for line in requirements.read_text(encoding='utf-8').splitlines():
        if line.startswith('-r '):
            yield from required(requirements.parent / line[3:])
        elif line[:1] != '#':
            yield Requirement(line).name


def install_size(requirements: Path) -> float:
    """MB of the installed files of all packages that a requirements file needs, without compiled bytecode."""
    from packaging.requirements import Requirement

    queue = list(required(requirements))
    seen: dict[str, int] = {}
    while queue:
        name = queue.pop().lower().replace('_', '-')
        if name in seen:
            continue
        try:
            package = metadata.distribution(name)
        except metadata.PackageNotFoundError:  # for another platform, or not here
            continue
        files = [Path(str(package.locate_file(file))) for file in package.files or () if file.suffix != '.pyc']
        seen[name] = sum(file.stat().st_size for file in files if file.is_file())
        parsed = [Requirement(line) for line in package.requires or ()]
        queue += [item.name for item in parsed if item.marker is None or item.marker.evaluate({'extra': ''})]
    return sum(seen.values()) / 1e6


def measure(
    chosen: Sequence[Contender], tokens: int, rounds: int, clock: Callable[[], float]
) -> tuple[list[list[float]], list[float]]:
    """Milliseconds a formula of each contender in each round, and the median of its encoder."""
    built = [contender.build(tokens) for contender in chosen]
    whole: list[list[float]] = [[] for _ in chosen]
    encoder: list[list[float]] = [[] for _ in chosen]
    for number in range(rounds + 1):  # the first warms up
        for i, (contender, (encode, read)) in enumerate(zip(chosen, built, strict=True)):
            for function, times in ((encode, encoder), (read, whole)):
                start = clock()
                function()
                if number:
                    times[i].append((clock() - start) * 1000 / contender.batch)
    return whole, [statistics.median(times) for times in encoder]


def report(args: argparse.Namespace, chosen: Sequence[Contender]) -> None:
    """Measures and prints the tables."""
    from runtime.generation import load

    clock = time.perf_counter if args.clock else time.process_time
    whole, encoder = measure(chosen, args.tokens, args.rounds, clock)
    unit = 'clock' if args.clock else 'processor time'
    sizes = ' and '.join('{}x{}'.format(*picture_size(load(checkpoint)[1])) for checkpoint in (BASE, SMALL))
    print(f'{args.tokens} tokens, pictures of {sizes} (peers: their own size), 1 thread, {unit},')
    print(f'{args.rounds} interleaved rounds; load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n')
    print('| network | ms a formula: min | median | max | times the first | encoder ms | ms a token | peak MB |')
    print('| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |')
    for contender, times, ahead in zip(chosen, whole, encoder, strict=True):
        ratio = statistics.median(a / b for a, b in zip(times, whole[0], strict=True))
        middle = statistics.median(times)
        memory = alone(contender.build, args.tokens)
        numbers = [min(times), middle, max(times), ratio, ahead, (middle - ahead) / args.tokens, memory]
        cells = [f'{cell:.0f}' if cell >= 100 else f'{cell:.3g}' for cell in numbers]
        print(f'| {contender.name} | {" | ".join(cells)} |', flush=True)
    print(f'\n| small, {MANY} pictures at once, all cores | formulas a second by the clock: min | median | max |')
    print('| --- | ---: | ---: | ---: |')
    for precision in ('int8', 'fp32'):
        rates = formulas_a_second(precision, args.tokens, args.rounds)
        print(
            f'| ONNX {precision} | {min(rates):.0f} | {statistics.median(rates):.0f} | {max(rates):.0f} |', flush=True
        )
    print('\n| predict.py, one picture | s: min | median | max | install, MB |')
    print('| --- | ---: | ---: | ---: | ---: |')
    for backend, requirements in (('onnx', 'requirements-cpu.txt'), ('torch', 'requirements.txt')):
        seconds = cold_start(backend, args.rounds)
        size = install_size(ROOT / requirements)
        middle = statistics.median(seconds)
        print(f'| {backend} | {min(seconds):.2f} | {middle:.2f} | {max(seconds):.2f} | {size:.0f} |', flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description='Measure how fast a formula is read.')
    parser.add_argument('--tokens', type=int, default=64, help='tokens to write (default: %(default)s)')
    parser.add_argument('--rounds', type=int, default=5, help='(default: %(default)s)')
    parser.add_argument('--clock', action='store_true', help="the clock's time instead of the processor's")
    parser.add_argument('--only', action='append', metavar='TEXT', help='only those whose name holds it; repeatable')
    args = parser.parse_args(argv)
    if min(args.tokens, args.rounds) < 1:
        parser.error('--tokens and --rounds must be positive')
    quiet()
    chosen = [item for item in contenders() if not args.only or any(part in item.name for part in args.only)]
    if not chosen:
        parser.error('--only: no network of this name')
    report(args, chosen)
    return 0


if __name__ == '__main__':
    sys.exit(main())
