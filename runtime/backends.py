"""What reads the pictures: the ONNX graphs of a checkpoint where they and onnxruntime are there, else torch.

from runtime.backends import load
[prediction] = load('checkpoints/base').read([Image.open('formula.png')])
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Literal

from PIL import Image

from modeling.checkpoint_im2latex import CheckpointError
from modeling.looks_im2latex import Look
from modeling.prediction_im2latex import Prediction

Name = Literal['onnx', 'torch']
Precision = Literal['fp32', 'int8']


@dataclass(frozen=True)
class Backend:
    """A checkpoint that is ready to read, and what it is computed with."""

    name: Name
    device: str
    """`cpu`, or a device of torch"""
    model: Any
    processor: Any
    predict: Callable[..., list[Prediction]]
    """`runtime.generation.predict` or `modeling.generation_im2latex.predict`"""
    settings: Any
    """how the checkpoint wants to be decoded: has `num_beams` and `max_new_tokens`"""
    looks: tuple[Look, ...]
    """that the checkpoint wants at doubtful pictures, after the first"""

    def read(self, images: Sequence[Image.Image | None], *args: Any, **kwargs: Any) -> list[Prediction]:
        """`predict` with this model and processor."""
        return self.predict(self.model, self.processor, images, *args, **kwargs)

    def read_batches(
        self, batches: Iterable[Sequence[Image.Image | None]], *args: Any, **kwargs: Any
    ) -> Iterator[list[Prediction]]:
        """`read` of one batch after the other."""
        for images in batches:
            yield self.read(images, *args, **kwargs)

    def close(self) -> None:
        """Ends its processes, if it has any; so does leaving a `with` block."""

    def __enter__(self) -> 'Backend':
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def load(
    checkpoint: str | os.PathLike[str],
    name: Name | None = None,
    precision: Precision = 'fp32',
    threads: int | None = None,
    processes: int = 1,
) -> Backend:
    """The checkpoint, ready to read.

    Args:
        checkpoint: folder, or id on the Hugging Face Hub.
        name: None takes the graphs if they and onnxruntime are there, else torch.
        precision: of the graphs; torch has `fp32` only.
        threads: to compute with; None takes what suits the machine.
        processes: more than one share the batches of `read_batches` (`parallel.py`), with one thread each; they are
            for the graphs.

    Raises:
        CheckpointError: the checkpoint cannot be loaded, or not with what is installed.
    """
    if processes > 1:
        if name == 'torch':
            raise CheckpointError('several processes are for the ONNX graphs: leave them out, or the choice of torch')
        from .parallel import ParallelBackend

        return ParallelBackend.of(load(checkpoint, 'onnx', precision, 1), checkpoint, precision, processes)
    graphs_only = name == 'onnx' or (name is None and (precision != 'fp32' or not find_spec('torch')))
    # Imports are here, not above: torch takes seconds.
    if name != 'torch' and find_spec('onnxruntime'):
        from . import generation as graphs

        try:
            model, processor = graphs.load(checkpoint, precision, threads)
            return Backend('onnx', 'cpu', model, processor, graphs.predict, model.settings, model.settings.looks)
        except graphs.NoGraphsError:
            if graphs_only:
                raise
    if graphs_only:
        raise CheckpointError('onnxruntime is not installed: pip install -r requirements-cpu.txt')
    if precision != 'fp32':
        raise CheckpointError(f'{precision} is for the ONNX graphs: leave it out, or the choice of torch')
    if not find_spec('torch'):
        raise CheckpointError('torch is not installed: pip install -r requirements-model.txt')
    import torch
    from huggingface_hub.utils import logging as hub_logging
    from transformers.utils import logging

    from modeling import generation_im2latex as generation

    hub_logging.set_verbosity_error()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    if threads is not None:
        torch.set_num_threads(threads)
    network, texts = generation.load(checkpoint)
    settings, looks = network.generation_config, Look.further(vars(network.config))
    return Backend('torch', network.device.type, network, texts, generation.predict, settings, looks)
