"""Architecture of the image-to-LaTeX model: a truncated ResNet encoder and a pre-norm Transformer decoder."""

from typing import Any

from huggingface_hub.dataclasses import strict
from transformers import MBartConfig, PreTrainedConfig, VisionEncoderDecoderConfig
from transformers.configuration_utils import SubConfigSpec

BACKBONES = ('resnet18', 'resnet34')


@strict
class Im2LatexEncoderConfig(PreTrainedConfig):
    """Encoder: a timm ResNet cut after block 3, a 1x1 convolution and 2D sinusoidal positions.

    Args:
        backbone: name of a timm ResNet made of basic blocks, `resnet18` or `resnet34`.
        num_channels: channels of the picture; 1 is ink on paper.
        hidden_size: width of every output cell, a multiple of 4 (sine and cosine, for rows and for columns).
        stride: pixels of the picture a cell stands for, vertically and horizontally, 8 or 16 each. 16 is the plain
            ResNet; 8 takes the stride out of block 3, which costs more but keeps neighbouring letters apart.
        dropout: probability of dropping a feature of a cell in training.
    """

    model_type = 'im2latex_encoder'

    backbone: str = 'resnet18'
    num_channels: int = 1
    hidden_size: int = 256
    stride: list[int] | tuple[int, ...] = (16, 16)
    dropout: float | int = 0.0

    def validate_architecture(self) -> None:
        """Raises ValueError for a value that no model can be built with; called by `@strict`."""
        if self.backbone not in BACKBONES:
            raise ValueError(f'backbone must be one of {", ".join(BACKBONES)}, not {self.backbone!r}')
        if len(self.stride) != 2 or any(step not in (8, 16) for step in self.stride):
            raise ValueError(f'stride must be two numbers, each 8 or 16, not {self.stride!r}')
        if self.hidden_size < 4 or self.hidden_size % 4:
            raise ValueError(f'hidden_size must be a multiple of 4, not {self.hidden_size}')


@strict
class Im2LatexConfig(VisionEncoderDecoderConfig):
    """The whole model: `encoder` is an `Im2LatexEncoderConfig`, `decoder` an `MBartConfig` (or dicts of their fields).

    mBART's decoder is taken for its shape alone: pre-norm layers with a final norm, which train from scratch without
    tricks, cross-attention, and a key-value cache.

    Args:
        looks: further looks at doubtful pictures, each with `below`, the score, 0 to 1, below which a picture is read
            again, and `enlarge`, by how much larger it is then. What they are for: `looks_im2latex.py`.
        label_form: what the labels that it learned keep, as fields of `data.latex_form.Form`.
    """

    model_type = 'im2latex'
    looks: list[dict[str, float]] | None = None
    label_form: dict[str, Any] | None = None
    # The children's classes are named here, not looked up in the Auto registries: those are global, and a copy of
    # this file loaded from the Hub in the same process would replace the local classes.
    sub_configs_defaults = {
        'encoder': SubConfigSpec(config_class=Im2LatexEncoderConfig),
        'decoder': SubConfigSpec(
            config_class=MBartConfig, init_kwargs={'is_decoder': True, 'add_cross_attention': True}
        ),
    }

    def __post_init__(self, **kwargs) -> None:
        super().__post_init__(**kwargs)
        # `init_kwargs` above are for a decoder that is not given; one given as plain fields is a decoder too.
        self.decoder.is_decoder = True
        self.decoder.add_cross_attention = True

    @classmethod
    def from_sizes(
        cls,
        vocab_size: int,
        *,
        backbone: str = 'resnet18',
        stride: tuple[int, int] = (16, 16),
        hidden_size: int = 256,
        decoder_layers: int = 4,
        attention_heads: int = 8,
        ffn_size: int = 1024,
        max_length: int = 512,
        dropout: float = 0.1,
        pad_token_id: int = 0,
        bos_token_id: int = 1,
        eos_token_id: int = 2,
    ) -> 'Im2LatexConfig':
        """Builds the configuration from the few numbers that the project varies.

        Args:
            vocab_size: tokens of the tokenizer, special ones included.
            max_length: longest LaTeX in tokens that the decoder's positions allow.
        """
        tokens = {'pad_token_id': pad_token_id, 'bos_token_id': bos_token_id, 'eos_token_id': eos_token_id}
        decoder = MBartConfig(
            vocab_size=vocab_size,
            d_model=hidden_size,
            decoder_layers=decoder_layers,
            # No mBART encoder is built, but `generate` sizes its cache by `encoder_layers`.
            encoder_layers=decoder_layers,
            decoder_attention_heads=attention_heads,
            encoder_attention_heads=attention_heads,
            decoder_ffn_dim=ffn_size,
            max_position_embeddings=max_length,
            dropout=dropout,
            is_decoder=True,
            add_cross_attention=True,
            decoder_start_token_id=bos_token_id,
            forced_eos_token_id=None,
            scale_embedding=True,
            **tokens,
        )
        encoder = Im2LatexEncoderConfig(backbone=backbone, stride=list(stride), hidden_size=hidden_size)
        return cls(encoder=encoder.to_dict(), decoder=decoder.to_dict(), decoder_start_token_id=bos_token_id, **tokens)


__all__ = ['Im2LatexConfig', 'Im2LatexEncoderConfig']
