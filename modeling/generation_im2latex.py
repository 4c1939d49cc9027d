"""Pictures in, LaTeX and a confidence out: the one way from pixels to text.

    from modeling.generation_im2latex import load, predict
    model, processor = load('checkpoints/base')
    [prediction] = predict(model, processor, [Image.open('formula.png')])
    prediction.latex, prediction.confidence, prediction.is_formula, prediction.score, prediction.tokens
    [prediction] = predict(model, processor, [Image.open('formula.png')], n_best=4)
    [other.latex for other in prediction.alternatives]

Validation, evaluation and the command line all come through here, so they cannot disagree about an answer.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers.utils import cached_file

from .checkpoint_im2latex import CheckpointError, local_folder
from .confidence_im2latex import FILE, Calibration, load_calibration
from .looks_im2latex import Look, look
from .modeling_im2latex import Im2LatexModel
from .nesting_im2latex import NestingLogitsProcessor
from .prediction_im2latex import Prediction, Token, with_alternatives
from .processing_im2latex import Im2LatexProcessor


def load(
    checkpoint: str | os.PathLike[str], device: str | torch.device | None = None
) -> tuple[Im2LatexModel, Im2LatexProcessor]:
    """The model of a checkpoint, ready to read, and its processor.

    Args:
        checkpoint: folder, or id on the Hugging Face Hub.
        device: where to put the model; None takes the GPU if there is one.

    Raises:
        CheckpointError: there is no such checkpoint, or it is not one of ours.
    """
    local_folder(checkpoint)
    try:
        # Stored in half precision for its size, computed in single: CPUs are slow at halves.
        model: Any = Im2LatexModel.from_pretrained(checkpoint, dtype=torch.float32)
        processor = Im2LatexProcessor.from_pretrained(checkpoint)
        model.calibration = _calibration(checkpoint)
    except Exception as error:  # a missing, cut-off or foreign file comes out as any of half a dozen types
        reason = next(iter(str(error).splitlines()), '') or type(error).__name__
        raise CheckpointError(f'{checkpoint}: cannot load the checkpoint: {reason}') from error
    if device is None:
        device = 'cuda' if torch.cuda.is_available() else 'cpu'
    return model.to(device).eval(), processor


def _calibration(checkpoint: str | os.PathLike[str]) -> Calibration | None:
    try:
        path = cached_file(os.fspath(checkpoint), FILE)
    except OSError:  # there is none
        return None
    return load_calibration(os.path.dirname(path))


def predict(
    model: Im2LatexModel,
    processor: Im2LatexProcessor,
    images: Sequence[Image.Image | None] | Mapping[str, torch.Tensor],
    num_beams: int | None = None,
    max_new_tokens: int | None = None,
    n_best: int = 1,
) -> list[Prediction]:
    """Read the formulas in one batch of pictures, in one call of `model.generate`, and one for each further look.

    Args:
        model: an `Im2LatexModel`, in evaluation mode; its device and dtype are used.
        processor: the `Im2LatexProcessor` of the same checkpoint.
        images: pictures of any size and mode, or a batch that the processor has made of them: `pixel_values`
            (B, 1, H, W) and `pixel_mask` (B, H, W), other keys ignored. A picture that is None, broken, or
            refused by the image processor (a blank one) gets an empty prediction with `error` set; the others still
            come. A batch is looked at once: `looks_im2latex.py` is for pictures.
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
    if n_best > 1:
        num_beams = max(n_best, num_beams or model.generation_config.num_beams or 1)
    given = {'num_beams': num_beams, 'max_new_tokens': max_new_tokens}
    options: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    options['num_return_sequences'] = n_best
    calibration: Calibration | None = getattr(model, 'calibration', None)  # `load` sets it
    if isinstance(images, Mapping):
        readings = _generate(model, processor, images, options)
        if calibration is None:
            return readings
        return [calibration.judged(reading, ink) for reading, ink in zip(readings, _inks(images), strict=True)]

    def read(prepared: Sequence[np.ndarray | str], _: Sequence[Prediction] | None) -> list[Prediction]:
        arrays = [item for item in prepared if not isinstance(item, str)]
        batch = processor.image_processor.pad(arrays, return_tensors='pt') if arrays else None
        found = iter(_generate(model, processor, batch, options) if batch is not None else ())
        return [Prediction('', 0.0, error=item) if isinstance(item, str) else next(found) for item in prepared]

    def weigh(inks: Sequence[np.ndarray], readings: Sequence[Sequence[Prediction]]) -> list[list[list[float]]]:
        return [_forced(model, processor, ink, some) for ink, some in zip(inks, readings, strict=True)]

    prepare = processor.image_processor.prepare_each
    return look(images, prepare, read, weigh, Look.further(vars(model.config)), calibration)


# Not inference_mode: a table that the model fills in lazily here could not take part in a later training step.
@torch.no_grad()
def _generate(
    model: Any, processor: Im2LatexProcessor, batch: Mapping[str, torch.Tensor], options: dict[str, Any]
) -> list[Prediction]:
    # The decoder knows so many positions; one is the start token's.
    limit = model.config.decoder.max_position_embeddings - 1
    wanted = options.get('max_new_tokens') or model.generation_config.max_new_tokens or limit
    options = {**options, 'max_new_tokens': min(wanted, limit)}
    output: Any = model.generate(
        pixel_values=batch['pixel_values'].to(model.device, model.dtype),  # (B, 1, H, W)
        pixel_mask=batch['pixel_mask'].to(model.device),  # (B, H, W)
        logits_processor=[NestingLogitsProcessor(processor.nesting)],
        return_dict_in_generate=True,
        output_scores=True,
        output_logits=True,
        **options,
    )
    found = [
        Prediction(latex, score, tokens=tokens, is_complete=is_complete)
        for latex, score, tokens, is_complete in zip(
            processor.post_process(output.sequences),
            confidences(model, output),
            _tokens(model, processor, output),
            (output.sequences == processor.tokenizer.eos_token_id).any(dim=1).tolist(),
            strict=True,
        )
    ]
    count = options['num_return_sequences']
    return [with_alternatives(found[i : i + count]) for i in range(0, len(found), count)]


@torch.no_grad()
def _forced(
    model: Im2LatexModel, processor: Im2LatexProcessor, ink: np.ndarray, readings: Sequence[Prediction]
) -> list[list[float]]:
    """Log-probabilities of the tokens of some readings of one picture, and of their ends."""
    start, end = model.generation_config.decoder_start_token_id, model.generation_config.eos_token_id
    rows = [
        [start, *processor.tokenizer.convert_tokens_to_ids([token.text for token in reading.tokens]), end]
        for reading in readings
    ]
    ids = torch.nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True).to(model.device)
    batch = processor.image_processor.pad([ink], return_tensors='pt')
    encoded = model.encoder(
        batch['pixel_values'].to(model.device, model.dtype), pixel_mask=batch['pixel_mask'].to(model.device)
    )
    # The readings share the cells, (1, cells, width), and their mask, (1, cells).
    shared = (part.expand(len(rows), *part.shape[1:]) for part in (encoded.last_hidden_state, encoded.attention_mask))
    output = model(encoder_outputs=tuple(shared), decoder_input_ids=ids[:, :-1])
    logs = output.logits.float().log_softmax(dim=-1).gather(2, ids[:, 1:, None])[..., 0]
    return [row[: len(tokens) - 1] for row, tokens in zip(logs.tolist(), rows, strict=True)]


def _inks(batch: Mapping[str, torch.Tensor]) -> Iterator[np.ndarray]:
    """The pictures of a batch without its padding."""
    for values, mask in zip(batch['pixel_values'], batch['pixel_mask'].bool(), strict=True):
        rows, columns = (mask.any(dim=axis).nonzero()[:, 0] for axis in (1, 0))
        ink = values[0, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        yield ink.float().cpu().numpy()


def _tokens(model: Any, processor: Im2LatexProcessor, output: Any) -> list[tuple[Token, ...]]:
    """The tokens of each sequence and their probabilities, without start, end and padding."""
    log_probabilities, tokens, chosen = _chosen(model, output)
    special = torch.as_tensor(processor.tokenizer.all_special_ids, device=tokens.device)
    shown = chosen & ~torch.isin(tokens, special)
    found = []
    for row, ids, mask in zip(log_probabilities.float().exp().clamp(max=1.0), tokens, shown, strict=True):
        texts = processor.tokenizer.convert_ids_to_tokens(ids[mask].tolist())
        found.append(tuple(map(Token, texts, row[mask].tolist())))
    return found


def confidences(model: Any, output: Any) -> list[float]:
    """Geometric mean of the probabilities of the tokens chosen, for each sequence `generate` returned.

    Args:
        model: the model that generated.
        output: what `generate(..., return_dict_in_generate=True, output_scores=True, output_logits=True)` returned,
            greedy or beams.

    Returns:
        One number from 0 to 1 a sequence. The tokens run to the end of formula, which counts: a formula that was cut
        off has no such token, and padding after the end counts for nothing.
    """
    log_probabilities, _, chosen = _chosen(model, output)
    mean = log_probabilities.masked_fill(~chosen, 0.0).sum(dim=1) / chosen.sum(dim=1)
    # The scores of a model in bfloat16 may round to slightly more than certainty.
    return mean.float().exp().clamp(max=1.0).tolist()


def _chosen(model: Any, output: Any) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Log-probabilities, ids, and whether the token is part of the formula, its end included; each (B, T)."""
    beams = getattr(output, 'beam_indices', None)
    # Beam search keeps log-probabilities. Greedy search keeps scores of the tokens that may follow, which would sum to
    # 1 without the others: the model's own logits are normalised instead.
    log_probabilities = model.compute_transition_scores(
        output.sequences,
        output.logits if beams is None else output.scores,
        beam_indices=beams,
        normalize_logits=beams is None,
    )
    tokens = output.sequences[:, -log_probabilities.shape[1] :]
    ends = model.generation_config.eos_token_id
    is_end = torch.isin(tokens, torch.as_tensor(ends, device=tokens.device)).long()
    return log_probabilities, tokens, is_end.cumsum(dim=1) - is_end == 0
