"""The page's table: many pictures at once, to look through and to take away."""

import csv
import os
import tempfile
from pathlib import Path
from typing import Any

import gradio as gr

from .answers import display
from .batching import BusyError
from .picture_input import PicturesInput
from .reading import FormulaReader, Reading
from .settings import Settings
from .wording import marked, remark, sureness

COLUMNS = ['Picture', 'Formula', 'LaTeX', 'Confidence', 'Remark']
AT_A_TIME = 8


def many_pictures(reader: FormulaReader, settings: Settings) -> None:
    """The components of the tab, and their events."""
    files = PicturesInput(
        file_count='multiple', file_types=['image'], label=f'Pictures (up to {settings.max_pictures})', height=160
    )
    table = gr.Dataframe(
        headers=COLUMNS,
        datatype=['str', 'markdown', 'str', 'str', 'str'],
        latex_delimiters=[{'left': '$$', 'right': '$$', 'display': True}],
        interactive=False,
        wrap=True,
        visible=False,
        elem_id='table',
        column_widths=['150px', '300px', '290px', '110px', '200px'],
    )
    download = gr.DownloadButton('Download the table (CSV)', visible=False, size='sm', elem_id='download')

    async def read(paths: list[str] | None, progress: gr.Progress = gr.Progress()) -> list[Any]:  # noqa: B008
        if not paths:
            return [gr.Dataframe(visible=False), gr.DownloadButton(visible=False)]
        if len(paths) > settings.max_pictures:
            raise gr.Error(f'{len(paths)} pictures; at most {settings.max_pictures} can be read at once.')
        rows: list[list[str]] = []
        for start in progress.tqdm(range(0, len(paths), AT_A_TIME), desc='Reading'):
            rows += await _rows(reader, paths[start : start + AT_A_TIME])
        return [
            gr.Dataframe(value=rows, visible=True),
            gr.DownloadButton(value=_csv(rows, download.GRADIO_CACHE), visible=True),
        ]

    files.change(read, files, [table, download], show_progress_on=files, api_visibility='private', concurrency_limit=4)


async def _rows(reader: FormulaReader, paths: list[str]) -> list[list[str]]:
    try:
        readings = await reader.read(paths)
    except BusyError as error:
        readings = [Reading(None, f'{error}: try again in a moment')] * len(paths)
    rows = []
    for path, reading in zip(paths, readings, strict=True):
        prediction = reading.prediction
        if prediction is None:
            rows.append([os.path.basename(path), '', '', '', reading.error or ''])
        else:
            formula, said = display(marked(prediction)), remark(prediction) or ''
            rows.append([os.path.basename(path), formula, prediction.latex, sureness(prediction), said])
    return rows


def _csv(rows: list[list[str]], folder: str) -> str:
    """Writes the table without the drawn formulas into a folder below another; returns the file's path.

    Gradio deletes it after a while where the folder is its cache; from elsewhere it would copy it there.
    """
    os.makedirs(folder, exist_ok=True)
    path = Path(tempfile.mkdtemp(dir=folder)) / 'formulas.csv'
    with path.open('w', newline='', encoding='utf-8-sig') as file:  # with its mark, or Excel takes it for Latin-1
        writer = csv.writer(file)
        writer.writerow(['picture', 'latex', 'confidence', 'remark'])
        writer.writerows([picture, latex, confidence, said] for picture, _, latex, confidence, said in rows)
    return str(path)
