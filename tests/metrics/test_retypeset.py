"""Labels typeset again."""

import pytest

from data.dataset import DataError
from metrics.retypeset import retypeset


def test_pictures_of_labels() -> None:
    labels = {4: r'x \hspace { 1 c m } y', 7: r'\undefined', 9: r'\frac { a } { b }'}
    with retypeset(labels, workers=1) as source:
        assert source.indices == [4, 9]
        assert [source.latex(position) for position in range(len(source))] == [labels[4], labels[9]]
        image = source[1]['image']
        assert source[1]['latex'] == labels[9]
        assert image.mode == 'L' and image.getextrema()[0] < 128
        # At 100 dpi a centimetre is 39 pixels.
        assert source[0]['image'].width > 39 + 10


def test_nothing_to_typeset() -> None:
    with pytest.raises(DataError, match='none of the labels'), retypeset({0: r'\undefined'}):
        pass
