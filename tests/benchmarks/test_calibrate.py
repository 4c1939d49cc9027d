"""The command, with a stand-in that reads: what it writes, that it goes on, and what it refuses."""

import argparse
import contextlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image, ImageDraw

pytest.importorskip('skimage')
pytest.importorskip('sklearn')

from benchmarks import calibrate  # noqa: E402
from benchmarks.calibrate import main  # noqa: E402
from benchmarks.fitting import VALIDATION  # noqa: E402
from modeling.confidence_im2latex import load_calibration  # noqa: E402
from modeling.picture_im2latex import PicturePreparation  # noqa: E402
from modeling.prediction_im2latex import Prediction, Token  # noqa: E402


def picture(text: str) -> Image.Image:
    image = Image.new('L', (120, 40), 255)
    ImageDraw.Draw(image).text((10, 10), text, fill=0)
    return image


class Reader:
    """Reads x in every picture, surely where it is right; words in pictures higher than formulas; nothing in None."""

    processor = SimpleNamespace(image_processor=PicturePreparation())

    def __init__(self) -> None:
        self.seen = 0

    def read_batches(self, batches: Iterable[Sequence[Image.Image | None]]) -> Iterator[list[Prediction]]:
        for images in batches:
            self.seen += len(images)
            yield [self.prediction(image) for image in images]

    def prediction(self, image: Image.Image | None) -> Prediction:
        if image is None:
            return Prediction('', 0.0, error='not a picture')
        if image.height > 50:
            return Prediction('word', 0.3, tokens=tuple(Token(letter, 0.3) for letter in 'word'))
        sure = image.getpixel((0, 0)) == 255
        return Prediction('x', 0.99 if sure else 0.6, tokens=(Token('x', 0.99 if sure else 0.6),))


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    reader = Reader()
    doubtful = picture('y')
    doubtful.putpixel((0, 0), 254)

    def validation(args: argparse.Namespace) -> list[calibrate.Picture]:
        pictures = [('x', picture('x')), ('y', doubtful), ('z', None)] * 8
        return [(part, label, image) for part in ('fit', 'check') for label, image in pictures]

    def others(args: argparse.Namespace) -> Any:
        yield 'word', [(part, '', picture('word').resize((240, 80))) for part in ('fit', 'check')] * 3

    monkeypatch.setattr(calibrate, 'load_backend', lambda checkpoint, processes: contextlib.nullcontext(reader))
    monkeypatch.setattr(calibrate, 'validation', validation)
    monkeypatch.setattr(calibrate, 'formulas', lambda args: [])
    monkeypatch.setattr(calibrate, 'non_formulas', others)
    return reader


def test_a_calibration_is_written_and_what_was_read_is_not_read_again(
    reader: Reader, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / 'config.json').touch()
    command = [str(tmp_path), 'data.parquet', '--readings', str(tmp_path / 'readings.jsonl')]
    assert main(command) == 0
    table = capsys.readouterr().out
    found = load_calibration(tmp_path)
    assert found is not None and found.fitted['data'] == 'data.parquet'
    assert found.fitted['area_under_curve'] == 1.0 and found.fitted['non_formulas_flagged'] == 1.0
    # Broken pictures are refused, and refused is flagged.
    assert f'| {VALIDATION} | 24 | 8 | 33.3% |' in table

    seen = reader.seen
    assert main(command) == 0
    assert capsys.readouterr().out == table
    assert reader.seen == seen and load_calibration(tmp_path) == found

    assert main([*command, '--seed', '1']) == 2
    assert 'other settings' in capsys.readouterr().err
    readings = Path(command[command.index('--readings') + 1])
    readings.write_text(readings.read_text().replace('"surest_doubt"', '"something_else"'))
    assert main(command) == 2
    assert 'other evidence' in capsys.readouterr().err


@pytest.mark.parametrize('command', [['nowhere', 'data.parquet'], ['.', 'data.parquet', '--limit', '0']])
def test_wrong_usage_is_said_in_a_line(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        assert main(command) == 2
    except SystemExit as exit_:
        assert exit_.code == 2
    assert 'Traceback' not in capsys.readouterr().err
