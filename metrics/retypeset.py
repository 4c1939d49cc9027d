"""A data set's labels typeset again: the clean variant of its pictures.

    with retypeset({7: 'x^2'}) as source:
        source[0]['image'], source.indices[0]       # a picture at 100 dpi, 7

In im2latex-100k some pictures do not show what their labels say (it was typeset without amsmath, so that
`\\operatorname{ln}` came out as an italic "ln"), and all are drawn at 200 dpi and halved. Here the labels are set by
`data.render` and drawn at 100 dpi.
"""

import contextlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from data.dataset import DataError, Formulas
from data.pages import TypesetPages, build_pages

from .harvard import typesettable


class Retypeset:
    """The labels that can be typeset, as pictures."""

    def __init__(self, pages: TypesetPages):
        self._formulas = Formulas(pages)
        self.indices: list[int] = [pages.row(position)['index'] for position in range(len(pages))]
        """for each picture the index that its label was given with"""

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> Mapping[str, Any]:
        return self._formulas[index]

    def latex(self, index: int) -> str:
        return self._formulas.latex(index)


@contextlib.contextmanager
def retypeset(labels: Mapping[int, str], workers: int = 2) -> Iterator[Retypeset]:
    """Typeset labels into a temporary folder.

    Raises:
        DataError: none of the labels can be typeset.
        RenderError: TeX is missing.
    """
    with tempfile.TemporaryDirectory(prefix='retypeset-') as folder:
        lines = Path(folder, 'labels.jsonl')
        with lines.open('w', encoding='utf-8') as file:
            for index, label in labels.items():
                row = {'latex': typesettable(label), 'label': label, 'index': index}
                file.write(json.dumps(row) + '\n')
        if not build_pages([lines], Path(folder, 'pages'), workers=workers)['pages']:
            raise DataError('none of the labels can be typeset')
        yield Retypeset(TypesetPages(Path(folder, 'pages')))
