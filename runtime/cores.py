"""How many threads there is work and room for. The standard library only."""

import os
from pathlib import Path

# More have nothing to do with one picture.
MOST = 8
CGROUP_LIMIT = Path('/sys/fs/cgroup/cpu.max')


def cores() -> int:
    """Threads to compute with, from 1 to 8.

    `OMP_NUM_THREADS` where it is set, as for numpy and torch; else as many cores as this process may run on, or as
    its container has the time of: any more threads would hold the others up.
    """
    wanted = os.environ.get('OMP_NUM_THREADS', '')
    if wanted.isdecimal() and int(wanted):
        return min(MOST, int(wanted))
    available = len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count() or 1
    return min(MOST, available, _container_limit() or MOST)


def _container_limit() -> int | None:
    """Whole cores that the control group (Linux, version 2) leaves to this process; None if it sets no limit."""
    try:
        quota, period = CGROUP_LIMIT.read_text(encoding='ascii').split()
        return max(1, int(quota) // int(period))
    except (OSError, ValueError):  # no such file; or `max`, which is no number
        return None
