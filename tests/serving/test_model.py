"""The model behind the service is the one that reads elsewhere, whichever backend computes it."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from serving.model import load_reader
from serving.service import create_app
from serving.settings import Settings


def test_graphs_are_the_default_and_read_what_torch_reads(
    exported_checkpoint: Path, formula_images: list[Image.Image]
) -> None:
    (graphs, name), (torch, other) = (load_reader(str(exported_checkpoint), backend) for backend in (None, 'torch'))
    assert (name, other) == ('onnx', 'torch')
    for found, wanted in zip(graphs(formula_images, 3), torch(formula_images, 3), strict=True):
        for reading, same in zip((found, *found.alternatives), (wanted, *wanted.alternatives), strict=True):
            assert reading.latex == same.latex and reading.score == pytest.approx(same.score, abs=1e-3)
            assert [token.text for token in reading.tokens] == [token.text for token in same.tokens]


@pytest.mark.parametrize(
    ('backend', 'library', 'other'), [('onnx', 'onnxruntime', 'torch'), ('torch', 'torch', 'onnx')]
)
def test_version_says_what_computes(backend: str, library: str, other: str) -> None:
    app = create_app(lambda images, n_best: [], Settings(page=False), 'tiny', backend)
    with TestClient(app) as client:
        version = client.get('/version').json()
    assert (version['backend'], version['checkpoint']) == (backend, 'tiny')
    assert library in version['libraries'] and not any(name.startswith(other) for name in version['libraries'])
