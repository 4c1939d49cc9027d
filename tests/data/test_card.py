"""The card's front matter, as the Hub reads it."""

from pathlib import Path

import datasets
import pytest
from huggingface_hub import DatasetCard

from data.card import Split, size_category, write_card


@pytest.mark.parametrize(('rows', 'name'), [(0, 'n<1K'), (999, 'n<1K'), (1000, '1K<n<10K'), (566_202, '100K<n<1M')])
def test_sizes(rows: int, name: str) -> None:
    assert size_category(rows) == name


def test_front_matter(tmp_path: Path) -> None:
    features = datasets.Features({'image': datasets.Image(), 'latex': datasets.Value('string')})
    splits = {'train': Split(1500, 900, 800, {'cm': 1000, '': 500}), 'test': Split(1, 2, 3, {'cm': 1})}
    write_card(
        tmp_path, title='A | B: c', licence='cc-by-4.0', sources=['a.tar'], splits=splits, dropped={'TeX: a | b': 7},
        features=features, command='python -m data.build a.tar',
    )  # fmt: skip
    card = DatasetCard.load(tmp_path / 'README.md')
    assert (card.data.license, card.data.pretty_name) == ('cc-by-4.0', 'A | B: c')
    assert card.data.size_categories == ['1K<n<10K']
    assert card.data.configs[0]['data_files'] == [
        {'split': 'train', 'path': 'train/*.parquet'},
        {'split': 'test', 'path': 'test/*.parquet'},
    ]
    info = datasets.DatasetInfo._from_yaml_dict(card.data.dataset_info)
    assert info.features == features and info.splits['train'].num_examples == 1500
    for line in ('| train | 1,500 | 0.0 |', '| `cm` | 1,001 |', "| the source's | 500 |", '| TeX: a \\| b | 7 |'):
        assert line in card.text
