"""Fetches pictures from URLs that strangers send, from public addresses only."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore

from .pictures import PictureError

HEADERS = [('Accept', 'image/*'), ('Accept-Encoding', 'identity'), ('User-Agent', 'im2latex')]


class _PublicNetwork(httpcore.AsyncNetworkBackend):
    """Connects to public addresses only.

    The address is checked where the connection is made, so that a name cannot point elsewhere between check and use.
    """

    def __init__(self) -> None:
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(f'{host} is unknown') from error
        addresses = [str(address[4][0]) for address in found]
        if not addresses or not all(map(is_public, addresses)):
            raise PictureError(f'{host} is not a public address')
        return await self._network.connect_tcp(addresses[0], port, timeout, local_address, socket_options)

    async def connect_unix_socket(self, *args: Any, **kwargs: Any) -> httpcore.AsyncNetworkStream:
        raise PictureError('not a public address')

    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)


def is_public(address: str) -> bool:
    """Whether an IP address can be reached from anywhere: neither private nor local nor reserved."""
    ip = ipaddress.ip_address(address.split('%')[0])
    if isinstance(ip, ipaddress.IPv6Address):
        # An IPv4 address may come in a disguise: mapped, 6to4 or NAT64.
        if (inner := ip.ipv4_mapped or ip.sixtofour) is not None:
            return is_public(str(inner))
        if ip in ipaddress.ip_network('64:ff9b::/96'):
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    return ip.is_global and not ip.is_multicast


async def fetch(url: str, max_bytes: int, timeout: float) -> bytes:
    """The content behind a URL; redirects are not followed.

    Args:
        max_bytes: most bytes of the content.
        timeout: longest that all of it may take, in seconds.

    Raises:
        PictureError: not http or https, not a public address, no answer in time, not found, or too large.
    """
    if not url.lower().startswith(('http://', 'https://')):
        raise PictureError('the URL must begin with http:// or https://')
    pool = httpcore.AsyncConnectionPool(ssl_context=ssl.create_default_context(), network_backend=_PublicNetwork())
    try:
        async with asyncio.timeout(timeout), pool, pool.stream('GET', url, headers=HEADERS) as response:
            if response.status != 200:
                raise PictureError(f'the URL was answered with status {response.status}')
            content = bytearray()
            async for part in response.aiter_stream():
                content += part
                if len(content) > max_bytes:
                    raise PictureError(f'the URL holds more than {max_bytes:,} bytes')
            return bytes(content)
    except TimeoutError:
        raise PictureError(f'the URL was not answered within {timeout:g} seconds') from None
    except PictureError:
        raise
    except Exception as error:  # a URL that is none, a server that breaks the protocol, a certificate that is wrong
        raise PictureError(f'the URL cannot be fetched: {error or type(error).__name__}') from error
