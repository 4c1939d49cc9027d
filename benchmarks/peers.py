"""Networks of the sizes that others have published, with random weights, built from transformers' own classes.

What a network costs does not depend on its weights. The numbers are those of the published configurations:
PP-FormulaNet-S: configs/rec/PP-FormuaNet/PP-FormulaNet-S.yaml and the PP-HGNetV2-B4 of PaddlePaddle/PaddleOCR;
Texo: the same with a vocabulary of 687 (alephpi/Texo); TrOCR-small: microsoft/trocr-small-printed; TexTeller:
a ViT-Base of one channel at 448 pixels and TrOCR's default decoder with 15,000 tokens (OleehyO/TexTeller).
"""

from typing import Any

import torch
from torch import nn
from transformers import (
    AutoConfig,
    DeiTConfig,
    DeiTModel,
    HGNetV2Backbone,
    HGNetV2Config,
    MBartConfig,
    MBartForCausalLM,
    PreTrainedConfig,
    PreTrainedModel,
    TrOCRConfig,
    TrOCRForCausalLM,
    VisionEncoderDecoderModel,
    ViTConfig,
    ViTModel,
)
from transformers.modeling_outputs import BaseModelOutput


class HGNetEncoderConfig(PreTrainedConfig):
    """PP-HGNetV2-B4, which the defaults of `HGNetV2Config` are."""

    model_type = 'hgnet_v2_encoder'
    hidden_size: int = 2048


AutoConfig.register(HGNetEncoderConfig.model_type, HGNetEncoderConfig)


class HGNetEncoder(PreTrainedModel):
    """The last stage of the backbone as a sequence of cells."""

    config_class = HGNetEncoderConfig
    main_input_name = 'pixel_values'

    def __init__(self, config: HGNetEncoderConfig):
        super().__init__(config)
        self.backbone = HGNetV2Backbone(HGNetV2Config(out_features=['stage4']))
        self.post_init()

    def forward(self, pixel_values: torch.Tensor, **kwargs: Any) -> BaseModelOutput:
        """Pictures (batch, 3, height, width) to cells (batch, cells, 2048)."""
        features = self.backbone(pixel_values).feature_maps[0]
        return BaseModelOutput(last_hidden_state=features.flatten(2).transpose(1, 2))


def _hgnet(vocabulary: int) -> tuple[nn.Module, tuple[int, int, int]]:
    decoder = MBartConfig(
        vocab_size=vocabulary,
        max_position_embeddings=1029,
        d_model=384,
        decoder_layers=2,
        encoder_layers=2,
        decoder_attention_heads=16,
        encoder_attention_heads=16,
        decoder_ffn_dim=1536,
        scale_embedding=True,
        is_decoder=True,
        add_cross_attention=True,
    )
    encoder = HGNetEncoder(HGNetEncoderConfig())
    return VisionEncoderDecoderModel(encoder=encoder, decoder=MBartForCausalLM(decoder)), (3, 384, 384)


def pp_formulanet_s() -> tuple[nn.Module, tuple[int, int, int]]:
    return _hgnet(50000)


def texo() -> tuple[nn.Module, tuple[int, int, int]]:
    return _hgnet(687)


def trocr_small() -> tuple[nn.Module, tuple[int, int, int]]:
    encoder = DeiTConfig(image_size=384, hidden_size=384, num_attention_heads=6, intermediate_size=1536)
    decoder = TrOCRConfig(
        vocab_size=64044, d_model=256, decoder_layers=6, decoder_attention_heads=8, decoder_ffn_dim=1024,
        cross_attention_hidden_size=384, scale_embedding=True, activation_function='relu', tie_word_embeddings=False,
        is_decoder=True, add_cross_attention=True,
    )  # fmt: skip
    model = VisionEncoderDecoderModel(encoder=DeiTModel(encoder), decoder=TrOCRForCausalLM(decoder))
    return model, (3, 384, 384)


def texteller() -> tuple[nn.Module, tuple[int, int, int]]:
    decoder = TrOCRConfig(vocab_size=15000, is_decoder=True, add_cross_attention=True)
    encoder = ViTModel(ViTConfig(image_size=448, num_channels=1))
    return VisionEncoderDecoderModel(encoder=encoder, decoder=TrOCRForCausalLM(decoder)), (1, 448, 448)


PEERS = {
    'PP-FormulaNet-S': pp_formulanet_s,
    'Texo': texo,
    'TrOCR-small': trocr_small,
    'TexTeller': texteller,
}
