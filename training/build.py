"""What a run is made of: the processor, the model, the optimiser and its learning rate."""

import copy
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedTokenizerFast

from data.latex_form import CANONICAL
from data.latex_symbols import STANDARD
from data.tokenizer import build_tokenizer
from modeling import Im2LatexConfig, Im2LatexImageProcessor, Im2LatexModel, Im2LatexProcessor
from modeling.generation_im2latex import CheckpointError, load

from .args import ArgumentError, TrainArgs
from .grow import grow

# Of new models; how they were found: docs/experiments.md.
PICTURE_SCALE, MIN_DPI, MAX_DPI = 1.25, 100.0, 120.0
SPECIAL = ('pad_token', 'bos_token', 'eos_token', 'unk_token')


def build_processor(args: TrainArgs, labels: list[list[str]]) -> Im2LatexProcessor:
    """The processor of the run itself; or one with the tokenizer asked for, the first model's, or a new one."""
    own = Path(args.run_dir) / 'processor'
    if (own.parent / 'last.pt').exists():
        return Im2LatexProcessor.from_pretrained(own)
    if (folder := args.tokenizer or args.init_from) is None:
        tokenizer = build_tokenizer((label for part in labels for label in part), args.min_count, always=STANDARD)
    else:
        tokenizer = _tokenizer(folder, 'tokenizer' if args.tokenizer else 'init_from')
    return Im2LatexProcessor(_image_processor(args), tokenizer)


def _tokenizer(folder: str, setting: str) -> PreTrainedTokenizerFast:
    """That of a folder, which `setting` names."""
    if not (Path(folder) / 'tokenizer.json').exists():
        raise ArgumentError(f'{setting}: {folder} holds no tokenizer.json')
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    if missing := [name for name in SPECIAL if getattr(tokenizer, name) is None]:
        raise ArgumentError(f'{setting}: the tokenizer of {folder} has no {", ".join(missing)}')
    return tokenizer


def _image_processor(args: TrainArgs) -> Im2LatexImageProcessor:
    """That of the model to start from, or a new one; with what the arguments ask for."""
    wanted: dict[str, Any] = {}
    if args.picture_scale is not None:
        wanted['scale'] = args.picture_scale
    for name in ('min_dpi', 'max_dpi'):
        if (dpi := getattr(args, name)) is not None:
            wanted[name] = dpi or None
    try:
        if args.init_from is None:
            return Im2LatexImageProcessor(**{'scale': PICTURE_SCALE, 'min_dpi': MIN_DPI, 'max_dpi': MAX_DPI} | wanted)
        first = Im2LatexImageProcessor.from_pretrained(args.init_from)
        return Im2LatexImageProcessor.from_dict({**first.to_dict(), **wanted})
    except OSError as error:
        raise ArgumentError(f'init_from: {args.init_from} holds no processor_config.json') from error
    except ValueError as error:
        raise ArgumentError(f'picture_scale, min_dpi or max_dpi: {error}') from error


def build_model(args: TrainArgs, processor: Im2LatexProcessor) -> Im2LatexModel:
    """A new model of the sizes asked for, or the one to start from.

    Raises:
        ArgumentError: there is no such model, or it is of other sizes than those asked for and cannot grow to them.
    """
    tokenizer = processor.tokenizer
    if args.init_from is None:
        sizes = {name: getattr(args, name) for name in args.SIZES}
        model = Im2LatexModel(_config(tokenizer, args.max_tokens, args.dropout, sizes))
        model.generation_config.max_length = None
        model.generation_config.max_new_tokens = args.max_tokens - 2
        model.generation_config.num_beams = 1
    else:
        try:
            first, trained = load(args.init_from, device='cpu')
        except CheckpointError as error:
            raise ArgumentError(f'init_from: {error}') from error
        old = trained.tokenizer.get_vocab()
        if old != tokenizer.get_vocab():
            change_vocabulary(first, old, tokenizer.get_vocab())
        model = _resized(first, args, tokenizer)
    model.train()
    model.config.label_form = asdict(CANONICAL)
    model.decoder.set_attn_implementation(args.attention)
    return model


def _resized(model: Im2LatexModel, args: TrainArgs, tokenizer: PreTrainedTokenizerFast) -> Im2LatexModel:
    """The model to start from, with the sizes and the dropout asked for."""
    decoder = model.config.decoder
    if args.max_tokens > decoder.max_position_embeddings:
        raise ArgumentError(
            f'max_tokens={args.max_tokens}, but {args.init_from} reads at most {decoder.max_position_embeddings} tokens'
        )
    sizes = _sizes(model.config)
    asked = {name: getattr(args, name) for name in sizes if getattr(args, name) is not None}
    if args.grow:
        config = _config(tokenizer, decoder.max_position_embeddings, args.dropout, sizes | asked)
        config.looks = model.config.looks
        try:
            return grow(model, config, args.seed)
        except ValueError as error:
            raise ArgumentError(f'grow: from {args.init_from}, {error}') from error
    for name, size in asked.items():
        if size != sizes[name]:
            raise ArgumentError(f'{name}={size}, but that of {args.init_from} is {sizes[name]}: --grow makes it larger')
    config = copy.deepcopy(model.config)
    config.decoder.dropout = args.dropout
    same = Im2LatexModel(config)
    same.load_state_dict(model.state_dict())
    same.generation_config = model.generation_config
    return same


def _sizes(config: Im2LatexConfig) -> dict[str, Any]:
    """What `TrainArgs.SIZES` names, of a model."""
    encoder, decoder = config.encoder, config.decoder
    return {
        'backbone': encoder.backbone, 'stride': list(encoder.stride), 'hidden_size': decoder.d_model,
        'decoder_layers': decoder.decoder_layers, 'attention_heads': decoder.decoder_attention_heads,
        'ffn_size': decoder.decoder_ffn_dim,
    }  # fmt: skip


def _config(
    tokenizer: PreTrainedTokenizerFast, max_tokens: int, dropout: float, sizes: Mapping[str, Any]
) -> Im2LatexConfig:
    return Im2LatexConfig.from_sizes(
        len(tokenizer),
        **sizes,
        max_length=max_tokens,
        dropout=dropout,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )


def change_vocabulary(model: Im2LatexModel, old: dict[str, int], new: dict[str, int]) -> None:
    """Gives a trained model another vocabulary: tokens that both know keep their embeddings, new ones start afresh."""
    trained = model.get_input_embeddings().weight.detach().clone()
    model.decoder.resize_token_embeddings(len(new))
    embeddings = model.get_input_embeddings().weight
    with torch.no_grad():
        embeddings.normal_(std=model.config.decoder.init_std)
        for token, index in new.items():
            if token in old:
                embeddings[index] = trained[old[token]]


def build_optimizer(model: Im2LatexModel, args: TrainArgs) -> torch.optim.Optimizer:
    """AdamW; norms, biases and embeddings do not decay."""
    decay = [p for name, p in model.named_parameters() if p.ndim >= 2 and 'embed' not in name]
    chosen = {id(p) for p in decay}
    rest = [p for p in model.parameters() if id(p) not in chosen]
    groups = [{'params': decay, 'weight_decay': args.weight_decay}, {'params': rest, 'weight_decay': 0.0}]
    return torch.optim.AdamW(groups, lr=args.learning_rate, betas=(0.9, args.beta2), eps=1e-8)


def learning_rate(step: int, args: TrainArgs) -> float:
    """Linear warm-up, then a cosine to zero at `max_steps`."""
    if step < args.warmup_steps:
        return args.learning_rate * (step + 1) / args.warmup_steps
    progress = (step - args.warmup_steps) / max(1, args.max_steps - args.warmup_steps)
    return args.learning_rate * 0.5 * (1 + math.cos(min(1.0, progress) * math.pi))
