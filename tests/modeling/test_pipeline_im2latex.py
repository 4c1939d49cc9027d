"""The pipeline class gives what `predict` gives, for paths and pictures, alone and in batches."""

import base64
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from modeling import Im2LatexModel, Im2LatexPipeline, Im2LatexProcessor
from modeling.generation_im2latex import predict


def test_pipeline(
    tiny_model: Im2LatexModel,
    tiny_processor: Im2LatexProcessor,
    formula_images: list[Image.Image],
    tmp_path: Path,
) -> None:
    pipe = Im2LatexPipeline(model=tiny_model, processor=tiny_processor)
    found = predict(tiny_model, tiny_processor, formula_images, max_new_tokens=8)
    expected = [[{'generated_text': prediction.latex}] for prediction in found]
    formula_images[0].save(tmp_path / 'formula.png')

    assert pipe(formula_images, max_new_tokens=8) == expected
    assert pipe(formula_images, batch_size=3, max_new_tokens=8) == expected
    assert pipe(str(tmp_path / 'formula.png'), generate_kwargs={'max_new_tokens': 8}) == expected[0]
    with pytest.raises(ValueError, match='blank'):
        pipe(Image.new('L', (40, 40), 255))


def test_other_options_reach_generate(
    tiny_model: Im2LatexModel, tiny_processor: Im2LatexProcessor, formula_images: list[Image.Image]
) -> None:
    pipe = Im2LatexPipeline(model=tiny_model, processor=tiny_processor)
    ids = tiny_model.generate(**tiny_processor(images=formula_images), max_new_tokens=8, repetition_penalty=5.0)
    expected = [[{'generated_text': latex}] for latex in tiny_processor.post_process(ids)]
    assert pipe(formula_images, batch_size=4, max_new_tokens=8, generate_kwargs={'repetition_penalty': 5.0}) == expected


def test_several_readings_stay_with_their_picture(
    tiny_model: Im2LatexModel, tiny_processor: Im2LatexProcessor, formula_images: list[Image.Image]
) -> None:
    pipe = Im2LatexPipeline(tiny_model, processor=tiny_processor)
    options = {'num_beams': 2, 'num_return_sequences': 2, 'max_new_tokens': 6}
    alone = [pipe(image, generate_kwargs=options) for image in formula_images[:2]]
    assert [len(readings) for readings in alone] == [2, 2]
    together = pipe(formula_images[:2], batch_size=2, generate_kwargs=options)
    assert [len(readings) for readings in together] == [2, 2]
    assert together == alone


def test_transparent_and_deep_pictures_are_read_as_predict_reads_them(
    tiny_model: Im2LatexModel,
    tiny_processor: Im2LatexProcessor,
    formula_images: list[Image.Image],
    serve: Callable[[Path], str],
    tmp_path: Path,
) -> None:
    pipe = Im2LatexPipeline(model=tiny_model, processor=tiny_processor)
    plain = formula_images[0]
    transparent = Image.merge('LA', (Image.new('L', plain.size, 0), ImageOps.invert(plain)))
    transparent.save(tmp_path / 'transparent.png')
    deep = Image.fromarray(np.asarray(plain).astype(np.uint16) * 257)
    expected = [prediction.latex for prediction in predict(tiny_model, tiny_processor, [transparent, deep, plain])]
    for image, latex in zip((tmp_path / 'transparent.png', deep, plain), expected, strict=True):
        assert pipe.preprocess(image)['image'].mode in ('LA', 'I;16', 'L')
        assert pipe(str(image) if isinstance(image, Path) else image) == [{'generated_text': latex}]
    encoded = base64.encodebytes((tmp_path / 'transparent.png').read_bytes()).decode()
    for source in (encoded, f'data:image/png;base64,{encoded}', f'{serve(tmp_path)}/transparent.png'):
        assert pipe(source) == [{'generated_text': expected[0]}]


def test_what_is_no_picture(
    tiny_model: Im2LatexModel, tiny_processor: Im2LatexProcessor, serve: Callable[[Path], str], tmp_path: Path
) -> None:
    pipe = Im2LatexPipeline(model=tiny_model, processor=tiny_processor)
    (tmp_path / 'notes.txt').write_text('hello')
    for path in (tmp_path / 'notes.txt', tmp_path, tmp_path / 'nothing.png'):
        with pytest.raises(ValueError, match=path.name):
            pipe(str(path))
    with pytest.raises(ValueError, match='not a readable picture'):
        pipe.preprocess(tmp_path / 'nothing.png')
    address = serve(tmp_path)
    with pytest.raises(ValueError, match=f'{address}/nothing.png: .*404'):
        pipe.preprocess(f'{address}/nothing.png')
    with pytest.raises(ValueError, match='not list'):
        pipe.preprocess([1, 2])


def test_saved_pipeline_is_complete(
    tiny_model: Im2LatexModel, tiny_processor: Im2LatexProcessor, tmp_path: Path
) -> None:
    Im2LatexPipeline(model=tiny_model, processor=tiny_processor).save_pretrained(tmp_path)
    Im2LatexModel.from_pretrained(tmp_path)
    Im2LatexProcessor.from_pretrained(tmp_path)
