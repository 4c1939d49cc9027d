"""pdfTeX as a process kept in bounds: no shell, no files elsewhere, an end to its time and to what it writes."""

import contextlib
import os
import signal
import subprocess
import tempfile
from pathlib import Path

LARGEST = 1 << 25
"""most bytes of a file that TeX may write"""


def run_pdftex(arguments: list[str], folder: str, formats: Path | None, timeout: float) -> tuple[str, bool]:
    """Runs pdflatex in a folder; returns its terminal output and whether it ran out of time, in seconds.

    It has no shell, reads and writes below the folder only, and its files stay below `LARGEST`. formats: where its
    formats are. Raises OSError: it cannot be started.
    """
    environment = os.environ | {
        'openin_any': 'p',
        'openout_any': 'p',
        'max_print_line': '100000',
        'error_line': '254',
        'half_error_line': '238',
        'SOURCE_DATE_EPOCH': '0',
        'MKTEXTFM': '0',
    }
    if formats is not None:
        environment['TEXFORMATS'] = f'{formats}:'
    command = ['pdflatex', '-no-shell-escape', '-interaction=nonstopmode', *arguments]
    timed_out = False
    with (
        tempfile.TemporaryFile() as output,  # a formula may print without end: a file can be kept from growing
        subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us to handle: TeX would take it for the formula's fault
        ) as process,
    ):
        _limit(process.pid, timeout)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            timed_out = True
            process.send_signal(signal.SIGINT)  # TeX says where it is before it goes
            try:
                process.wait(2)
            except subprocess.TimeoutExpired:
                process.kill()
        except BaseException:
            process.kill()
            raise
        process.wait()
        output.seek(0)
        return output.read().decode(errors='replace'), timed_out


def _limit(process: int, timeout: float) -> None:
    """Bounds what TeX may write and, should nobody be left to stop it, how long it may run; where the system can."""
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import resource

        resource.prlimit(process, resource.RLIMIT_FSIZE, (LARGEST, LARGEST))
        resource.prlimit(process, resource.RLIMIT_CPU, (int(timeout) + 5,) * 2)
