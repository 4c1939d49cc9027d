"""One source of pixels: what the image processor of transformers gives is what the runtime gives."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from modeling import Im2LatexImageProcessor
from modeling.picture_im2latex import PicturePreparation

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / 'examples').glob('*.png'))


@pytest.mark.parametrize('mode', ['L', 'RGB', 'RGBA', 'I;16', 'P', '1'])
def test_pixel_by_pixel(mode: str) -> None:
    settings_of_both = {'margin': 3, 'max_width': 160, 'scale': 1.25, 'min_dpi': 90, 'max_dpi': 110}
    pictures = [Image.open(path).convert('L').convert(mode) for path in EXAMPLES]
    batch = Im2LatexImageProcessor(**settings_of_both)(pictures)
    preparation = PicturePreparation(**settings_of_both)
    alone = preparation.stack([preparation.prepare(picture) for picture in pictures])
    assert alone.keys() == batch.keys()
    for name, array in alone.items():
        assert array.dtype == batch[name].dtype
        np.testing.assert_array_equal(array, batch[name])


@settings(max_examples=30, deadline=None)
@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 60))))
def test_any_array(array: np.ndarray) -> None:
    results = []
    for prepare in (Im2LatexImageProcessor().prepare, PicturePreparation().prepare):
        try:
            results.append(prepare(array).tolist())
        except ValueError as error:
            results.append(str(error))
    assert results[0] == results[1]


def test_needs_neither_torch_nor_transformers() -> None:
    code = (
        'import sys, modeling.picture_im2latex, modeling.prediction_im2latex, modeling.checkpoint_im2latex\n'
        'assert not {"torch", "transformers", "timm", "huggingface_hub"} & set(sys.modules)'
    )
    subprocess.run([sys.executable, '-c', code], cwd=ROOT, check=True, capture_output=True, timeout=20)
