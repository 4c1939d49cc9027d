"""The model: `VisionEncoderDecoderModel` with our encoder, mBART's decoder, and the padding mask carried through."""

import dataclasses
from typing import TYPE_CHECKING

import torch
from torch import nn
from transformers import Cache, MBartForCausalLM, VisionEncoderDecoderModel
from transformers.modeling_outputs import Seq2SeqLMOutput

# `Im2LatexConfig` is named in the exported `auto_map` as a member of this file, so that both come from one module.
from .configuration_im2latex import Im2LatexConfig
from .encoder_im2latex import Im2LatexEncoder, Im2LatexEncoderOutput

if TYPE_CHECKING:
    # Never run: `save_pretrained` of a model from the Hub copies the files that its own file names in this way, and the
    # pipeline must not stay behind.
    from .pipeline_im2latex import Im2LatexPipeline as Im2LatexPipeline

# Of the decoder's keys and values, as argument and in the output: `generate` of transformers 5.24 and later knows the
# first name alone, before it the second, and what goes by the wrong one is silently dropped.
CACHE = 'cache' if 'cache' in {field.name for field in dataclasses.fields(Seq2SeqLMOutput)} else 'past_key_values'


class Im2LatexModel(VisionEncoderDecoderModel):
    """Picture of a typeset formula -> LaTeX tokens.

    `model.generate(pixel_values=..., pixel_mask=...)` gives token ids, greedy or with `num_beams`; the processor makes
    both ends of it.
    """

    config_class = Im2LatexConfig
    config: Im2LatexConfig
    _supports_flash_attn = False

    def __init__(
        self,
        config: Im2LatexConfig | None = None,
        encoder: Im2LatexEncoder | None = None,
        decoder: MBartForCausalLM | None = None,
    ):
        if config is not None and not isinstance(config, self.config_class):
            # transformers loads each file of a local folder into a module of its own, so that the configuration can
            # come as the twin of our class; the parent accepts our class only.
            config = self.config_class.from_dict(config.to_dict())
        if config is not None:
            encoder = encoder if encoder is not None else Im2LatexEncoder(config.encoder)
            decoder = decoder if decoder is not None else MBartForCausalLM(config.decoder)
        super().__init__(config=config, encoder=encoder, decoder=decoder)

    def forward(
        self,
        pixel_values: torch.Tensor | None = None,
        pixel_mask: torch.Tensor | None = None,
        decoder_input_ids: torch.Tensor | None = None,
        decoder_attention_mask: torch.Tensor | None = None,
        encoder_outputs: Im2LatexEncoderOutput | tuple | None = None,
        cache: Cache | None = None,
        past_key_values: Cache | None = None,
        decoder_inputs_embeds: torch.Tensor | None = None,
        labels: torch.Tensor | None = None,
        use_cache: bool | None = None,
        num_items_in_batch: torch.Tensor | int | None = None,
        return_dict: bool | None = None,
        **kwargs,
    ) -> Seq2SeqLMOutput | tuple:
        """Runs encoder and decoder.

        The parent's forward cannot be used: it sends no mask to the cross-attention.

        Args:
            pixel_values: ink 1, paper 0, (batch, 1, height, width).
            pixel_mask: 1 inside the picture, (batch, height, width).
            decoder_input_ids: bos and the tokens so far, (batch, length); made from `labels` where missing.
            cache: keys and values of the tokens so far; before transformers 5.24 it is called `past_key_values`.
            labels: tokens and eos, without bos, -100 where there is nothing to learn, (batch, length).
            num_items_in_batch: the loss is the sum over tokens divided by this; None divides by the batch's own tokens.
        Returns:
            Logits, (batch, length, vocab_size), and the cross-entropy where labels are given.
        """
        if encoder_outputs is None:
            encoder_outputs = self.encoder(pixel_values, pixel_mask=pixel_mask)
        encoded = encoder_outputs if not isinstance(encoder_outputs, tuple) else Im2LatexEncoderOutput(*encoder_outputs)
        if labels is not None and decoder_input_ids is None and decoder_inputs_embeds is None:
            decoder_input_ids = self.prepare_decoder_input_ids_from_labels(labels)

        output = self.decoder(
            input_ids=decoder_input_ids,
            attention_mask=decoder_attention_mask,
            encoder_hidden_states=encoded.last_hidden_state,
            encoder_attention_mask=encoded.attention_mask,
            inputs_embeds=decoder_inputs_embeds,
            use_cache=use_cache,
            **{CACHE: past_key_values if cache is None else cache},
            **{key: kwargs[key] for key in ('output_attentions', 'output_hidden_states') if key in kwargs},
        )
        loss = None
        if labels is not None:
            loss = nn.functional.cross_entropy(
                output.logits.flatten(0, 1).float(),
                labels.flatten(),
                reduction='mean' if num_items_in_batch is None else 'sum',
            )
            if num_items_in_batch is not None:
                loss = loss / num_items_in_batch
        result = Seq2SeqLMOutput(
            loss=loss,
            logits=output.logits,
            **{CACHE: getattr(output, CACHE)},
            decoder_hidden_states=output.hidden_states,
            decoder_attentions=output.attentions,
            cross_attentions=output.cross_attentions,
            encoder_last_hidden_state=encoded.last_hidden_state,
        )
        return result if return_dict is None or return_dict else result.to_tuple()


__all__ = ['Im2LatexConfig', 'Im2LatexModel']
