"""A running service for the tests, and a model that always reads the same."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from modeling.generation_im2latex import Prediction, Token
from serving.model import load_reader
from serving.service import Server, create_app
from serving.settings import Settings

TOKENS = [
    ('x', 0.99),
    ('=', 0.99),
    (r'\frac', 0.98),
    ('{', 1.0),
    ('a', 0.6),
    ('}', 1.0),
    ('{', 1.0),
    ('2', 0.99),
    ('}', 1),
]


class Stub:
    """Reads x=\\frac{a}{2} in every picture, or what it is told to, and notes the sizes of the pictures."""

    def __init__(self) -> None:
        self.latex: str | None = None
        self.sizes: list[tuple[int, int]] = []
        self.seconds = 0.0

    def __call__(self, images: Sequence[Image.Image], n_best: int) -> list[Prediction]:
        self.sizes += [image.size for image in images]
        time.sleep(self.seconds)
        tokens = tuple(Token(text, probability) for text, probability in TOKENS)
        if self.latex is not None:
            return [Prediction(self.latex, 0.5, tokens=(Token(self.latex, 0.5),))] * len(images)
        other = (*tokens[:4], Token(r'\alpha', 0.3), *tokens[5:])
        second = Prediction(r'x=\frac{\alpha}{2}', 0.7, tokens=other)
        best = Prediction(r'x=\frac{a}{2}', 0.9, tokens=tokens, alternatives=(second,) if n_best > 1 else ())
        return [best] * len(images)


@pytest.fixture
def stub() -> Stub:
    return Stub()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / 'formula.png'
    Image.new('L', (120, 40), 255).save(path)
    return path


@pytest.fixture(scope='session')
def tiny_reader(tiny_checkpoint: Path) -> Any:
    return load_reader(str(tiny_checkpoint))[0]


@pytest.fixture
def client(tiny_reader: Any) -> Iterator[TestClient]:
    """Speaks to the HTTP interface, with a real if untrained model behind it."""
    settings = Settings(page=False, max_bytes=2_000_000, max_pixels=4_000_000, max_pictures=4)
    with TestClient(create_app(tiny_reader, settings, 'tiny', 'torch'), raise_server_exceptions=False) as client:
        yield client


@contextmanager
def running(reader: Any, **settings: Any) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    given = Settings(port=port, **settings)
    server = Server(create_app(reader, given, 'stub', 'torch'), given)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + 30
        while not server.started and thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.02)
        yield f'http://127.0.0.1:{port}'
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def serve() -> Callable[..., Any]:
    """Runs a service on a free port: `with serve(reader, **settings) as address`."""
    return running


@pytest.fixture(scope='module')
def page_stub() -> Stub:
    return Stub()


@pytest.fixture(scope='module')
def page(page_stub: Stub) -> Iterator[str]:
    """A service with the page, one for all tests of a file: Gradio takes seconds to start."""
    with running(page_stub) as address:
        yield address
