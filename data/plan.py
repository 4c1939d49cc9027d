"""Which formulas a data set will hold: filtered, deduplicated and dealt into splits, in a journal that survives a kill.

The journal has a line for each formula that was accepted and, behind each piece of a source, a line with the counts up
to there. A run that was killed goes on behind the last of these.
"""

import hashlib
import json
import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from functools import partial
from pathlib import Path

import numpy as np

from .candidates import Prepared, Row, Task, prepare

SPLITS = ('train', 'validation', 'test')
_MERGE = 1 << 20


class Seen:
    """A set of strings that takes 8 bytes for each, by their 64-bit hashes."""

    def __init__(self) -> None:
        self._recent: set[int] = set()
        self._sorted = np.empty(0, np.uint64)

    def add(self, text: str) -> bool:
        """Whether the string is new."""
        if text in self:
            return False
        self._recent.add(_hash(text))
        if len(self._recent) >= _MERGE:
            self._sorted = np.union1d(self._sorted, np.fromiter(self._recent, np.uint64))
            self._recent.clear()
        return True

    def __contains__(self, text: str) -> bool:
        key = _hash(text)
        place = int(np.searchsorted(self._sorted, np.uint64(key))) if len(self._sorted) else 0
        return key in self._recent or (place < len(self._sorted) and int(self._sorted[place]) == key)


def split_of(row: Row, shares: dict[str, float], seed: int) -> str:
    """The split of a row: its source's, or by the hash of its paper, or of its label if it has none."""
    if row['split']:
        return row['split']
    place = _hash(f'{seed}\0{row["paper"] or row["label"]}') / 2**64
    for split, share in shares.items():
        if place < share:
            return split
        place -= share
    return SPLITS[0]


class Plan:
    """The formulas of a build.

    Args:
        path: the journal.
        shares: share of the formulas in every split but 'train'.
        seed: decides the splits.
        excluded: labels that are kept out.
        duplicates: keep formulas whose label was there before.
    """

    def __init__(self, path: Path, shares: dict[str, float], seed: int, excluded: Seen, duplicates: bool = False):
        self.path = path
        self.shares = shares
        self.seed = seed
        self.excluded = excluded
        self.duplicates = duplicates
        self.pieces = 0
        """how many pieces are in the journal"""
        self.complete = False
        self.counts: Counter[str] = Counter()
        """formulas of each split"""
        self.dropped: Counter[str] = Counter()
        self._seen = Seen()
        self._recover()

    def rows(self, split: str) -> Iterator[Row]:
        """The accepted formulas of a split, in order."""
        for line in self._lines():
            if line.get('split') == split:
                yield line  # type: ignore[misc]

    def extend(
        self, tasks: Iterable[Task], pool: Executor, workers: int, max_tokens: int, report: Callable[[int], object]
    ) -> None:
        """Accepts or drops the formulas of all pieces that are not yet in the journal; a few pieces at a time."""
        running: deque[Future[Prepared]] = deque()
        work = partial(prepare, max_tokens=max_tokens)
        with open(self.path, 'a', encoding='utf-8') as journal:

            def collect(most: int) -> None:
                while len(running) > most:
                    result = running.popleft().result()
                    journal.write(''.join(json.dumps(row) + '\n' for row in self._accepted(result)))
                    self.pieces += 1
                    journal.write(self._mark())
                    journal.flush()
                    report(len(result.rows) + result.dropped.total())

            try:
                for number, task in enumerate(tasks):
                    if number >= self.pieces + len(running):
                        running.append(pool.submit(work, task))
                        collect(4 * workers)
                collect(0)
            except BaseException:
                for future in running:
                    future.cancel()
                raise
            self.complete = True
            journal.write(self._mark())

    def _accepted(self, result: Prepared) -> Iterator[Row]:
        self.dropped += result.dropped
        for row in result.rows:
            if row['label'] in self.excluded:
                self.dropped['label: excluded'] += 1
            elif not self._seen.add(row['label']) and not self.duplicates:
                self.dropped['label: duplicate'] += 1
            else:
                row['split'] = split_of(row, self.shares, self.seed)
                self.counts[row['split']] += 1
                yield row

    def _mark(self) -> str:
        state = {'counts': self.counts, 'dropped': self.dropped, 'pieces': self.pieces, 'complete': self.complete}
        return json.dumps({'mark': state}) + '\n'

    def _lines(self) -> Iterator[dict[str, object]]:
        with open(self.path, 'rb') as file:
            for line in file:
                yield json.loads(line)

    def _recover(self) -> None:
        """Reads the journal up to its last mark and cuts off what stands behind it."""
        if not self.path.exists():
            return
        size = end = 0
        pending: list[str] = []
        with open(self.path, 'rb') as file:
            for content in file:
                size += len(content)
                if not content.endswith(b'\n'):
                    break
                line = json.loads(content)
                if 'mark' not in line:
                    pending.append(line['label'])
                    continue
                for label in pending:
                    self._seen.add(label)
                pending.clear()
                mark, end = line['mark'], size
                self.counts, self.dropped = Counter(mark['counts']), Counter(mark['dropped'])
                self.pieces, self.complete = mark['pieces'], mark['complete']
        os.truncate(self.path, end)


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode('utf-8', 'surrogatepass'), digest_size=8).digest(), 'big')
