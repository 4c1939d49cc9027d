"""Load on a running service: `python -m benchmarks.load http://127.0.0.1:7860 PICTURE... --clients 32 --seconds 60`.

Every client sends one picture after the other to `POST /predict`. Prints requests, failures, latency and throughput,
and the memory of the service as requests go by where its process is named.
"""

import argparse
import asyncio
import itertools
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import httpx


def memory(pid: int) -> float:
    """Resident memory of a process in MB (Linux)."""
    pages = int(Path(f'/proc/{pid}/statm').read_text(encoding='ascii').split()[1])
    return pages * 4096 / 1e6


async def run(args: argparse.Namespace) -> int:
    pictures = itertools.cycle(path.read_bytes() for path in args.pictures)
    latencies: list[float] = []
    outcomes: Counter[str] = Counter()
    sizes: list[tuple[int, float]] = []
    start = time.perf_counter()
    end = start + args.seconds

    async def client() -> None:
        async with httpx.AsyncClient(timeout=60) as session:
            while time.perf_counter() < end and sum(outcomes.values()) < args.requests:
                begun = time.perf_counter()
                try:
                    answer = await session.post(f'{args.address}/predict', files={'file': next(pictures)})
                    outcomes[str(answer.status_code)] += 1
                except httpx.HTTPError as error:
                    outcomes[type(error).__name__] += 1
                    await asyncio.sleep(0.1)
                latencies.append(time.perf_counter() - begun)
                if args.pid is not None and len(latencies) % 500 == 0:
                    sizes.append((len(latencies), memory(args.pid)))

    await asyncio.gather(*(client() for _ in range(args.clients)))
    wall = time.perf_counter() - start
    ranks = statistics.quantiles(latencies, n=100) if len(latencies) > 1 else latencies * 99
    failed = sum(count for outcome, count in outcomes.items() if outcome != '200')
    print(f'{args.clients} clients, {wall:.0f} s, {len(latencies)} requests, {failed} failed {dict(outcomes)}')
    print(f'throughput {len(latencies) / wall:.1f}/s, latency p50 {ranks[49]:.2f} s, p99 {ranks[98]:.2f} s')
    for count, size in sizes:
        print(f'after {count} requests: {size:.0f} MB')
    return 1 if failed else 0


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description='Measure a running service under load.')
    parser.add_argument('address', help='where it listens, such as http://127.0.0.1:7860')
    parser.add_argument('pictures', nargs='+', type=Path, help='pictures to send, in turn')
    parser.add_argument('--clients', type=int, default=32, help='clients at a time (default: %(default)s)')
    parser.add_argument('--seconds', type=float, default=60, help='longest duration (default: %(default)s)')
    parser.add_argument('--requests', type=int, default=10**9, help='most requests (default: no limit)')
    parser.add_argument('--pid', type=int, help='process of the service, to watch its memory')
    return asyncio.run(run(parser.parse_args(argv)))


if __name__ == '__main__':
    sys.exit(main())
