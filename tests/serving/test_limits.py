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

from serving.formats import MAX_LENGTH


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


@pytest.mark.parametrize(('path', 'field'), [('/predict', 'file'), ('/predict/batch', 'files')])
def test_nothing_is_read_for_clients_that_have_gone(
    serve: Callable[..., Any], stub: Any, picture: Path, path: str, field: str
) -> None:
    stub.seconds = 0.5

    def leave(_: int) -> None:
        with contextlib.suppress(httpx.TimeoutException):
            httpx.post(f'{address}{path}', files={field: picture.read_bytes()}, timeout=httpx.Timeout(5, read=0.1))

    with serve(stub, page=False, max_batch=1, max_wait=0.0) as address:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(leave, range(8)))
        stub.seconds = 0.0
        answer = httpx.post(f'{address}{path}', files={field: picture.read_bytes()}, timeout=30)
        assert answer.status_code == 200 and httpx.get(f'{address}/health').json()['waiting'] == 0
    assert len(stub.sizes) <= 4, 'the first was being read when it was left; the last was waited for'


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


def answer_of_the_page(page: str, kind: str, files: Any) -> str:
    """What the page's queue answers to a program that sends it what it likes."""
    config = httpx.get(f'{page}/config').json()
    inputs = {part['id'] for part in config['components'] if part['type'] == kind}
    [index, *_] = (
        event['id']
        for event in config['dependencies']
        if inputs.intersection(event['inputs']) and len(event['inputs']) == 1
    )
    asked = {'data': [files], 'fn_index': index, 'session_hash': f'{index}'}
    httpx.post(f'{page}/gradio_api/queue/join', json=asked, timeout=20).raise_for_status()
    return httpx.get(f'{page}/gradio_api/queue/data?session_hash={index}', timeout=20).text


def test_the_page_takes_no_longer_a_formula_than_can_be_converted(page: str) -> None:
    parts = httpx.get(f'{page}/config').json()['components']
    assert [part['props']['max_length'] for part in parts if part['props'].get('elem_id') == 'latex'] == [MAX_LENGTH]


META = {'meta': {'_type': 'gradio.FileData'}}


@pytest.mark.parametrize(
    'file',
    [
        {'path': '{picture}'},
        {'path': '{picture}', **META},
        {'path': '{picture}', 'is_stream': True, **META},
        {'path': '/dev/zero', **META},
        {'path': '{page}/gradio_api/file=x', **META},
        {'path': 'https://127.0.0.1:9/x.png', 'url': 'https://127.0.0.1:9/x.png', **META},
    ],
    ids=str,
)
@pytest.mark.parametrize('kind', ['image', 'file'])
def test_the_page_opens_no_file_and_no_address_that_a_client_names(
    page: str, page_stub: Any, picture: Path, kind: str, file: dict[str, Any]
) -> None:
    named = {**file, 'path': file['path'].format(picture=picture, page=page)}
    answer = answer_of_the_page(page, kind, named if kind == 'image' else [named])
    assert '"success":false' in answer.replace(' ', '')
    assert not page_stub.sizes
    assert httpx.get(f'{page}/health', timeout=5).json()['status'] == 'ok'
