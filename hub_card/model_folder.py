"""A checkpoint as a folder that is a model repository of the Hub: `transformers` alone loads it.

Files are copied and JSON is edited, nothing is loaded: two exports of a checkpoint are equal byte by byte.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import jinja2
from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
TASK = 'image-to-text'
# Class and file of everything that transformers looks for. The configuration is named as a member of the model's file:
# of a local folder each file named here becomes a module of its own, with a configuration class of its own.
MODEL_CLASSES = {
    'AutoConfig': 'modeling_im2latex.Im2LatexConfig',
    'AutoModel': 'modeling_im2latex.Im2LatexModel',
    'AutoModelForImageTextToText': 'modeling_im2latex.Im2LatexModel',
}
PROCESSOR = {'AutoProcessor': 'processing_im2latex.Im2LatexProcessor'}
IMAGE_PROCESSOR = {'AutoImageProcessor': 'image_processing_im2latex.Im2LatexImageProcessor'}
PIPELINES = {TASK: {'impl': 'pipeline_im2latex.Im2LatexPipeline', 'pt': ['AutoModelForImageTextToText']}}
NEEDED = ('generation_config.json', 'model.safetensors', 'tokenizer.json')
# With scores, settings, calibration and what else a checkpoint records of itself; not its log, nor predictions.
COPIED = ('*.json', '*.safetensors', 'onnx/*.onnx')


class ExportError(ValueError):
    """Something cannot be exported; the message says what is missing and where it comes from."""


def check_repo_id(repo_id: str) -> None:
    """Raises ExportError if a repository of the Hub cannot be named so."""
    try:
        validate_repo_id(repo_id)
    except HFValidationError as error:
        raise ExportError(str(error)) from error
    if repo_id.count('/') != 1:
        raise ExportError(f'{repo_id}: a repository of the Hub is named owner/name')


def read_json(path: Path) -> dict[str, Any]:
    """A file that holds a JSON object. Raises ExportError if it does not."""
    try:
        value = json.loads(path.read_text(encoding='utf-8'))
    except FileNotFoundError:
        raise ExportError(f'{path}: no such file') from None
    except (OSError, ValueError) as error:
        raise ExportError(f'{path}: cannot be read as JSON: {error}') from error
    if not isinstance(value, dict):
        raise ExportError(f'{path}: expected a JSON object')
    return value


def templates() -> jinja2.Environment:
    """The templates of the cards, in which a name that is not given is an error."""
    return jinja2.Environment(loader=jinja2.FileSystemLoader(HERE), undefined=jinja2.StrictUndefined, trim_blocks=True)


def shipped_code() -> list[Path]:
    """The files of `modeling/` that go to the Hub, where they lie flat beside the weights."""
    return sorted((ROOT / 'modeling').glob('*_im2latex.py'))


def write_model_folder(checkpoint: Path, folder: Path) -> None:
    """Writes weights, settings, tokenizer, graphs, scores, code, example pictures and licence; all but the card.

    Args:
        checkpoint: a folder as `train.py` writes it.
        folder: an empty one.

    Raises:
        ExportError: the checkpoint lacks a file, or one is broken.
    """
    for name in NEEDED:
        if not (checkpoint / name).is_file():
            raise ExportError(f'{checkpoint}: not a checkpoint, it has no {name}')
    for path in sorted(path for pattern in COPIED for path in checkpoint.glob(pattern)):
        target = folder / path.relative_to(checkpoint)
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, target)

    config = read_json(checkpoint / 'config.json')
    _write(folder / 'config.json', {**config, 'auto_map': MODEL_CLASSES, 'custom_pipelines': PIPELINES})
    processor = read_json(checkpoint / 'processor_config.json')
    images = {**processor.get('image_processor', {}), 'auto_map': IMAGE_PROCESSOR}
    _write(folder / 'processor_config.json', {**processor, 'image_processor': images, 'auto_map': PROCESSOR})
    # transformers 5 writes a name of its own, which other readers of tokenizers do not know.
    tokenizer = {**read_json(checkpoint / 'tokenizer_config.json'), 'tokenizer_class': 'PreTrainedTokenizerFast'}
    _write(folder / 'tokenizer_config.json', tokenizer)

    for file in (*shipped_code(), ROOT / 'LICENSE'):
        shutil.copyfile(file, folder / file.name)
    for pictures in (ROOT / 'examples', HERE / 'limits'):
        shutil.copytree(pictures, folder / pictures.name)


def _write(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + '\n', encoding='utf-8')
