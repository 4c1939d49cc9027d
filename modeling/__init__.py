"""What ships to the Hub: configuration, model, image processor, processor, pipeline. Imports nothing else of ours.

The names below are imported when they are asked for: `modeling.picture_im2latex` is of use without transformers.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .configuration_im2latex import Im2LatexConfig, Im2LatexEncoderConfig
    from .encoder_im2latex import Im2LatexEncoder
    from .image_processing_im2latex import Im2LatexImageProcessor
    from .modeling_im2latex import Im2LatexModel
    from .pipeline_im2latex import Im2LatexPipeline
    from .processing_im2latex import Im2LatexProcessor

_FILES = {
    'Im2LatexConfig': 'configuration_im2latex',
    'Im2LatexEncoder': 'encoder_im2latex',
    'Im2LatexEncoderConfig': 'configuration_im2latex',
    'Im2LatexImageProcessor': 'image_processing_im2latex',
    'Im2LatexModel': 'modeling_im2latex',
    'Im2LatexPipeline': 'pipeline_im2latex',
    'Im2LatexProcessor': 'processing_im2latex',
}


def __getattr__(name: str) -> Any:
    if name not in _FILES:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(import_module(f'.{_FILES[name]}', __name__), name)


__all__ = [
    'Im2LatexConfig',
    'Im2LatexEncoder',
    'Im2LatexEncoderConfig',
    'Im2LatexImageProcessor',
    'Im2LatexModel',
    'Im2LatexPipeline',
    'Im2LatexProcessor',
]
