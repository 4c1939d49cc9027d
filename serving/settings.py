"""Settings of the service: environment variables `IM2LATEX_...`, or flags of `app.py` of the same names."""

import os
from typing import Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What can be set. `IM2LATEX_MAX_BATCH=16` in the environment and `--max-batch 16` on the command line are one."""

    model_config = SettingsConfigDict(
        env_prefix='IM2LATEX_',
        env_ignore_empty=True,
        cli_prog_name='app.py',
        cli_kebab_case=True,
        cli_implicit_flags=True,
        cli_hide_none_type=True,
        cli_avoid_json=True,
        use_attribute_docstrings=True,
        frozen=True,
    )

    checkpoint: str | None = None
    """folder or Hub id; by default checkpoints/base, else checkpoints/small, beside app.py"""
    # A Hugging Face Space is reached from outside its container only.
    host: str = Field(default_factory=lambda: '0.0.0.0' if 'SPACE_ID' in os.environ else '127.0.0.1')
    """address to listen on; 0.0.0.0 lets other machines in"""
    port: int = Field(7860, ge=0, le=65535)
    """port to listen on; 0 takes a free one"""
    page: bool = True
    """serve the page besides the HTTP interface"""
    backend: Literal['onnx', 'torch'] | None = None
    """what computes; by default onnx if it is installed and the checkpoint holds its graphs, else torch"""
    precision: Literal['fp32', 'int8'] = 'fp32'
    """of the graphs with onnx: int8 is faster and may choose another token"""
    threads: PositiveInt | None = None
    """threads of the model; by default OMP_NUM_THREADS, else the cores that it may use; with onnx at most 8"""

    max_batch: PositiveInt = 8
    """most pictures read at once"""
    max_wait: NonNegativeFloat = 0.002
    """longest that a picture waits for others to be read with it, in seconds"""
    max_queue: PositiveInt = 256
    """most pictures waiting; further requests are answered 429"""
    queue_timeout: PositiveFloat = 30.0
    """longest that a picture waits to be read, in seconds; then the request is answered 429"""

    max_bytes: PositiveInt = 10_000_000
    """most bytes of a picture"""
    max_request_bytes: PositiveInt = 64_000_000
    """most bytes of a request's body"""
    max_pixels: PositiveInt = 40_000_000
    """most pixels of a picture, width times height"""
    max_pictures: PositiveInt = 64
    """most pictures of a request"""
    receive_timeout: PositiveFloat = 30.0
    """longest that a request may take to arrive, in seconds"""

    allow_urls: bool = False
    """fetch pictures from URLs that clients send, from public addresses only"""
    url_timeout: PositiveFloat = 10.0
    """longest that such a fetch may take, in seconds"""

    log_level: Literal['debug', 'info', 'warning', 'error'] = 'info'
    """least important kind of line that is logged"""
    log_format: Literal['json', 'text'] = 'json'
    """a JSON object a line, or words for a person"""
    shutdown_timeout: PositiveInt = 30
    """longest that a stopping server works on what it has accepted, in seconds"""
