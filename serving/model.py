"""The model behind the service, as a `Reader`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from PIL import Image

from runtime import backends

from .batching import Prediction, Reader

CHECKPOINTS = Path(__file__).resolve().parent.parent / 'checkpoints'


def find_checkpoint() -> str | None:
    """The best checkpoint that is here; None if there is none."""
    return next((str(CHECKPOINTS / name) for name in ('base', 'small') if (CHECKPOINTS / name).is_dir()), None)


def load_reader(
    checkpoint: str,
    backend: Literal['onnx', 'torch'] | None = None,
    precision: Literal['fp32', 'int8'] = 'fp32',
    threads: int | None = None,
) -> tuple[Reader, str]:
    """Loads a checkpoint: what reads with it, and the name of the backend. Arguments and errors: `backends.load`."""
    loaded = backends.load(checkpoint, backend, precision, threads)

    def read(images: Sequence[Image.Image], n_best: int) -> Sequence[Prediction]:
        return loaded.read(images, n_best=n_best)

    return read, loaded.name
