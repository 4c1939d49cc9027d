"""The card of a data set that was built here: README.md with the front matter that the Hub and `load_dataset` read.

write_card(folder, title='Formulas', licence='cc-by-4.0', ...)
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import datasets
from huggingface_hub import DatasetCard, DatasetCardData

_SIZES = [(10**3, 'n<1K'), (10**4, '1K<n<10K'), (10**5, '10K<n<100K'), (10**6, '100K<n<1M'), (10**7, '1M<n<10M')]
_FIELDS = {
    'image': 'the formula, black on white, 8-bit grey',
    'latex': 'its canonical LaTeX, without needless spaces: the label',
    'source_latex': 'the LaTeX that the source has, macros expanded; it is what was typeset',
    'source': 'file, folder or data set that the formula is from',
    'paper': 'the paper, if it is known; no paper is in two splits',
    'kind': '`display`, `inline`, `aligned` (a display of several lines) or `row` (one of its lines), if it is known',
    'font': 'the set-up of fonts it was drawn in; empty if the picture is the source\'s own',
    'dpi': 'the resolution it was drawn in, at a type size of 10 pt; none if the picture is the source\'s own',
}  # fmt: skip


@dataclass(frozen=True)
class Split:
    """Counts of one split: rows, bytes uncompressed, bytes of its files, pictures of each font."""

    rows: int
    size: int
    download: int
    fonts: Mapping[str, int]


def size_category(rows: int) -> str:
    """The Hub's name for a size, such as `10K<n<100K`."""
    return next((name for bound, name in _SIZES if rows < bound), 'n>10M')


def write_card(
    folder: Path,
    *,
    title: str,
    licence: str,
    sources: Sequence[str],
    splits: Mapping[str, Split],
    dropped: Mapping[str, int],
    features: datasets.Features,
    command: str,
) -> None:
    """Writes README.md: configuration, features, sizes and licence as front matter, then what is in the data set."""
    info: dict[str, Any] = {
        'features': features._to_yaml_list(),
        'splits': [{'name': name, 'num_bytes': s.size, 'num_examples': s.rows} for name, s in splits.items()],
        'download_size': sum(split.download for split in splits.values()),
        'dataset_size': sum(split.size for split in splits.values()),
    }
    files = [{'split': name, 'path': f'{name}/*.parquet'} for name in splits]
    data = DatasetCardData(
        license=licence,
        pretty_name=title,
        task_categories=['image-to-text'],
        tags=['latex', 'math', 'ocr'],
        size_categories=[size_category(sum(split.rows for split in splits.values()))],
        configs=[{'config_name': 'default', 'data_files': files}],
        dataset_info=info,
    )
    fonts = sum((Counter(split.fonts) for split in splits.values()), Counter[str]())
    kept, lost = sum(split.rows for split in splits.values()), sum(dropped.values())
    text = '\n'.join(
        [
            f'# {title}',
            '',
            f'{kept:,} pictures of typeset formulas and their LaTeX, in one canonical form. {lost:,} were left out.',
            '',
            '```python',
            'from datasets import load_dataset',
            '',
            f"load_dataset('{folder.name}', split='{next(iter(splits), 'train')}')[0]",
            '```',
            '',
            *_table(('Column', 'What it is'), [(f'`{name}`', _FIELDS[name]) for name in features]),
            *_table(
                ('Split', 'Pictures', 'MB'),
                [(name, f'{s.rows:,}', f'{s.download / 1e6:.1f}') for name, s in splits.items()],
            ),
            '## Sources',
            '',
            *(f'- `{source}`' for source in sources),
            '',
            f'Licence: `{licence}`. The formulas themselves are under the terms of their sources.',
            '',
            '## How it was made',
            '',
            f'```sh\n{command}\n```',
            '',
            *_table(('Font', 'Pictures'), [(f'`{n}`' if n else "the source's", f'{c:,}') for n, c in _largest(fonts)]),
            *_table(('Left out because', 'Formulas'), [(reason, f'{n:,}') for reason, n in _largest(dropped)]),
        ]
    )
    DatasetCard(f'---\n{data.to_yaml()}\n---\n\n{text.rstrip()}\n').save(folder / 'README.md')


def _largest(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a Markdown table and an empty one; none without rows."""
    if not rows:
        return []
    body = [[cell.replace('|', '\\|').replace('\n', ' ') for cell in row] for row in rows]
    return [f'| {" | ".join(row)} |' for row in [head, ['---'] * len(head), *body]] + ['']
