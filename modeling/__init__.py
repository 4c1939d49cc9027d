"""What ships to the Hub: configuration, model, image processor, processor, pipeline. Imports nothing else of ours."""

from .configuration_im2latex import Im2LatexConfig, Im2LatexEncoderConfig
from .image_processing_im2latex import Im2LatexImageProcessor
from .modeling_im2latex import Im2LatexEncoder, Im2LatexModel
from .pipeline_im2latex import Im2LatexPipeline
from .processing_im2latex import Im2LatexProcessor

__all__ = [
    'Im2LatexConfig',
    'Im2LatexEncoder',
    'Im2LatexEncoderConfig',
    'Im2LatexImageProcessor',
    'Im2LatexModel',
    'Im2LatexPipeline',
    'Im2LatexProcessor',
]
