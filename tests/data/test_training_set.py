"""The training set counts what it drops, keeps normalised labels, and draws the same look for the same number."""

from pathlib import Path

import datasets
import numpy as np
import pytest
from PIL import Image, ImageOps

from data import training_set
from data.dataset import Pictures
from data.tokenizer import build_tokenizer
from data.training_set import Draw, TrainingSet, normalized_labels
from modeling import Im2LatexImageProcessor


@pytest.fixture
def source(formula_images: list[Image.Image]) -> Pictures:
    """Six labels, of which two can be trained on."""
    labels = [r'\left( x \right)', '', r'\unheard', 'x x x x x x x x', 'y', 'z']
    images = [formula_images[i % len(formula_images)] for i in range(len(labels))]
    images[4] = ImageOps.expand(Image.new('L', (900, 20), 0), 20, 255)
    table = datasets.Dataset.from_dict({'image': images, 'latex': labels})
    return Pictures(table.cast_column('image', datasets.Image()))


def test_what_is_dropped_is_counted(source: Pictures, tmp_path: Path) -> None:
    labels = normalized_labels(source, cache=tmp_path)
    tokenizer = build_tokenizer(['(x)', 'y', 'z'])
    sizes = source.sizes(Im2LatexImageProcessor(max_width=1600))
    train = TrainingSet([source], [labels], [sizes], tokenizer, max_tokens=8)
    dropped = dict(+train.dropped)
    assert sum(dropped.values()) + len(train) == len(source)
    assert {'empty label', 'token not in the vocabulary', 'more than 8 tokens', 'larger than 256x800'} == set(dropped)
    assert [train[Draw(i, 0, 1.0)]['latex'] for i in range(len(train))] == ['(x)', 'z']


def test_looks(source: Pictures, tmp_path: Path) -> None:
    labels = normalized_labels(source, cache=tmp_path)
    sizes = source.sizes(Im2LatexImageProcessor())
    train = TrainingSet([source, source], [labels] * 2, [sizes] * 2, build_tokenizer(['(x)yz']), seed=3)
    first = [train[Draw(0, epoch, 1.0)]['image'] for epoch in range(8)]
    again = [train[Draw(0, epoch, 1.0)]['image'] for epoch in range(8)]
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert len({image.tobytes() for image in first}) > 1
    with pytest.raises(ValueError, match='labels for'):
        TrainingSet([source], [labels, labels], [sizes], build_tokenizer(['x']))


def test_labels_are_kept(source: Pictures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = normalized_labels(source, cache=tmp_path)
    assert labels[0] == '(x)'
    monkeypatch.setattr(training_set, 'normalize', lambda latex: pytest.fail('normalised again'))
    assert normalized_labels(source, cache=tmp_path) == labels
    monkeypatch.setattr(training_set, 'normalize', lambda latex: 'new')
    monkeypatch.setattr(training_set, 'fingerprint', lambda: 'other rules')
    assert set(normalized_labels(source, cache=tmp_path)) == {'new'}
