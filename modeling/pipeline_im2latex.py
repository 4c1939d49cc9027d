"""`pipeline('image-to-text')` for this model, found through `custom_pipelines` in the exported config.json."""

import base64
import io
import os
import urllib.request
from typing import Any

from PIL import Image
from transformers import Pipeline

from .generation_im2latex import predict

# What `predict` takes; other options of `generate` make the pipeline call it directly.
PREDICT_OPTIONS = {'num_beams', 'max_new_tokens'}
LONGEST_NAME = 100  # characters of what was given that an error shows
LONGEST_PATH = 4096  # longer strings are base64: a system refuses even to ask whether there is such a file
TIMEOUT = 60.0  # seconds without an answer


class Im2LatexPipeline(Pipeline):
    """`pipe(image)` gives `[{'generated_text': latex}]`; a list of pictures gives a list of those.

    A picture is a path, a URL, a base64 string or a PIL picture. `generate_kwargs={'num_beams': 4}` or
    `max_new_tokens=...` go to `predict` of `generation_im2latex.py`. With any other option `generate` is called with
    all of them, without the rules and the further looks that `predict` adds. `timeout` is how many seconds a download
    may be silent, 60 if none is given.
    """

    _load_processor = True
    _load_tokenizer = False
    _load_image_processor = False
    _load_feature_extractor = False
    _load_video_processor = False  # left out, transformers asks at the terminal whether to run custom code
    _pipeline_calls_generate = True

    def _sanitize_parameters(
        self,
        max_new_tokens: int | None = None,
        generate_kwargs: dict[str, Any] | None = None,
        timeout: float | None = None,
        **kwargs,
    ) -> tuple[dict, dict, dict]:
        generate = {**(generate_kwargs or {}), **kwargs}
        if max_new_tokens is not None:
            generate['max_new_tokens'] = max_new_tokens
        preprocess = {} if timeout is None else {'timeout': timeout}
        return preprocess, {'generate_kwargs': generate} if generate else {}, {}

    def preprocess(self, image: Any, timeout: float | None = None) -> dict[str, Any]:
        """Loads the picture only: transformers' own collation cannot batch tensors of several sizes.

        Raises:
            ValueError: the file cannot be read, or the string is no picture's path, URL or base64.
        """
        return {'image': _load(image, timeout)}

    def _forward(self, model_inputs: dict[str, Any], generate_kwargs: dict[str, Any] | None = None) -> dict[str, Any]:
        batch = model_inputs['image']
        is_batch = isinstance(batch, list)
        images = batch if is_batch else [batch]
        options = self._prepare_generate_kwargs(generate_kwargs or {})
        if options.keys() <= PREDICT_OPTIONS:
            found = predict(self.model, self.processor, images, **options)
            if reasons := [prediction.error for prediction in found if prediction.error is not None]:
                raise ValueError(reasons[0])
            latex = [prediction.latex for prediction in found]
        else:
            inputs = self.processor(images=images, return_tensors='pt').to(self.model.device, dtype=self.model.dtype)
            latex = self.processor.post_process(self.model.generate(**inputs, **options))
        # The parent takes a batch apart by its first axis; `num_return_sequences` makes several of each picture.
        count = len(latex) // len(images)
        return {'latex': [latex[i : i + count] for i in range(0, len(latex), count)] if is_batch else latex}

    def postprocess(self, model_outputs: dict[str, Any]) -> list[dict[str, str]]:
        return [{'generated_text': latex} for latex in model_outputs['latex']]

    def save_pretrained(self, save_directory, **kwargs) -> None:
        """Saves model, pipeline code and, which the parent forgets, the processor."""
        super().save_pretrained(save_directory, **kwargs)
        self.processor.save_pretrained(save_directory)


def _load(image: Any, timeout: float | None) -> Image.Image:
    """The picture as it is: transformers' `load_image` makes RGB of it, which drops transparency and all but 8 bits."""
    if isinstance(image, Image.Image):
        return image
    if not isinstance(image, str | os.PathLike):
        raise ValueError(f'a picture is a path, a URL, a base64 string or a PIL picture, not {type(image).__name__}')
    name = os.fspath(image) if len(os.fspath(image)) <= LONGEST_NAME else f'{os.fspath(image)[:LONGEST_NAME]} ...'
    try:
        with Image.open(_open(image, timeout)) as picture:
            picture.load()
        return picture
    except Exception as error:  # PIL's decoders fail with a dozen types
        raise ValueError(f'{name}: not a readable picture: {error}') from error


def _open(image: str | os.PathLike[str], timeout: float | None) -> str | os.PathLike[str] | io.BytesIO:
    """What PIL opens: a path as it is, the content of an address or of a base64 string."""
    if not isinstance(image, str):
        return image
    if image.startswith(('http://', 'https://')):
        request = urllib.request.Request(image, headers={'User-Agent': 'im2latex'})  # many refuse Python's own name
        with urllib.request.urlopen(request, timeout=timeout or TIMEOUT) as answer:
            return io.BytesIO(answer.read())
    if image.startswith('data:image/'):
        return io.BytesIO(base64.b64decode(image.partition(',')[2]))
    if len(image) <= LONGEST_PATH and os.path.exists(image):
        return image
    try:
        return io.BytesIO(base64.b64decode(''.join(image.split()), validate=True))
    except ValueError as error:
        raise ValueError('neither a file, nor an address, nor base64') from error


__all__ = ['Im2LatexPipeline']
