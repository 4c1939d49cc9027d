"""The two graphs of a checkpoint (`export_onnx.py`): the encoder, and the decoder with the cache of one batch."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from modeling.confidence_im2latex import Calibration
from modeling.looks_im2latex import Look

# Positions that a cache has room for at first; it doubles when it is full.
CAPACITY = 64
# As in `modeling/graphs_im2latex.py`: added to the score of what must not be attended to.
MASKED = np.float32(-1e9)


@dataclass(frozen=True)
class GenerationSettings:
    """How a checkpoint wants to be decoded."""

    start: int
    """token that every formula begins with"""
    end: int
    """token that ends it"""
    num_beams: int
    max_new_tokens: int
    """most tokens of a formula, the end included"""
    positions: int
    """that the decoder knows, the start token's included"""
    length_penalty: float
    """exponent of the length by which the score of a finished beam is divided"""
    looks: tuple[Look, ...]
    """at doubtful pictures, after the first"""


class Model:
    """A checkpoint ready to read.

    Args:
        encoder, decoder: paths of the graphs.
        settings: as the checkpoint has them.
        threads: threads of the encoder, and batches that are decoded side by side, one thread each. The matrices of a
            decoder step are too small to share.
        calibration: of its predictions, if it has one.
    """

    def __init__(
        self,
        encoder: Path,
        decoder: Path,
        settings: GenerationSettings,
        threads: int,
        calibration: Calibration | None = None,
    ):
        self.calibration = calibration
        self.settings = settings
        self.threads = threads
        self.encoder = _session(encoder, threads)
        self.decoder = _session(decoder, 1)
        self.cross_names = [item.name for item in self.encoder.get_outputs()]
        if len(self.decoder.get_outputs()[0].shape) != 4:
            raise ValueError('its graphs are of an earlier version; write them anew with export_onnx.py')
        caches = [item for item in self.decoder.get_inputs() if item.name.startswith('cache_')]
        self.layers = len(caches) // 2
        self.heads, self.head_size = caches[0].shape[2:4]
        self.vocabulary = self.decoder.get_outputs()[0].shape[3]

    def encode(self, ink: np.ndarray) -> list[np.ndarray]:
        """What the decoder needs of one picture, float32 (height, width), ink 1: bias of the cells, keys and values."""
        pixels = ink[None, None]
        return self.encoder.run(None, {'pixel_values': pixels, 'pixel_mask': np.ones((1, *ink.shape), np.int64)})


class DecoderBatch:
    """Pictures that are decoded together: their cross-attention, and the cache of the tokens so far.

    The keys and values of the pictures are shared by their beams, and the cache is written where it lies: onnxruntime
    is given the same memory for a tensor and for the one that replaces it.

    Args:
        encoded: `Model.encode` of each picture.
        beams: rows of the batch for each picture.
        limit: most tokens to come.
    """

    def __init__(self, model: Model, encoded: Sequence[Sequence[np.ndarray]], beams: int, limit: int):
        self.model = model
        self.limit = limit
        self.position = np.zeros(1, np.int64)
        self.cross = _padded(encoded)
        self.capacity = min(CAPACITY, limit)
        rows = (model.layers, len(encoded), beams, model.heads)
        self.keys = np.zeros((*rows, model.head_size, self.capacity), np.float32)
        self.values = np.zeros((*rows, self.capacity, model.head_size), np.float32)
        self.shape = len(encoded), beams
        # By the number of tokens of a step; empty whenever an array is replaced.
        self.bound: dict[int, tuple[Any, np.ndarray, np.ndarray]] = {}

    def step(self, tokens: np.ndarray) -> np.ndarray:
        """Feeds the next token of every row, (pictures, beams).

        Returns:
            Log-probabilities of the token after it, (pictures, beams, vocabulary); overwritten by the next step.
        """
        return self.steps(tokens[:, :, None])[:, :, 0]

    def steps(self, tokens: np.ndarray) -> np.ndarray:
        """Feeds the next tokens of every row, (pictures, beams, length), `limit` in all at most.

        Returns:
            Log-probabilities of the token after each, (pictures, beams, length, vocabulary); overwritten by the next
            step of this length.
        """
        length = tokens.shape[2]
        if self.position[0] + length > self.limit:
            raise ValueError(f'{self.position[0] + length} tokens, but the batch was made for {self.limit}')
        while self.position[0] + length > self.capacity:
            self._grow()
        if length not in self.bound:
            self.bound[length] = self._bind(length)
        binding, buffer, log_probabilities = self.bound[length]
        buffer[:] = tokens
        self.model.decoder.run_with_iobinding(binding)
        self.position += length
        return log_probabilities

    def forget(self, count: int) -> None:
        """Takes back the last so many tokens of every row."""
        self.position -= count

    def keep(self, pictures: np.ndarray) -> None:
        """Goes on with some of the pictures only, given by their places in the batch."""
        self.cross = [part[pictures] for part in self.cross]
        self.keys, self.values = self.keys.take(pictures, axis=1), self.values.take(pictures, axis=1)
        self.shape = len(pictures), self.shape[1]
        self.bound.clear()

    def reorder(self, parents: np.ndarray) -> None:
        """Gives every row, (pictures, beams), the past of the row of its picture that `parents` names."""
        picture, beam = np.nonzero(parents != np.arange(parents.shape[1]))
        if len(picture):
            parent = parents[picture, beam]
            filled = int(self.position[0])
            self.keys[:, picture, beam, :, :, :filled] = self.keys[:, picture, parent, :, :, :filled]
            self.values[:, picture, beam, :, :filled] = self.values[:, picture, parent, :, :filled]

    def _grow(self) -> None:
        more = min(2 * self.capacity, self.limit) - self.capacity
        self.keys = np.pad(self.keys, [(0, 0)] * 5 + [(0, more)])
        self.values = np.pad(self.values, [(0, 0)] * 4 + [(0, more), (0, 0)])
        self.capacity += more
        self.bound.clear()

    def _bind(self, length: int) -> tuple[Any, np.ndarray, np.ndarray]:
        """Tells onnxruntime where everything lies for steps of so many tokens; where these and the answer go."""
        tokens = np.empty((*self.shape, length), np.int64)
        log_probabilities = np.empty((*tokens.shape, self.model.vocabulary), np.float32)
        binding = self.model.decoder.io_binding()
        value = onnxruntime.OrtValue.ortvalue_from_numpy  # shares the array's memory
        for name, array in zip(self.model.cross_names, self.cross, strict=True):
            binding.bind_ortvalue_input(name, value(array))
        binding.bind_ortvalue_input('tokens', value(tokens))
        binding.bind_ortvalue_input('position', value(self.position))
        binding.bind_ortvalue_output('log_probabilities', value(log_probabilities))
        for part, arrays in (('keys', self.keys), ('values', self.values)):
            for layer, array in enumerate(arrays):
                cache = value(array)
                binding.bind_ortvalue_input(f'cache_{part}_{layer}', cache)
                binding.bind_ortvalue_output(f'next_{part}_{layer}', cache)
        return binding, tokens, log_probabilities


def _session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    # A picture is hundreds of steps; threads that spin between them take the core from whoever has work.
    options.add_session_config_entry('session.intra_op.allow_spinning', '0')
    return onnxruntime.InferenceSession(os.fspath(path), options, providers=['CPUExecutionProvider'])


def _padded(encoded: Sequence[Sequence[np.ndarray]]) -> list[np.ndarray]:
    """What `Model.encode` gave for each picture as one batch, padded to the most cells, and the padding masked."""
    if len(encoded) == 1:
        return list(encoded[0])
    cells = max(parts[0].shape[3] for parts in encoded)
    batch = []
    for i, first in enumerate(encoded[0]):
        shape = [len(encoded), *first.shape[1:]]
        shape[2 if i and i % 2 == 0 else 3] = cells  # bias, keys, values, keys, values, ...
        whole = np.full(shape, 0 if i else MASKED, np.float32)
        for row, parts in enumerate(encoded):
            whole[row, :, : parts[i].shape[2], : parts[i].shape[3]] = parts[i][0]
        batch.append(whole)
    return batch
