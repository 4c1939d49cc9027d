"""One model, many clients: pictures that arrive together are read together."""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

from PIL import Image

logger = logging.getLogger(__name__)


class Prediction(Protocol):
    """What a reader returns for a picture: `modeling.generation_im2latex.Prediction`, or its like."""

    @property
    def latex(self) -> str: ...
    @property
    def score(self) -> float: ...
    @property
    def confidence(self) -> float | None: ...
    @property
    def is_formula(self) -> bool | None: ...
    @property
    def error(self) -> str | None: ...
    @property
    def tokens(self) -> Sequence[Any]: ...
    @property
    def alternatives(self) -> Sequence[Any]: ...


class Reader(Protocol):
    """Reads a batch of pictures, with at most `n_best` readings of each."""

    def __call__(self, images: Sequence[Image.Image], n_best: int) -> Sequence[Prediction]: ...


class BusyError(Exception):
    """There is more to do than can be done in time."""


@dataclass(frozen=True)
class _Job:
    image: Image.Image
    n_best: int
    deadline: float
    result: asyncio.Future[Prediction]


class Batcher:
    """Collects pictures from all clients and has them read in batches, one batch at a time, in a thread.

    Args:
        reader: the model.
        max_batch: most pictures of a batch.
        max_wait: longest that a picture waits for company while the model is idle, in seconds.
        max_queue: most pictures waiting.
        queue_timeout: longest that a picture waits for the model, in seconds.
    """

    def __init__(self, reader: Reader, max_batch: int, max_wait: float, max_queue: int, queue_timeout: float) -> None:
        self._reader = reader
        self._max_batch = max_batch
        self._max_wait = max_wait
        self._queue_timeout = queue_timeout
        self._max_queue = max_queue
        self._queue: asyncio.Queue[_Job | None] = asyncio.Queue()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix='model')
        self._worker: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """Pictures that no batch has taken yet."""
        return self._queue.qsize()

    def start(self) -> None:
        """Begins to read; to be called in the event loop that will submit."""
        self._worker = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """Reads what has been submitted, then ends."""
        if self._worker is not None:
            self._queue.put_nowait(None)
            await self._worker
            self._worker = None
        self._thread.shutdown()

    async def submit(self, images: Sequence[Image.Image], n_best: int = 1) -> list[Prediction]:
        """The predictions of some pictures, in their order, all or none.

        Raises:
            BusyError: the queue has no room for them, or they waited in it for too long.
        """
        if self._worker is None:
            raise BusyError('the service is stopping')
        # Pictures that would never fit are let in when nobody else waits.
        if self.waiting and self.waiting + len(images) > self._max_queue:
            raise BusyError(f'{self.waiting} pictures are waiting already')
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._queue_timeout
        jobs = [_Job(image, n_best, deadline, loop.create_future()) for image in images]
        for job in jobs:
            self._queue.put_nowait(job)
        return await asyncio.gather(*(job.result for job in jobs))

    async def _work(self) -> None:
        while (first := await self._queue.get()) is not None:
            jobs, stopping = await self._collect(first)
            for n_best in sorted({job.n_best for job in jobs}):
                await self._read([job for job in jobs if job.n_best == n_best], n_best)
            if stopping:
                return

    async def _collect(self, first: _Job) -> tuple[list[_Job], bool]:
        """A batch that begins with `first`, without those that have gone; whether the queue's end came after it."""
        jobs = [] if first.result.done() else [first]
        until = asyncio.get_running_loop().time() + self._max_wait
        while len(jobs) < self._max_batch:
            try:
                async with asyncio.timeout_at(until if self._queue.empty() else None):
                    job = await self._queue.get()
            except TimeoutError:
                break
            if job is None:
                return jobs, True
            if not job.result.done():
                jobs.append(job)
        return jobs, False

    async def _read(self, jobs: list[_Job], n_best: int) -> None:
        loop = asyncio.get_running_loop()
        for job in jobs:
            if job.deadline < loop.time():
                _settle(job, BusyError('there is more to read than the machine can read in time'))
        jobs = [job for job in jobs if not job.result.done()]  # done: too late, or the client has gone
        if not jobs:
            return
        start = loop.time()
        try:
            images = [job.image for job in jobs]
            predictions = await loop.run_in_executor(self._thread, self._reader, images, n_best)
            answers = list(zip(jobs, predictions, strict=True))
        except Exception as error:
            if len(jobs) == 1:
                _settle(jobs[0], error)
                return
            logger.exception('a batch failed; its pictures are read one by one')
            for job in jobs:
                await self._read([job], n_best)
            return
        logger.debug('batch', extra={'pictures': len(jobs), 'seconds': round(loop.time() - start, 3)})
        for job, prediction in answers:
            _settle(job, prediction)


def _settle(job: _Job, result: Prediction | Exception) -> None:
    if job.result.done():  # the client has gone
        return
    if isinstance(result, Exception):
        job.result.set_exception(result)
    else:
        job.result.set_result(result)
