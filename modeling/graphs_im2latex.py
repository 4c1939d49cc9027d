"""The model cut into the two graphs that `export_onnx.py` writes: what runs once a picture and what runs once a step.

Both compute what `Im2LatexModel.forward` does, from its own weights; here the cache is made of plain tensors that the
caller owns.
"""

from typing import Any

import torch
from torch import nn
from transformers.models.mbart.modeling_mbart import MBartAttention

from .modeling_im2latex import Im2LatexModel

# Added to the score of what must not be attended to; an infinity would make NaN of a row without any cell.
MASKED = -1e9


class EncoderGraph(nn.Module):
    """Pictures to the keys and values of every cross-attention, which all steps and all beams share."""

    def __init__(self, model: Im2LatexModel):
        super().__init__()
        self.encoder = model.encoder
        self.attentions = nn.ModuleList(layer.encoder_attn for layer in model.decoder.model.decoder.layers)

    def forward(self, pixel_values: torch.Tensor, pixel_mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Encodes a batch.

        Args:
            pixel_values: float32 (pictures, 1, height, width), as the image processor gives them.
            pixel_mask: int64 (pictures, height, width).
        Returns:
            The bias of the cells, float32 (pictures, 1, 1, cells), 0 inside the picture and `MASKED` outside; then for
            each layer keys, (pictures, heads, head_size, cells), and values, (pictures, heads, cells, head_size).
        """
        encoded = self.encoder(pixel_values, pixel_mask=pixel_mask)
        cells = encoded.last_hidden_state
        outputs = [(1 - encoded.attention_mask[:, None, None].to(cells.dtype)) * MASKED]
        attention: Any
        for attention in self.attentions:
            heads = (attention.num_heads, attention.head_dim)
            outputs.append(attention.k_proj(cells).unflatten(2, heads).permute(0, 2, 3, 1))
            outputs.append(attention.v_proj(cells).unflatten(2, heads).transpose(1, 2))
        return tuple(outputs)


class DecoderGraph(nn.Module):
    """The next tokens of every row, one or more, and the log-probabilities of those after each.

    The cache has a fixed capacity, and the step writes its positions of it: where the runtime binds an output to the
    memory of its input, nothing is copied.
    """

    def __init__(self, model: Im2LatexModel):
        super().__init__()
        self.decoder = model.decoder.model.decoder
        self.lm_head = model.decoder.lm_head
        self.joint = nn.ModuleList(_joint_projection(layer.self_attn) for layer in self.decoder.layers)

    def forward(
        self,
        tokens: torch.Tensor,
        position: torch.Tensor,
        cells_bias: torch.Tensor,
        cross: list[torch.Tensor],
        cache: list[torch.Tensor],
    ) -> tuple[torch.Tensor, ...]:
        """Runs one step.

        Args:
            tokens: int64 (pictures, beams, length).
            position: int64 (1,), of the first of them, the same for all rows, 0 for the start token.
            cells_bias, cross: what `EncoderGraph` returned; keys and values of each layer in turn.
            cache: for each layer keys, (pictures, beams, heads, head_size, capacity), and values, (pictures, beams,
                heads, capacity, head_size).
        Returns:
            Log-probabilities (pictures, beams, length, vocabulary), and the cache with these positions filled; those
            behind them may hold anything.
        """
        pictures, beams, length = tokens.shape
        decoder = self.decoder
        positions = position + torch.arange(length)
        places = decoder.embed_positions.weight[positions + decoder.embed_positions.offset]
        x = decoder.layernorm_embedding(decoder.embed_tokens(tokens) + places).flatten(0, 2)  # (rows, hidden)
        index = position.expand(pictures)
        # (length, capacity): a token attends to those before it and to itself.
        bias = (torch.arange(cache[0].shape[4]) > positions[:, None]).to(x.dtype) * MASKED
        filled = []
        for i, layer in enumerate(decoder.layers):
            attention = layer.self_attn
            heads, size = attention.num_heads, attention.head_dim
            query, key, value = self.joint[i](layer.self_attn_layer_norm(x)).split(heads * size, dim=1)
            shape = (pictures, beams, length, heads, size)
            keys = _write(cache[2 * i], key.view(shape).permute(0, 1, 3, 4, 2), index, axis=4)
            values = _write(cache[2 * i + 1], value.view(shape).transpose(2, 3), index, axis=3)
            filled += [keys, values]
            query = query.view(shape).transpose(2, 3) * attention.scaling
            weights = (query @ keys + bias).softmax(-1)
            x = x + attention.out_proj((weights @ values).transpose(2, 3).reshape(-1, heads * size))

            # The beams of a picture are so many queries of one attention: its keys and values are there once.
            attention = layer.encoder_attn
            query = attention.q_proj(layer.encoder_attn_layer_norm(x)).view(pictures, beams * length, heads, size)
            query = query.transpose(1, 2) * attention.scaling
            weights = (query @ cross[2 * i] + cells_bias).softmax(-1)
            x = x + attention.out_proj((weights @ cross[2 * i + 1]).transpose(1, 2).reshape(-1, heads * size))

            x = x + layer.fc2(layer.activation_fn(layer.fc1(layer.final_layer_norm(x))))
        # Written out, it is no linear layer to the quantiser, which would spoil the embedding that shares the matrix.
        logits = decoder.layer_norm(x) @ self.lm_head.weight.T
        return logits.log_softmax(-1).view(pictures, beams, length, -1), *filled


def _joint_projection(attention: MBartAttention) -> nn.Linear:
    """Query, key and value by one matrix product."""
    parts = [attention.q_proj, attention.k_proj, attention.v_proj]
    joint = nn.Linear(attention.embed_dim, 3 * attention.embed_dim)
    joint.weight = nn.Parameter(torch.cat([part.weight for part in parts]), requires_grad=False)
    joint.bias = nn.Parameter(torch.cat([part.bias for part in parts]), requires_grad=False)
    return joint


def _write(cache: torch.Tensor, new: torch.Tensor, index: torch.Tensor, axis: int) -> torch.Tensor:
    """The cache with `new` along `axis`, from the place on that `index`, (pictures,), gives."""
    if torch.onnx.is_in_onnx_export():
        return torch.onnx.ops.symbolic(
            'TensorScatter', (cache, new, index), {'axis': axis}, dtype=cache.dtype, shape=cache.shape, version=24
        )
    offsets = torch.arange(new.shape[axis]).view([-1 if i == axis else 1 for i in range(5)])
    return cache.scatter(axis, (index[:, None, None, None, None] + offsets).expand_as(new), new)


__all__ = ['DecoderGraph', 'EncoderGraph']
