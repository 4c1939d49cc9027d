"""The pipeline class gives what `generate` gives, for paths and pictures, alone and in batches."""

from pathlib import Path

from PIL import Image

from modeling import Im2LatexModel, Im2LatexPipeline, Im2LatexProcessor


def test_pipeline(
    tiny_model: Im2LatexModel,
    tiny_processor: Im2LatexProcessor,
    formula_images: list[Image.Image],
    tmp_path: Path,
) -> None:
    pipe = Im2LatexPipeline(model=tiny_model, processor=tiny_processor)
    ids = tiny_model.generate(**tiny_processor(images=formula_images), max_new_tokens=8)
    expected = [[{'generated_text': latex}] for latex in tiny_processor.post_process(ids)]
    formula_images[0].save(tmp_path / 'formula.png')

    assert pipe(formula_images, max_new_tokens=8) == expected
    assert pipe(formula_images, batch_size=3, max_new_tokens=8) == expected
    assert pipe(str(tmp_path / 'formula.png'), generate_kwargs={'max_new_tokens': 8}) == expected[0]


def test_saved_pipeline_is_complete(
    tiny_model: Im2LatexModel, tiny_processor: Im2LatexProcessor, tmp_path: Path
) -> None:
    Im2LatexPipeline(model=tiny_model, processor=tiny_processor).save_pretrained(tmp_path)
    Im2LatexModel.from_pretrained(tmp_path)
    Im2LatexProcessor.from_pretrained(tmp_path)
