"""Fetching for strangers: public addresses only, whatever the URL looks like; no redirects; limits on all."""

import asyncio
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from serving import fetching
from serving.fetching import fetch, is_public
from serving.pictures import PictureError


@pytest.mark.parametrize(
    'address',
    [
        '127.0.0.1',
        '10.0.0.1',
        '172.16.0.1',
        '192.168.1.1',
        '169.254.169.254',
        '100.64.0.1',
        '0.0.0.0',
        '255.255.255.255',
        '224.0.0.1',
        '::1',
        '::',
        'fe80::1%eth0',
        'fc00::1',
        '::ffff:127.0.0.1',
        '::ffff:10.0.0.1',
        '64:ff9b::7f00:1',
        '2002:7f00:1::',
        'ff02::1',
    ],
)
def test_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize('address', ['93.184.215.14', '2606:2800:21f:cb07:6820:80da:af6b:8b2c', '::ffff:93.184.215.14'])
def test_public(address: str) -> None:
    assert is_public(address)


def get(url: str, max_bytes: int = 1000, timeout: float = 2.0) -> bytes:
    return asyncio.run(fetch(url, max_bytes, timeout))


@pytest.mark.parametrize(
    'url',
    [
        'http://127.0.0.1/x.png',
        'http://localhost:22/',
        'http://2130706433/',
        'http://0x7f.1/',
        'http://0/',
        'http://[::1]/',
        'http://[::ffff:127.0.0.1]/',
        'http://169.254.169.254/latest/meta-data/',
        'http://user:password@127.0.0.1/',
        'HTTP://LOCALHOST/',
        'file:///etc/passwd',
        'ftp://127.0.0.1/',
        'gopher://127.0.0.1/',
        'data:image/png;base64,AAAA',
        '/etc/passwd',
        '',
        'http://',
        'http:///x',
        'https://exa mple/\r\nHost: x',
    ],
)
def test_refused(url: str) -> None:
    with pytest.raises(PictureError, match='URL|public'):
        get(url)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # noqa: N802
        if self.path == '/redirect':
            self.send_response(302)
            self.send_header('Location', '/picture')
            self.end_headers()
            return
        self.send_response(404 if self.path == '/nothing' else 200)
        self.end_headers()
        try:
            if self.path == '/endless':
                while True:
                    self.wfile.write(bytes(1000))
            if self.path == '/slow':
                for _ in range(50):
                    self.wfile.write(b'.')
                    time.sleep(0.05)
            self.wfile.write(b'picture')
        except OSError:
            pass

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server that counts as public."""
    monkeypatch.setattr(fetching, 'is_public', lambda address: address == '127.0.0.1')
    with ThreadingHTTPServer(('127.0.0.1', 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield f'http://127.0.0.1:{server.server_port}'
        server.shutdown()


def test_the_content(server: str) -> None:
    assert get(f'{server}/picture') == b'picture'


@pytest.mark.parametrize(
    ('path', 'message'),
    [
        ('/redirect', 'status 302'),
        ('/nothing', 'status 404'),
        ('/endless', 'more than 1,000 bytes'),
        ('/slow', 'within 0.5 seconds'),
    ],
)
def test_limits(server: str, path: str, message: str) -> None:
    with pytest.raises(PictureError, match=message):
        get(server + path, timeout=0.5)


def test_nobody_there(server: str) -> None:
    with pytest.raises(PictureError, match='cannot be fetched'):
        get('http://127.0.0.1:1/')
