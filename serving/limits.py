"""Bounds on requests as they arrive: bytes and seconds, whatever the client says beforehand."""

import asyncio

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol


class BodyLimit:
    """Middleware: a body too large is answered 413, one that takes too long to arrive 408.

    Args:
        max_bytes: most bytes of a body.
        timeout: longest that a body may take, in seconds.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, timeout: float) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._timeout = timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope['type'] != 'http' or scope['method'] in ('GET', 'HEAD'):
            await self._app(scope, receive, send)
            return
        length = Headers(scope=scope).get('content-length', '')
        declared = int(length) if length.isdecimal() else 0
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._timeout
        received = 0
        complete = False

        async def limited() -> Message:
            nonlocal received, complete
            if complete:  # what comes now is the client going away
                return await receive()
            if declared > self._max_bytes:
                raise self._too_large()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(
                    408, f'the request did not arrive within {self._timeout:g} seconds', {'Connection': 'close'}
                ) from None
            received += len(message.get('body', b''))
            complete = not message.get('more_body', False)
            if received > self._max_bytes:
                raise self._too_large()
            return message

        await self._app(scope, limited, send)

    def _too_large(self) -> HTTPException:
        # Closed, or the server would go on to read what the client still sends.
        return HTTPException(413, f'at most {self._max_bytes:,} bytes can be sent at once', {'Connection': 'close'})


def protocol(timeout: float) -> type[H11Protocol]:
    """HTTP as uvicorn speaks it, but a connection that has sent no request after `timeout` seconds is closed."""

    class Impatient(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self.loop.call_later(timeout, self._close_if_silent)

        def _close_if_silent(self) -> None:
            if self.cycle is None:
                self.transport.close()

    return Impatient
