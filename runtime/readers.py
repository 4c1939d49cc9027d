"""Reads with several processes of one thread each: more pictures a second than one process with as many threads.

    with Readers('checkpoints/base', processes=4) as readers:
        for predictions in readers.read_batches(batches):
            ...

For many pictures: a process takes about a second to start.
"""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from types import TracebackType
from typing import Any

from PIL import Image

from modeling.prediction_im2latex import Prediction

from .backends import Backend, load

# Batches that wait for each process: enough that it never waits for the next, few enough to hold in memory.
AHEAD = 2


class Readers:
    """The ONNX graphs of a checkpoint in several processes.

    Args:
        checkpoint: folder, or id on the Hugging Face Hub.
        processes: how many.

    Raises:
        CheckpointError: the checkpoint cannot be loaded, or has no graphs.
    """

    def __init__(self, checkpoint: str | os.PathLike[str], processes: int):
        self.backend = load(checkpoint, 'onnx', threads=1)
        """the same checkpoint in this process: its settings, and what cannot be loaded is found at once"""
        self._ahead = AHEAD * processes
        # Spawned: a fork would copy the threads' locks of whatever has been loaded.
        context = multiprocessing.get_context('spawn')
        self._pool = ProcessPoolExecutor(processes, context, initializer=_start, initargs=(os.fspath(checkpoint),))

    def __enter__(self) -> 'Readers':
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def read_batches(
        self, batches: Iterable[Sequence[Image.Image | None]], *args: Any, **kwargs: Any
    ) -> Iterator[list[Prediction]]:
        """`Backend.read` of every batch, in their order; a few batches are taken ahead."""
        waiting: deque[Future[list[Prediction]]] = deque()
        for images in batches:
            waiting.append(self._pool.submit(_read, images, args, kwargs))
            if len(waiting) > self._ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


_backend: Backend | None = None


def _start(checkpoint: str) -> None:
    global _backend
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its processes
    _backend = load(checkpoint, 'onnx', threads=1)


def _read(images: Sequence[Image.Image | None], args: Any, kwargs: Any) -> list[Prediction]:
    assert _backend is not None
    return _backend.read(images, *args, **kwargs)
