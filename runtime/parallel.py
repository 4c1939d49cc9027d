"""Several processes of one thread each, which read more pictures a second than one process with as many threads.

    with load('checkpoints/base', 'onnx', processes=4) as backend:      # runtime.backends
        for predictions in backend.read_batches(batches):
            ...

For many pictures: a process takes about a second to start.
"""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

from PIL import Image

from modeling.prediction_im2latex import Prediction

from .backends import Backend, Precision, load

# Batches that wait for each process: enough that it never waits for the next, few enough to hold in memory.
AHEAD = 2


@dataclass(frozen=True)
class ParallelBackend(Backend):
    """The ONNX graphs of a checkpoint in several processes, and in this one for single pictures."""

    processes: int
    pool: ProcessPoolExecutor

    @classmethod
    def of(
        cls, backend: Backend, checkpoint: str | os.PathLike[str], precision: Precision, processes: int
    ) -> 'ParallelBackend':
        """The processes start with the first batches, and load the checkpoint of the backend again."""
        # Spawned: a fork would copy the locks of threads that it has not.
        context = multiprocessing.get_context('spawn')
        pool = ProcessPoolExecutor(processes, context, _start, (os.fspath(checkpoint), precision))
        device = f'{backend.device}, {processes} processes of one thread'
        return cls(**{**vars(backend), 'device': device}, processes=processes, pool=pool)

    def read_batches(
        self, batches: Iterable[Sequence[Image.Image | None]], *args: Any, **kwargs: Any
    ) -> Iterator[list[Prediction]]:
        """`read` of every batch, in their order; a few batches are taken ahead."""
        waiting: deque[Future[list[Prediction]]] = deque()
        for images in batches:
            waiting.append(self.pool.submit(_read, images, args, kwargs))
            if len(waiting) > AHEAD * self.processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def close(self) -> None:
        self.pool.shutdown(cancel_futures=True)


_backend: Backend | None = None


def _start(checkpoint: str, precision: Precision) -> None:
    """Leaves Ctrl-C to the parent, and ends when the parent does: it would wait for batches for ever."""
    global _backend
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:

        def follow() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=follow, daemon=True).start()
    _backend = load(checkpoint, 'onnx', precision, threads=1)


def _read(images: Sequence[Image.Image | None], args: Any, kwargs: Any) -> list[Prediction]:
    assert _backend is not None
    return _backend.read(images, *args, **kwargs)
