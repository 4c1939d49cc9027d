"""The graphs compute what the model computes; here in torch, before any exporter had its say."""

from typing import Any

import torch
from PIL import Image

from modeling.graphs_im2latex import DecoderGraph, EncoderGraph


def test_step_by_step_as_the_model_at_once(
    tiny_model: Any, tiny_processor: Any, formula_images: list[Image.Image]
) -> None:
    """A padded batch of two pictures, two beams each."""
    inputs = tiny_processor(images=formula_images[1:3])
    pixels, mask = inputs['pixel_values'], inputs['pixel_mask']
    ids = torch.tensor([[[1, 5, 6, 7], [1, 4, 4, 8]], [[1, 8, 5, 4], [1, 7, 7, 7]]])  # (pictures, beams, length)
    with torch.no_grad():
        logits = tiny_model(
            pixel_values=pixels.repeat_interleave(2, 0),
            pixel_mask=mask.repeat_interleave(2, 0),
            decoder_input_ids=ids.flatten(0, 1),
        ).logits
        wanted = logits.log_softmax(-1).view(2, 2, 4, -1)

        bias, *cross = EncoderGraph(tiny_model)(pixels, mask)
        attention = tiny_model.decoder.model.decoder.layers[0].self_attn
        shape = (2, 2, attention.num_heads)
        cache = [torch.zeros(*shape, attention.head_dim, 6), torch.zeros(*shape, 6, attention.head_dim)] * 2
        decoder = DecoderGraph(tiny_model)
        for start, end in ((0, 1), (1, 4), (2, 4), (3, 4)):  # one, several, and some of them again
            found, *cache = decoder(ids[:, :, start:end], torch.tensor([start]), bias, cross, cache)
            torch.testing.assert_close(found, wanted[:, :, start:end], atol=1e-4, rtol=1e-4)
