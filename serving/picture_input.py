"""Gradio's inputs of files, handed on as they came, and nothing but what was uploaded here.

Gradio copies any path that a request names and fetches any address before a component sees it. That paths are of
uploads it checks on a page that was launched (`has_launched` in `page.py`, since ours is mounted), and only of files
with `meta`; the rest is done here. A module of its own, since Gradio writes a stub (`.pyi`) beside the source of every
component.
"""

from pathlib import Path
from typing import Any

import gradio as gr

REFUSED = 'send the picture itself: neither paths of this machine nor addresses are opened'


class PictureInput(gr.Image):
    """A picture that is not opened before it comes to where the limits are known."""

    is_template = True  # the browser takes it for what it is made from

    async def async_move_resource_to_block_cache(self, url_or_file_path: str | Path | None) -> str | None:
        """Raises gr.Error for an address."""
        return await super().async_move_resource_to_block_cache(_no_address(url_or_file_path))

    def preprocess(self, payload: Any) -> str | None:
        """The path of the uploaded file; None if there is no picture. Raises gr.Error for any other path."""
        return _uploaded(payload.path, self.GRADIO_CACHE) if payload and payload.path else None


class PicturesInput(gr.File):
    """Several files, likewise."""

    is_template = True

    async def async_move_resource_to_block_cache(self, url_or_file_path: str | Path | None) -> str | None:
        """Raises gr.Error for an address."""
        return await super().async_move_resource_to_block_cache(_no_address(url_or_file_path))

    def preprocess(self, payload: Any) -> list[str]:
        """The paths of the uploaded files. Raises gr.Error for any other path."""
        return [_uploaded(file.path, self.GRADIO_CACHE) for file in payload or ()]


def _no_address(path: str | Path | None) -> str | Path | None:
    if '://' in str(path):
        raise gr.Error(REFUSED)
    return path


def _uploaded(path: str, uploads: str) -> str:
    if not Path(path).resolve().is_relative_to(Path(uploads).resolve()):
        raise gr.Error(REFUSED)
    return path
