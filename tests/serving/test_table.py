"""The table of many pictures, but for the browser."""

import asyncio
from pathlib import Path
from typing import Any

import gradio as gr

from modeling.prediction_im2latex import Prediction
from serving.batching import BusyError
from serving.reading import Reading
from serving.table import _csv, _rows


def test_of_a_table_what_was_read_stays_when_the_service_becomes_busy() -> None:
    class Reader:
        async def read(self, paths: list[str]) -> list[Reading]:
            if 'late.png' in paths:
                raise BusyError('9 pictures are waiting already')
            return [Reading(Prediction('x', 0.9), None)] * len(paths)

    reader: Any = Reader()
    rows = [row for paths in (['a.png'], ['late.png', 'b.png'], ['c.png']) for row in asyncio.run(_rows(reader, paths))]
    busy = '9 pictures are waiting already: try again in a moment'
    assert [(row[0], row[2], row[4]) for row in rows] == [
        ('a.png', 'x', ''),
        ('late.png', '', busy),
        ('b.png', '', busy),
        ('c.png', 'x', ''),
    ]


def test_a_table_lies_where_gradio_deletes_it(tmp_path: Path) -> None:
    """And where it need not copy it."""
    download = gr.DownloadButton()
    download.GRADIO_CACHE = str(tmp_path / 'cache')
    path = _csv([['a.png', '', 'x', '90%', '']], download.GRADIO_CACHE)
    assert download.move_resource_to_block_cache(path) == path
    assert path in download.temp_files
    assert list(tmp_path.rglob('*.csv')) == [Path(path)]
