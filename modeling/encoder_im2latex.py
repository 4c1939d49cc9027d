"""The vision encoder: picture -> one vector a cell of 8 or 16 pixels, blind to whatever pads the picture."""

from dataclasses import dataclass

import timm
import torch
from timm.models.resnet import BasicBlock
from torch import nn
from transformers import PreTrainedModel
from transformers.utils import ModelOutput

from .configuration_im2latex import Im2LatexEncoderConfig


@dataclass
class Im2LatexEncoderOutput(ModelOutput):
    """What the decoder attends to.

    Args:
        last_hidden_state: cells in reading order, row by row, (batch, cells, hidden_size).
        attention_mask: 1 for a cell of the picture, 0 for padding, (batch, cells). It travels with the cells, so that
            `generate` repeats it for beams as it repeats them.
    """

    last_hidden_state: torch.Tensor | None = None
    attention_mask: torch.Tensor | None = None
    hidden_states: tuple[torch.Tensor, ...] | None = None
    attentions: tuple[torch.Tensor, ...] | None = None


def sinusoid_2d(mask: torch.Tensor, hidden_size: int, dtype: torch.dtype) -> torch.Tensor:
    """Sinusoidal position of every cell, the first half of the features for its row, the second for its column.

    Rows and columns are counted from the picture's own corner, found in the mask: where the picture lies in a padded
    batch makes no difference. One-dimensional form: Vaswani et al. 2017, section 3.5; two halves: Parmar et al. 2018.

    Args:
        mask: 1 for a cell of the picture, 0 for padding, (batch, rows, columns); each picture is a rectangle.
    Returns:
        (batch, rows, columns, hidden_size) in `dtype`.
    """
    frequency = torch.exp2(torch.arange(hidden_size // 4, device=mask.device) * (-13.288 / (hidden_size // 4)))  # 1e-4
    axes = []
    for axis in (1, 2):
        inside = mask.amax(dim=3 - axis)  # (batch, length of the axis)
        angle = (inside.cumsum(dim=1) - 1).unsqueeze(-1) * frequency  # (batch, length, hidden_size / 4)
        wave = torch.cat((angle.sin(), angle.cos()), dim=-1).to(dtype)
        axes.append(wave.unsqueeze(3 - axis).expand(*mask.shape, hidden_size // 2))
    return torch.cat(axes, dim=-1)


class Im2LatexEncoder(PreTrainedModel):
    """ResNet up to block 3, 1x1 convolution, 2D positions.

    Every convolution wider than one pixel sees zeros outside the picture, as it would at the border of a picture
    alone: masking the cross-attention is not enough, since the receptive field reaches into the padding.
    In training, though, BatchNorm's statistics of a batch count the zeros of its padding: keep it low (the sampler
    does).
    """

    config_class = Im2LatexEncoderConfig
    config: Im2LatexEncoderConfig
    main_input_name = 'pixel_values'
    base_model_prefix = 'encoder'
    _no_split_modules = ['BasicBlock']
    _supports_sdpa = True  # it has no attention: what is asked for the decoder must not fail here

    def __init__(self, config: Im2LatexEncoderConfig):
        super().__init__(config)
        self.backbone = timm.create_model(
            config.backbone, pretrained=False, features_only=True, out_indices=(3,), in_chans=config.num_channels
        )
        first: BasicBlock = self.backbone['layer3'][0]
        block_stride = (config.stride[0] // 8, config.stride[1] // 8)
        first.conv1.stride = block_stride
        first.downsample[0].stride = block_stride
        self.projection = nn.Conv2d(self.backbone.feature_info.channels()[-1], config.hidden_size, kernel_size=1)
        self.layer_norm = nn.LayerNorm(config.hidden_size)
        self.dropout = nn.Dropout(config.dropout)
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        """Keeps timm's own initialisation; the parent's would overwrite it with N(0, 0.02)."""

    def forward(
        self, pixel_values: torch.Tensor, pixel_mask: torch.Tensor | None = None, **kwargs
    ) -> Im2LatexEncoderOutput:
        """Encodes a batch.

        Args:
            pixel_values: ink 1, paper 0, (batch, channels, height, width); both sizes multiples of 16.
            pixel_mask: 1 inside the picture, 0 in the batch's padding, (batch, height, width). Each picture is a
                rectangle whose corners lie on multiples of 16. None: all is picture.
        Raises:
            ValueError: the sizes are no multiples of 16.
        """
        batch, _, height, width = pixel_values.shape
        if height % 16 or width % 16:
            raise ValueError(f'height and width must be multiples of 16, got {height}x{width}: use the image processor')
        if pixel_mask is None:
            pixel_mask = torch.ones((batch, height, width), dtype=torch.long, device=pixel_values.device)
        cells, mask = self._backbone(pixel_values, pixel_mask)
        cells = self.projection(cells).permute(0, 2, 3, 1)  # (batch, rows, columns, hidden_size)
        cells = self.layer_norm(cells)
        cells = self.dropout(cells + sinusoid_2d(mask, cells.shape[-1], cells.dtype))
        return Im2LatexEncoderOutput(last_hidden_state=cells.flatten(1, 2), attention_mask=mask.flatten(1))

    def _backbone(self, pixels: torch.Tensor, pixel_mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns the features of block 3, (batch, channels, rows, columns), and their mask, (batch, rows, columns)."""

        def masked(x: torch.Tensor) -> torch.Tensor:
            step = (pixel_mask.shape[1] // x.shape[2], pixel_mask.shape[2] // x.shape[3])
            return x * pixel_mask[:, None, :: step[0], :: step[1]].to(x.dtype)

        net = self.backbone
        x = masked(net['act1'](net['bn1'](net['conv1'](masked(pixels)))))
        # The features are not negative, so that a zero outside equals the pooling's own border; and a window beyond the
        # picture's edge reaches back into it, so that what it found there must go again.
        x = masked(net['maxpool'](x))
        for name in ('layer1', 'layer2', 'layer3'):
            for block in net[name]:
                shortcut = x if block.downsample is None else block.downsample(x)
                x = masked(block.act1(block.bn1(block.conv1(x))))
                x = masked(block.act2(block.bn2(block.conv2(x)) + shortcut))
        step = (pixel_mask.shape[1] // x.shape[2], pixel_mask.shape[2] // x.shape[3])
        return x, pixel_mask[:, :: step[0], :: step[1]]


__all__ = ['Im2LatexEncoder', 'Im2LatexEncoderOutput', 'sinusoid_2d']
