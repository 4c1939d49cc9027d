"""Threads: never more than the process can run at once."""

import os
from pathlib import Path

import pytest

from runtime import cores as module
from runtime.cores import cores


@pytest.mark.parametrize(
    ('wanted', 'available', 'limit', 'expected'),
    [
        ('', 4, None, 4),
        ('', 64, None, 8),
        ('', 64, 'max 100000', 8),
        ('', 64, '250000 100000', 2),
        ('', 4, '50000 100000', 1),
        ('', 2, '400000 100000', 2),
        ('3', 2, '100000 100000', 3),
        ('many', 2, None, 2),
        ('0', 2, None, 2),
    ],
)
def test_cores(
    wanted: str, available: int, limit: str | None, expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('OMP_NUM_THREADS', wanted)
    monkeypatch.setattr(os, 'sched_getaffinity', lambda process: set(range(available)), raising=False)
    monkeypatch.setattr(module, 'CGROUP_LIMIT', tmp_path / 'cpu.max')
    if limit is not None:
        (tmp_path / 'cpu.max').write_text(f'{limit}\n')
    assert cores() == expected
