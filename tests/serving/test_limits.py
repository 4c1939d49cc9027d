"""Bounds on what arrives, against a server that listens: large bodies, slow clients, files that are not the page's."""

import contextlib
import http.client
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest


def connect(address: str) -> socket.socket:
    url = urlsplit(address)
    return socket.create_connection((url.hostname, url.port), timeout=10)


def status_of(connection: socket.socket) -> int:
    return int(connection.recv(1000).split()[1])


def test_100_megabytes_are_refused_before_they_have_come(serve: Callable[..., Any], stub: Any) -> None:
    with serve(stub, page=False) as address:
        with connect(address) as connection:
            connection.sendall(b'POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n')
            connection.sendall(b'Content-Length: 100000000\r\n\r\n')
            assert status_of(connection) == 413
        # Without saying beforehand how many there will be.
        client = http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)
        parts = (bytes(1_000_000) for _ in range(100))
        with contextlib.suppress(OSError):  # the server has answered and closed
            client.request('POST', '/predict', parts, {'Content-Type': 'image/png'}, encode_chunked=True)
        assert client.getresponse().status == 413
        assert httpx.get(f'{address}/health').json()['status'] == 'ok'
    assert not stub.sizes


def test_slow_clients_do_not_hold_a_connection(serve: Callable[..., Any], stub: Any) -> None:
    with (
        serve(stub, page=False, receive_timeout=0.5) as address,
        connect(address) as silent,
        connect(address) as slow_head,
        connect(address) as slow_body,
    ):
        slow_head.sendall(b'POST /predict HTTP/1.1\r\nHost: x\r\nX-')
        slow_body.sendall(b'POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n')
        slow_body.sendall(b'Content-Length: 100\r\n\r\nx')
        start = time.monotonic()
        while time.monotonic() < start + 0.3:  # one byte and another do not buy time
            slow_body.sendall(b'x')
            time.sleep(0.1)
        assert status_of(slow_body) == 408
        assert silent.recv(1) == b'' and slow_head.recv(1) == b''
        assert time.monotonic() < start + 5


def test_a_full_queue_is_answered_429(serve: Callable[..., Any], stub: Any, picture: Path) -> None:
    stub.seconds = 0.3
    picture_bytes = picture.read_bytes()
    with serve(stub, page=False, max_batch=1, max_queue=1, max_wait=0.0) as address:
        files = [('files', picture_bytes)] * 4
        with ThreadPoolExecutor(4) as pool:
            answers = list(
                pool.map(lambda _: httpx.post(f'{address}/predict/batch', files=files, timeout=30), range(4))
            )
    codes = [answer.status_code for answer in answers]
    assert set(codes) == {200, 429}
    refused = answers[codes.index(429)]
    assert refused.headers['retry-after'] == '5' and 'try again' in refused.json()['detail']


@pytest.mark.parametrize(
    'path',
    [
        '/gradio_api/file=/etc/passwd',
        '/gradio_api/file=../../../../etc/passwd',
        '/gradio_api/file=%2e%2e/%2e%2e/etc/passwd',
        '/file=/etc/passwd',
        '/assets/../../../../../../etc/passwd',
        '/assets/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd',
        '/static/..%2f..%2f..%2f..%2fetc/passwd',
        '/static-offline-docs/..%2f..%2f..%2f..%2f..%2f..%2fetc/passwd',
        '/gradio_api/file=http://127.0.0.1:1/',
        '/gradio_api/proxy=http://127.0.0.1:1/',
    ],
)
def test_no_file_of_the_machine_comes_out(page: str, path: str) -> None:
    with connect(page) as connection:  # a client of ours would tidy the path up
        connection.sendall(f'GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'.encode())
        answer = b''.join(iter(lambda: connection.recv(65536), b''))
    assert 400 <= int(answer.split()[1]) < 500 and b'root:' not in answer
