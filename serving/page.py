"""The page: a picture on one side, what was read on the other, and a table for many pictures."""

from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI

from .answers import HINT, Answer, answer, choices, display, failure, written
from .batching import BusyError, Prediction
from .crop import Crop
from .formats import MAX_LENGTH
from .picture_input import PictureInput
from .pictures import PictureError
from .reading import FormulaReader
from .schemas import prediction_out
from .settings import Settings
from .table import many_pictures
from .wording import marked, remark

STATIC = Path(__file__).parent / 'static'
EXAMPLES = Path(__file__).parent.parent / 'examples'
DELIMITERS: list[dict[str, str | bool]] = [{'left': '$$', 'right': '$$', 'display': True}]
LINKS = '<a href="/docs">HTTP interface</a> <a href="/?view=api">Use from Python</a>'
N_BEST = 4
# Events of the page are not for programs, and do not wait for those of other people: the model has its own queue.
PRIVATE: dict[str, Any] = {'api_visibility': 'private', 'concurrency_limit': None}
BUTTONS = {
    'latex': 'Copy LaTeX',
    'inline': '$…$',
    'display': r'\[…\]',
    'equation': 'equation',
    'markdown': 'Markdown',
    'mathml': 'MathML',
    'typst': 'Typst',
}


def mount_page(app: FastAPI, reader: FormulaReader, settings: Settings) -> None:
    """Puts the page at `/` of an application, and Gradio's own interface for programs below it."""
    gr.mount_gradio_app(
        app,
        build_page(reader, settings),
        path='/',
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        max_file_size=settings.max_bytes,
        allowed_paths=[str(EXAMPLES)],
        theme=_theme(),
        css_paths=STATIC / 'page.css',
        js=(STATIC / 'page.js').read_text(encoding='utf-8'),
    )
    app.state.end_streams = app.routes[-1].app.stop_event.set  # type: ignore[attr-defined]


def build_page(reader: FormulaReader, settings: Settings) -> gr.Blocks:
    """The page, with its events."""
    # Uploaded pictures are deleted when they are an hour old.
    with gr.Blocks(title='Image to LaTeX', analytics_enabled=False, delete_cache=(600, 3600)) as page:
        gr.HTML('<h1>Image to LaTeX</h1>', elem_id='title')
        with gr.Tabs():
            with gr.Tab('One picture'):
                _one_picture(reader)
            with gr.Tab('Many pictures'):
                many_pictures(reader, settings)
        gr.HTML(LINKS, elem_id='links')
    # Mounted and not launched, it would open any file of this machine that a request names.
    page.has_launched = True
    return page


def _theme() -> gr.themes.Base:
    # Fonts by name only: others Gradio would fetch from elsewhere.
    return gr.themes.Base(
        primary_hue='blue',
        neutral_hue='zinc',
        font=['system-ui', 'sans-serif'],
        font_mono=['ui-monospace', 'Consolas', 'monospace'],
    ).set(body_text_color_subdued='*neutral_500', body_text_color_subdued_dark='*neutral_400')


def _one_picture(reader: FormulaReader) -> None:
    readings = gr.State([])
    with gr.Row(elem_id='one'):
        with gr.Column(elem_id='left'):
            picture = PictureInput(
                sources=['upload', 'webcam', 'clipboard'],
                label='Picture of a formula',
                show_label=False,
                height=280,
                buttons=['fullscreen'],
                placeholder='Paste a picture of a formula,\ndrop it here, or click to choose one',
                webcam_options=gr.WebcamOptions(mirror=False),
                elem_id='picture',
            )
            crop = gr.Textbox(visible='hidden', elem_id='crop')
            gr.HTML(
                'Drag over the picture to read a part of it.'
                '<button type="button" id="whole" hidden>Read all of it</button>',
                elem_id='crop-hint',
            )
        with gr.Column(elem_id='right'):
            formula = gr.Markdown(HINT, latex_delimiters=DELIMITERS, elem_id='formula')
            verdict = gr.HTML(elem_id='verdict')
            latex = gr.Textbox(label='LaTeX', lines=2, max_lines=8, max_length=MAX_LENGTH, elem_id='latex')
            formats = gr.JSON({}, visible='hidden', elem_id='written')
            with gr.Row(elem_id='copy'):
                for name, label in BUTTONS.items():
                    button = gr.Button(
                        label,
                        variant='primary' if name == 'latex' else 'secondary',
                        size='sm',
                        min_width=0,
                        elem_id=f'copy-{name}',
                    )
                    button.click(None, formats, js=f'(written) => window.copyFormula(written, "{name}")')
            choice = gr.Radio(label='Other readings', visible=False, elem_id='choice')
    # Below both, so that on a phone the answer comes right after the picture.
    gr.Examples([str(path) for path in sorted(EXAMPLES.glob('*.png'))], picture, cache_examples=False)

    parts = [formula, verdict, latex, formats]

    async def whole(path: str | None, again: bool) -> Any:
        return gr.skip() if again else await part(path, '')

    async def part(path: str | None, box: str) -> list[Any]:
        if path is None:
            return [[], *_values(Answer(HINT, '', '', {})), gr.Radio(choices=[], visible=False)]
        read = await _read(reader, path, box)
        if isinstance(read, str):
            return [[], *_values(failure(read)), gr.Radio(choices=[], visible=False)]
        found = choices(read)
        radio = gr.Radio(choices=found, value=0, visible=bool(found))
        return [[read, *read.alternatives], *_values(answer(read)), radio]

    answered: Any = {'outputs': [readings, *parts, choice], 'show_progress_on': formula, **PRIVATE}
    # When one picture takes the place of another, Gradio says twice that it has changed.
    again = gr.Checkbox(visible=False)
    picture.change(whole, [picture, again], js='(picture) => [picture, window.isShown(picture)]', **answered)
    crop.change(part, [picture, crop], **answered)
    choice.input(lambda i, found: _values(answer(found[i])), [choice, readings], parts, **PRIVATE)
    # Not `input`, which comes when keys are pressed and not when text is pasted.
    latex.change(
        _edited,
        [latex, readings],
        [formula, formats],
        show_progress='hidden',
        trigger_mode='always_last',
        **PRIVATE,
    )
    _for_programs(reader, picture)


def _for_programs(reader: FormulaReader, picture: gr.Image) -> None:
    """`gradio_client`'s `/predict`: a picture in, what `POST /predict` answers out."""

    async def predict(path: str | None) -> dict[str, Any]:
        read = await _read(reader, path, '') if path is not None else 'a picture is needed'
        if isinstance(read, str):
            raise gr.Error(read)
        return prediction_out(read, read.latex, remark(read)).model_dump()

    gr.Button(visible=False).click(predict, picture, gr.JSON(visible=False), api_name='predict', concurrency_limit=None)


def _edited(latex: str, readings: list[Prediction]) -> tuple[str, dict[str, str]]:
    """The formula as it is in the box now, drawn and in all formats; marks stay while it is a reading."""
    if not latex.strip():
        return HINT, {}
    reading = next((reading for reading in readings if reading.latex == latex), None)
    return display(latex if reading is None else marked(reading)), written(latex)


def _values(shown: Answer) -> list[Any]:
    return [shown.formula, shown.verdict, shown.latex, shown.written]


async def _read(reader: FormulaReader, path: str, box: str) -> Prediction | str:
    """The prediction for a picture or a part of it, or the reason why there is none."""
    try:
        [reading] = await reader.read([path], N_BEST, Crop.parse(box))
    except PictureError as error:
        return str(error)
    except BusyError as error:
        return f'{error}: try again in a moment'
    return reading.prediction or reading.error or ''
