"""The whole service: HTTP interface, page and limits in one application, and the server that runs it."""

import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import FrameType

import uvicorn
from fastapi import FastAPI
from fastapi.responses import RedirectResponse
from fastapi_offline import FastAPIOffline
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .api import VERSION, add_error_handlers, api
from .batching import Batcher, Reader
from .limits import BodyLimit, protocol
from .logs import AccessLog
from .reading import FormulaReader
from .settings import Settings

# The page is made of inline scripts; what matters here is that nothing is fetched from, or sent to, another host.
POLICY = (
    "default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'self'; form-action 'self'"
)


def create_app(reader: Reader, settings: Settings, checkpoint: str, backend: str) -> FastAPI:
    """The application.

    Args:
        reader: the model.
        settings: limits, and whether there is a page.
        checkpoint: name of the model.
        backend: what computes it, `onnx` or `torch`.
    """
    batcher = Batcher(reader, settings.max_batch, settings.max_wait, settings.max_queue, settings.queue_timeout)
    formulas = FormulaReader(batcher, settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        batcher.start()
        yield
        await batcher.stop()

    app: FastAPI = FastAPIOffline(
        title='Image to LaTeX',
        description='Reads pictures of typeset formulas as LaTeX.',
        version=VERSION,
        lifespan=lifespan,
        redoc_url=None,
    )
    app.include_router(api(formulas, batcher, settings, checkpoint, backend))
    add_error_handlers(app)
    app.add_middleware(BodyLimit, max_bytes=settings.max_request_bytes, timeout=settings.receive_timeout)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(AccessLog)
    if settings.page:
        from .page import mount_page  # Gradio takes seconds to import

        mount_page(app, formulas, settings)
    else:
        app.add_api_route('/', lambda: RedirectResponse('/docs'), include_in_schema=False)
    return app


class SecurityHeaders:
    """Middleware: tells browsers to fetch nothing from elsewhere and to take files for what they are said to be."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message['type'] == 'http.response.start':
                message['headers'] = [
                    *message['headers'],
                    (b'content-security-policy', POLICY.encode()),
                    (b'x-content-type-options', b'nosniff'),
                ]
            await send(message)

        await self._app(scope, receive, with_headers)


class Server(uvicorn.Server):
    """Runs the application; on SIGTERM or Ctrl+C it takes nothing more and finishes what it has accepted."""

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=settings.host,
                port=settings.port,
                http=protocol(settings.receive_timeout),
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=settings.shutdown_timeout,
            )
        )
        self._end_streams: Callable[[], None] = getattr(app.state, 'end_streams', lambda: None)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # Uvicorn's own has the signal sent again once all is done, which would look like a failure.
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # An open page holds a connection that would last until the time for finishing is up.
        self._end_streams()
        await super().shutdown(sockets)
