"""The choice between graphs and torch."""

from pathlib import Path

import pytest
from PIL import Image

from modeling.checkpoint_im2latex import CheckpointError
from runtime import backends


def install(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Has these packages found, and no others."""
    monkeypatch.setattr(backends, 'find_spec', lambda name: name if name in names else None)


def test_graphs_are_read_by_default_where_they_and_onnxruntime_are(
    tiny_checkpoint: Path, exported_checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for checkpoint, installed, wanted in (
        (exported_checkpoint, ['onnxruntime'], 'onnx'),
        (exported_checkpoint, ['onnxruntime', 'torch'], 'onnx'),
        (exported_checkpoint, ['torch'], 'torch'),
        (tiny_checkpoint, ['onnxruntime', 'torch'], 'torch'),
    ):
        install(monkeypatch, *installed)
        assert backends.load(checkpoint).name == wanted


def test_both_read_the_same(exported_checkpoint: Path, formula_images: list[Image.Image]) -> None:
    found = [backends.load(exported_checkpoint, name, threads=1) for name in ('onnx', 'torch')]
    for backend in found:
        assert backend.settings.max_new_tokens == 16 and (backend.settings.num_beams or 1) == 1
    graphs, torch = ([item.latex for item in backend.read(formula_images, n_best=2)] for backend in found)
    assert graphs == torch


@pytest.mark.parametrize(
    ('installed', 'name', 'precision', 'message'),
    [
        ([], 'onnx', 'fp32', r'requirements-cpu\.txt'),
        ([], 'torch', 'fp32', r'requirements\.txt'),
        ([], None, 'fp32', r'requirements-cpu\.txt'),
        (['onnxruntime'], None, 'fp32', r'export_onnx\.py'),
        (['onnxruntime', 'torch'], 'onnx', 'fp32', r'export_onnx\.py'),
        (['onnxruntime', 'torch'], None, 'int8', r'export_onnx\.py'),
        (['onnxruntime', 'torch'], 'torch', 'int8', 'int8 is for the ONNX graphs'),
    ],
)
def test_what_is_not_there_is_said(
    tiny_checkpoint: Path,
    monkeypatch: pytest.MonkeyPatch,
    installed: list[str],
    name: backends.Name | None,
    precision: backends.Precision,
    message: str,
) -> None:
    install(monkeypatch, *installed)
    with pytest.raises(CheckpointError, match=message):
        backends.load(tiny_checkpoint, name, precision)
