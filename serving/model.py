"""The model behind the service, as a `Reader`."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from .batching import Prediction, Reader

CHECKPOINTS = Path(__file__).resolve().parent.parent / 'checkpoints'


def find_checkpoint() -> str | None:
    """The best checkpoint that is here; None if there is none."""
    return next((str(CHECKPOINTS / name) for name in ('base', 'small') if (CHECKPOINTS / name).is_dir()), None)


def load_reader(checkpoint: str, threads: int | None = None) -> Reader:
    """Loads a checkpoint.

    Args:
        checkpoint: folder or Hub id.
        threads: threads that a batch is computed with; None leaves it to torch.

    Raises:
        CheckpointError: there is no such checkpoint, or it is not one of ours.
    """
    import torch
    from transformers.utils import logging

    from modeling.generation_im2latex import load, predict

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    if threads is not None:
        torch.set_num_threads(threads)
    model, processor = load(checkpoint)

    def read(images: Sequence[Image.Image], n_best: int) -> Sequence[Prediction]:
        return predict(model, processor, images, n_best=n_best)

    return read
