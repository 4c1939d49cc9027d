"""Gradio's picture, handed on as the file that came."""

from typing import Any

import gradio as gr


class PictureInput(gr.Image):
    """A picture that is not opened before it comes to where the limits are known.

    A module of its own, since Gradio writes a stub (`.pyi`) beside the source of every component.
    """

    is_template = True  # the browser takes it for what it is made from

    def preprocess(self, payload: Any) -> str | None:
        """The path of the uploaded file; None if there is no picture."""
        return payload.path if payload else None
