"""Several processes give what one gives, in order, and are gone afterwards."""

import multiprocessing
from pathlib import Path

import pytest
from PIL import Image

from modeling.checkpoint_im2latex import CheckpointError
from runtime.backends import load


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


def test_processes_need_graphs(tiny_checkpoint: Path, exported_checkpoint: Path) -> None:
    with pytest.raises(CheckpointError, match='export_onnx'):
        load(tiny_checkpoint, processes=2)
    with pytest.raises(CheckpointError, match='for the ONNX graphs'):
        load(exported_checkpoint, 'torch', processes=2)
