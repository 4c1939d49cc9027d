"""Pictures in, LaTeX and a confidence out, by the graphs of a checkpoint: `modeling.generation_im2latex` without torch.

from runtime.generation import load, predict
model, processor = load('checkpoints/base')
[prediction] = predict(model, processor, [Image.open('formula.png')])
"""

import json
import math
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image
from tokenizers import Tokenizer

from modeling.checkpoint_im2latex import CheckpointError, local_folder
from modeling.confidence_im2latex import load_calibration
from modeling.looks_im2latex import Look, look
from modeling.nesting_im2latex import Nesting
from modeling.picture_im2latex import PicturePreparation
from modeling.prediction_im2latex import Prediction, Token, with_alternatives

from .cores import cores
from .decoding import Decoded, beam_search, forced, greedy, greedy_with_drafts
from .drafts import Drafts
from .model import DecoderBatch, GenerationSettings, Model

# Encoder and decoder.
GRAPHS = {
    'fp32': ('encoder_model.onnx', 'decoder_model.onnx'),
    'int8': ('encoder_model_int8.onnx', 'decoder_model_int8.onnx'),
}
# Rows that one decoder step computes at most; each takes memory for its cells, and more of them save little.
MAX_ROWS = 32
# Settings of `generate` that change what is decoded and that are not done here, with their neutral values.
NEUTRAL = {'do_sample': False, 'early_stopping': False, 'no_repeat_ngram_size': 0, 'repetition_penalty': 1.0}


class NoGraphsError(CheckpointError):
    """A checkpoint was not exported to ONNX."""


@dataclass(frozen=True)
class Processor:
    """Pictures to arrays, tokens to LaTeX."""

    image_processor: PicturePreparation
    tokenizer: Tokenizer
    start: int
    end: int
    """tokens that begin and end a formula"""

    @cached_property
    def special_ids(self) -> frozenset[int]:
        """Tokens that are no part of the LaTeX."""
        return frozenset(i for i, token in self.tokenizer.get_added_tokens_decoder().items() if token.special)

    @cached_property
    def nesting(self) -> Nesting:
        """The rules that keep what is generated to LaTeX that nests."""
        return Nesting(self.tokenizer.get_vocab(), self.tokenizer.id_to_token(self.end) or '')

    def ids(self, prediction: Prediction) -> list[int]:
        """The tokens of a prediction, from the start to the end."""
        inner = (self.tokenizer.token_to_id(token.text) for token in prediction.tokens)
        return [self.start, *(token for token in inner if token is not None), self.end]

    def post_process(self, generated_ids: Sequence[Sequence[int]]) -> list[str]:
        """Turns tokens into LaTeX strings."""
        return self.tokenizer.decode_batch([list(ids) for ids in generated_ids], skip_special_tokens=True)


def load(
    checkpoint: str | os.PathLike[str], precision: Literal['fp32', 'int8'] = 'fp32', threads: int | None = None
) -> tuple[Model, Processor]:
    """The graphs of a checkpoint, ready to read, and its processor.

    Args:
        checkpoint: folder, or id on the Hugging Face Hub.
        precision: `fp32` gives the tokens that the torch model gives, `int8` is faster.
        threads: None takes what `runtime.cores` finds.

    Raises:
        NoGraphsError: it holds no graphs.
        CheckpointError: there is no such checkpoint, it is not one of ours, or it wants to be decoded in a way that
            is not done here.
    """
    folder = local_folder(checkpoint) or _download(checkpoint)
    encoder, decoder = (folder / 'onnx' / name for name in GRAPHS[precision])
    if not encoder.is_file() or not decoder.is_file():
        raise NoGraphsError(f'{checkpoint}: no ONNX graphs; write them with: python export_onnx.py {checkpoint}')
    try:
        settings = _settings(_json(folder / 'config.json'), _json(folder / 'generation_config.json'))
        images = _json(folder / 'processor_config.json')['image_processor']
        for name in ('image_processor_type', 'auto_map'):  # for transformers; the latter is in folders from the Hub
            images.pop(name, None)
        tokenizer = Tokenizer.from_file(str(folder / 'tokenizer.json'))
        processor = Processor(PicturePreparation(**images), tokenizer, settings.start, settings.end)
        return Model(encoder, decoder, settings, threads or cores(), load_calibration(folder)), processor
    except Exception as error:  # a missing, cut-off or foreign file comes out as any of half a dozen types
        reason = next(iter(str(error).splitlines()), '') or type(error).__name__
        raise CheckpointError(f'{checkpoint}: cannot load the checkpoint: {reason}') from error


def predict(
    model: Model,
    processor: Processor,
    images: Sequence[Image.Image | None],
    num_beams: int | None = None,
    max_new_tokens: int | None = None,
    n_best: int = 1,
) -> list[Prediction]:
    """Read the formulas in pictures; as many at a time as suits the machine, like sizes together.

    Args:
        images: pictures of any size and mode. A picture that is None, broken, or refused by the image processor (a
            blank one) gets an empty prediction with `error` set; the others still come.
        num_beams: beam width; None takes the checkpoint's, 1 is greedy decoding.
        max_new_tokens: most tokens to generate for a picture; None takes the checkpoint's.
        n_best: most readings of a picture, the alternatives counted; they are beams, so there will be as many beams.

    Returns:
        A prediction for each picture, in the order given.

    Raises:
        ValueError: `n_best` is less than 1.
    """
    if n_best < 1:
        raise ValueError(f'n_best must be at least 1, not {n_best}')
    beams = max(n_best, num_beams or model.settings.num_beams)
    limit = min(max_new_tokens or model.settings.max_new_tokens, model.settings.positions - 1)  # one is the start's
    nesting = processor.nesting

    def decode(inks: Sequence[np.ndarray], before: Prediction | None) -> list[list[Decoded]]:
        batch = DecoderBatch(model, [model.encode(ink) for ink in inks], beams, limit)
        if batch.shape == (1, 1):
            drafts = Drafts(processor.ids(before) if before else (), nesting.certain)
            return [[greedy_with_drafts(batch, model.settings.start, model.settings.end, limit, drafts, nesting)]]
        return search(batch, model.settings, limit, n_best, nesting)

    def read(prepared: Sequence[np.ndarray | str], before: Sequence[Prediction] | None) -> list[Prediction]:
        readings = [Prediction('', 0.0, error=item if isinstance(item, str) else None) for item in prepared]
        inks = {i: item for i, item in enumerate(prepared) if not isinstance(item, str)}
        groups = _groups({i: ink.size for i, ink in inks.items()}, max(1, MAX_ROWS // beams), model.threads)
        work = [([inks[i] for i in group], before[group[0]] if before else None) for group in groups]
        for group, found in zip(groups, pool.map(lambda part: decode(*part), work), strict=True):
            for i, decoded in zip(group, found, strict=True):
                readings[i] = with_alternatives(_predictions(processor, decoded))
        return readings

    def weigh(inks: Sequence[np.ndarray], readings: Sequence[Sequence[Prediction]]) -> list[list[list[float]]]:
        rows = [[processor.ids(reading) for reading in some] for some in readings]
        return list(pool.map(lambda ink, some: forced(model, ink, some), inks, rows))

    prepare = processor.image_processor.prepare_each
    with ThreadPoolExecutor(model.threads) as pool:
        return look(images, prepare, read, weigh, model.settings.looks, model.calibration)


def search(
    batch: DecoderBatch, settings: GenerationSettings, limit: int, n_best: int = 1, nesting: Nesting | None = None
) -> list[list[Decoded]]:
    """Greedy or beam search, as the batch has one beam or more: of each picture the best, the best first."""
    if batch.shape[1] == 1:
        return [[found] for found in greedy(batch, settings.start, settings.end, limit, nesting)]
    return beam_search(batch, settings.start, settings.end, limit, settings.length_penalty, n_best, nesting)


def _predictions(processor: Processor, readings: Sequence[Decoded]) -> list[Prediction]:
    """What was found, in LaTeX and probabilities."""
    found = []
    for item, latex in zip(readings, processor.post_process([item.tokens for item in readings]), strict=True):
        tokens = tuple(
            Token(processor.tokenizer.id_to_token(token) or '', min(1.0, math.exp(log)))
            for token, log in zip(item.tokens, item.log_probabilities, strict=True)
            if token not in processor.special_ids
        )
        score = min(1.0, math.exp(item.log_probability / len(item.tokens)))
        found.append(Prediction(latex, score, tokens=tokens, is_complete=item.tokens[-1] == processor.end))
    return found


def _groups(sizes: Mapping[int, int], most: int, threads: int) -> list[list[int]]:
    """Batches of pictures of like size, which end at about the same step: at most so many, and work for all threads."""
    order = sorted(sizes, key=lambda i: sizes[i])
    count = max(-(-len(order) // most), min(threads, len(order) // 4), 1)
    return [[int(i) for i in part] for part in np.array_split(np.array(order, int), count) if len(part)]


def _settings(config: dict[str, Any], generation: dict[str, Any]) -> GenerationSettings:
    for name, neutral in NEUTRAL.items():
        if generation.get(name) not in (None, neutral):
            raise ValueError(f'generation_config.json asks for {name}={generation[name]}, which needs torch')
    if not isinstance(generation['eos_token_id'], int):
        raise ValueError('generation_config.json names several end tokens, which needs torch')
    positions = config['decoder']['max_position_embeddings']
    penalty = generation.get('length_penalty')
    return GenerationSettings(
        start=generation['decoder_start_token_id'],
        end=generation['eos_token_id'],
        num_beams=generation.get('num_beams') or 1,
        max_new_tokens=generation.get('max_new_tokens') or positions - 1,
        positions=positions,
        length_penalty=1.0 if penalty is None else penalty,
        looks=Look.further(config),
    )


def _json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding='utf-8'))


def _download(checkpoint: str | os.PathLike[str]) -> Path:
    """The folder of a checkpoint on the Hub, fetched unless it was before."""
    try:
        from huggingface_hub import snapshot_download  # comes with tokenizers
    except ImportError:
        message = f'{checkpoint}: no such folder; to look for it on the Hub: pip install huggingface_hub'
        raise CheckpointError(message) from None
    try:
        return Path(snapshot_download(str(checkpoint), allow_patterns=['*.json', 'onnx/*']))
    except Exception as error:  # no network, no such repository, no right to it
        reason = next(iter(str(error).splitlines()), '') or type(error).__name__
        raise CheckpointError(f'{checkpoint}: cannot load the checkpoint: {reason}') from error
