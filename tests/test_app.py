"""The service as a process: it starts from flags and environment, says what is wrong, and stops without losing work."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client, handle_file
from PIL import Image

import app

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def service(checkpoint: Path, *flags: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """app.py on a free port, once it answers: the process and its address."""
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    command = [sys.executable, str(ROOT / 'app.py'), '--port', str(port), '--threads', '1', *flags]
    given = {**os.environ, 'IM2LATEX_CHECKPOINT': str(checkpoint), **environment}
    with subprocess.Popen(command, env=given, stderr=subprocess.PIPE, text=True) as process:
        address = f'http://127.0.0.1:{port}'
        try:
            for _ in range(600):
                try:
                    httpx.get(f'{address}/health')
                    break
                except httpx.HTTPError:
                    assert process.poll() is None, process.stderr and process.stderr.read()
                    time.sleep(0.1)
            yield process, address
        finally:
            process.kill()


def test_sigterm_under_load_loses_nothing(
    tiny_checkpoint: Path, formula_images: list[Image.Image], tmp_path: Path
) -> None:
    """What was accepted is answered; what was not is refused at once; the log says the same as the clients."""
    formula_images[0].save(tmp_path / 'x.png')
    picture = (tmp_path / 'x.png').read_bytes()
    outcomes: list[str] = []
    stopped = threading.Event()

    def client() -> None:
        while True:
            try:  # one connection a request: on a used one a client cannot know whether a request was accepted
                outcomes.append(str(httpx.post(f'{address}/predict', files={'file': picture}, timeout=30).status_code))
            except httpx.HTTPError as error:
                outcomes.append(type(error).__name__)
                if stopped.is_set():
                    return

    with service(tiny_checkpoint, '--no-page') as (process, address), ThreadPoolExecutor(8) as pool:
        for _ in range(8):
            pool.submit(client)
        while outcomes.count('200') < 24:  # the machine may be busy
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        stopped.set()
        assert process.stderr is not None
        log = [json.loads(line) for line in process.stderr.read().splitlines()]
        assert process.wait(30) == 0
    # Refused: nobody listens; the connection is reset; or it is closed before the service has read the request.
    assert set(outcomes) <= {'200', 'ConnectError', 'ReadError', 'RemoteProtocolError'}
    answered = [line for line in log if line.get('path') == '/predict']
    assert len(answered) == outcomes.count('200') > 8
    assert {line['status'] for line in answered} == {200}


def test_page_and_interfaces_in_one_process(
    exported_checkpoint: Path, formula_images: list[Image.Image], tmp_path: Path
) -> None:
    formula_images[0].save(tmp_path / 'x.png')
    with service(exported_checkpoint, '--precision', 'int8', IM2LATEX_LOG_FORMAT='text') as (process, address):
        assert 'gradio' in httpx.get(address).text
        over_http = httpx.post(f'{address}/predict?n_best=4', files={'file': (tmp_path / 'x.png').read_bytes()}).json()
        client = Client(address, verbose=False)
        over_gradio: Any = client.predict(handle_file(tmp_path / 'x.png'), api_name='/predict')
        assert over_gradio == over_http
        # The client holds a connection, as an open page does; it must not hold up the end.
        start = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert time.monotonic() - start < 10


def test_ctrl_c_ends_it_without_a_word(tiny_checkpoint: Path) -> None:
    with service(tiny_checkpoint, '--no-page', IM2LATEX_LOG_LEVEL='warning') as (process, _):
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert process.stderr is not None and process.stderr.read() == ''


def test_ctrl_c_before_it_listens(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    def interrupt(host: str, port: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(app, 'listening_problem', interrupt)
    assert app.main(['--no-page']) == 130
    assert capsys.readouterr().err == ''


def test_a_port_in_use_is_said_in_a_line(capsys: Any) -> None:
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert app.main(['--port', str(port)]) == 2
    message = f'app.py: 127.0.0.1:{port} is in use: stop what listens there, or choose another port with --port\n'
    assert capsys.readouterr().err == message


@pytest.mark.parametrize(
    ('arguments', 'environment', 'message'),
    [
        (['--checkpoint', 'nowhere/at/all'], {}, 'nowhere/at/all: no such folder'),
        (['--max-batch', '0'], {}, 'max_batch: Input should be greater than 0'),
        (['--backend', 'tpu'], {}, "backend: Input should be 'onnx' or 'torch'"),
        ([], {'IM2LATEX_MAX_WAIT': 'long'}, 'max_wait: Input should be a valid number'),
        (['--host', '192.0.2.1'], {}, 'cannot listen on 192.0.2.1:7860: '),
    ],
)
def test_mistakes_are_said_in_a_line(
    arguments: list[str], environment: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert app.main(arguments) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f'app.py: {message}')
