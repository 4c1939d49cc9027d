"""Several processes give what one gives, in order, and are gone afterwards."""

import multiprocessing
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from modeling.checkpoint_im2latex import CheckpointError
from runtime.backends import load

ROOT = Path(__file__).resolve().parents[2]


def test_several_processes_read_as_one(exported_checkpoint: Path, formula_images: list[Image.Image]) -> None:
    batches = [[formula_images[i], None, formula_images[(i + 1) % 4]] for i in (0, 1, 2, 3)] * 3
    expected = [load(exported_checkpoint, threads=1).read(batch, num_beams=2) for batch in batches]
    with load(exported_checkpoint, processes=2) as backend:
        assert list(backend.read_batches(batches, num_beams=2)) == expected
        assert backend.device == 'cpu, 2 processes of one thread'
        assert backend.read(batches[0], num_beams=2) == expected[0]
        assert len(multiprocessing.active_children()) == 2
    assert not multiprocessing.active_children()


def test_few_batches_are_taken_ahead(exported_checkpoint: Path, formula_images: list[Image.Image]) -> None:
    taken = []

    def batches():
        for number in range(20):
            taken.append(number)
            yield formula_images[:1]

    with load(exported_checkpoint, processes=2) as backend:
        next(backend.read_batches(batches()))
    assert len(taken) == 5


def test_processes_end_with_a_parent_that_is_killed(exported_checkpoint: Path) -> None:
    script = (
        'import multiprocessing, sys, time\n'
        'from PIL import Image\n'
        'from runtime.backends import load\n'
        'backend = load(sys.argv[1], processes=2)\n'
        'list(backend.read_batches([[Image.new("L", (40, 40), 255)]] * 4))\n'
        'print(*(child.pid for child in multiprocessing.active_children()), flush=True)\n'
        'time.sleep(100)\n'
    )
    command = [sys.executable, '-c', script, str(exported_checkpoint)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        children = [int(pid) for pid in process.stdout.readline().split()]
        process.kill()
    assert len(children) == 2
    deadline = time.monotonic() + 30
    while any(is_running(pid) for pid in children):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def is_running(pid: int) -> bool:
    try:
        return Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0] != 'Z'
    except OSError:
        return False


def test_processes_need_graphs(tiny_checkpoint: Path, exported_checkpoint: Path) -> None:
    with pytest.raises(CheckpointError, match='export_onnx'):
        load(tiny_checkpoint, processes=2)
    with pytest.raises(CheckpointError, match='for the ONNX graphs'):
        load(exported_checkpoint, 'torch', processes=2)
