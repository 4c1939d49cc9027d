"""Makes a trained model larger without a change of what it computes, so that a larger one need not begin again.

Net2Net (Chen, Goodfellow and Shlens, arXiv 1511.05641): a wider layer holds every unit several times, and whatever
reads them shares its weights out among the copies, unevenly, so that these part in training; a deeper network gets
blocks that add nothing yet.
"""

import re
from collections.abc import Mapping

import torch
from torch import Tensor

from modeling import Im2LatexConfig, Im2LatexModel

UNEVENNESS = 0.25
"""standard deviation of the shares of two copies about the half"""

# Weights of the decoder by what their rows (written) and columns (read) are: the residual stream, the cells of the
# encoder, heads of attention, hidden units of a feed-forward layer.
_KINDS = {
    'self_attn.q_proj': ('heads', 'stream'), 'self_attn.k_proj': ('heads', 'stream'),
    'self_attn.v_proj': ('heads', 'stream'), 'self_attn.out_proj': ('stream', 'heads'),
    'encoder_attn.q_proj': ('heads', 'stream'), 'encoder_attn.k_proj': ('heads', 'cells'),
    'encoder_attn.v_proj': ('heads', 'cells'), 'encoder_attn.out_proj': ('stream', 'heads'),
    'fc1': ('hidden', 'stream'), 'fc2': ('stream', 'hidden'),
}  # fmt: skip
# What a layer adds to the stream, it adds through these.
_ADDED = [name for name, (rows, _) in _KINDS.items() if rows == 'stream']


def grow(model: Im2LatexModel, config: Im2LatexConfig, seed: int = 0) -> Im2LatexModel:
    """A model of the sizes of `config` that computes what the smaller one does, but for rounding.

    Args:
        model: the smaller one; it stays as it is.
        config: the same vocabulary, stride and width of a head; `hidden_size` and `ffn_size` one or several times those
            of the model, and at least as many layers; `resnet34` may take the place of `resnet18`.
        seed: of the shares.
    Raises:
        ValueError: the sizes cannot be reached.
    """
    old, new = model.config.decoder, config.decoder
    factor, rest = divmod(new.d_model, old.d_model)
    hidden, hidden_rest = divmod(new.decoder_ffn_dim, old.decoder_ffn_dim)
    if rest or hidden_rest or not factor or not hidden:
        raise ValueError("hidden_size and ffn_size must be whole multiples of the smaller model's")
    if new.decoder_attention_heads != factor * old.decoder_attention_heads:
        raise ValueError(
            f'attention_heads must be {factor * old.decoder_attention_heads}: heads stay as wide as they are'
        )
    if new.decoder_layers < old.decoder_layers:
        raise ValueError(f'decoder_layers must be {old.decoder_layers} or more')
    if list(config.encoder.stride) != list(model.config.encoder.stride):
        raise ValueError(f'stride must be {list(model.config.encoder.stride)}, as it was')
    if model.config.encoder.backbone != config.encoder.backbone and config.encoder.backbone != 'resnet34':
        raise ValueError(f'backbone must be {model.config.encoder.backbone}, or resnet34')

    larger = Im2LatexModel(config)
    generator = torch.Generator().manual_seed(seed)
    state = _deepened(model.state_dict(), old.decoder_layers, new.decoder_layers)
    state = {
        name: _widened(name, value, factor, hidden, old.decoder_attention_heads, generator)
        for name, value in state.items()
    }
    own = larger.state_dict()
    for name in own.keys() - state.keys():
        # A further block of the backbone: its second norm lets nothing through.
        state[name] = torch.zeros_like(own[name]) if '.bn2.weight' in name or '.bn2.bias' in name else own[name]
    larger.load_state_dict(state)
    larger.generation_config = model.generation_config
    return larger


def _deepened(state: Mapping[str, Tensor], layers: int, wanted: int) -> dict[str, Tensor]:
    """With copies of the last layer that add nothing."""
    deep = dict(state)
    last = f'.layers.{layers - 1}.'
    for number in range(layers, wanted):
        for name, value in state.items():
            if last in name:
                adds = any(f'.{part}.' in name for part in _ADDED)
                deep[name.replace(last, f'.layers.{number}.')] = torch.zeros_like(value) if adds else value.clone()
    return deep


def _widened(name: str, value: Tensor, factor: int, hidden: int, heads: int, generator: torch.Generator) -> Tensor:
    """One parameter for a stream `factor` times and feed-forward layers `hidden` times as wide.

    The copies of a feature stand side by side: so do the frequencies of the encoder's positions, of which every
    `factor`-th is one that was there before.
    """
    copies = {'stream': factor, 'heads': factor, 'cells': factor, 'hidden': hidden}

    def repeated(values: Tensor, kind: str) -> Tensor:
        if kind == 'heads':  # whole heads
            return values.unflatten(0, (heads, -1)).repeat_interleave(factor, 0).flatten(0, 1)
        return values.repeat_interleave(copies[kind], 0)

    if name.startswith('encoder.'):
        outer = name.startswith(('encoder.projection', 'encoder.layer_norm'))
        return repeated(value, 'stream') if outer else value.clone()
    if 'embed_tokens' in name or 'lm_head' in name:
        # Read as a weight and written as the stream, which is scaled by the root of its width.
        return value.repeat_interleave(factor, 1) / factor**0.5
    if 'embed_positions' in name:
        return value.repeat_interleave(factor, 1)
    layer = re.search(r'\.layers\.\d+\.(.+)\.(?:weight|bias)$', name)
    if layer is None or layer[1] not in _KINDS:  # norms
        last = re.search(r'decoder\.layer_norm\.\w+$', name) is not None
        return repeated(value, 'stream') / (factor**0.5 if last else 1)
    rows, columns = _KINDS[layer[1]]
    wide = repeated(value, rows)
    if value.ndim == 1:
        return wide
    wide = repeated(wide.T, columns).T
    if columns == 'cells':  # the copies' positions are others: the first reads all
        first = torch.arange(wide.shape[1]) % factor == 0
        return wide * first
    return wide * _shares(wide, copies[columns], heads if columns == 'heads' else None, generator)


def _shares(wide: Tensor, copies: int, heads: int | None, generator: torch.Generator) -> Tensor:
    """How much of a weight each copy of what it reads gets: about 1 / `copies`, one in sum, (rows, columns)."""
    noise = UNEVENNESS * torch.randn(wide.shape, generator=generator)
    blocks = noise.unflatten(1, (-1, copies) if heads is None else (heads, copies, -1))
    blocks -= blocks.mean(dim=2, keepdim=True)
    return 1 / copies + blocks.flatten(1)
