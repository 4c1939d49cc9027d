"""Structured logs: a JSON object a line, on standard error."""

import logging
import logging.config
import time
import uuid

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .settings import Settings

logger = logging.getLogger('serving.access')


def configure_logging(settings: Settings) -> None:
    """Sets up logging for the whole process, uvicorn's included."""
    logging.config.dictConfig(
        {
            'version': 1,
            'disable_existing_loggers': False,
            'formatters': {
                'json': {
                    '()': 'pythonjsonlogger.json.JsonFormatter',
                    'fmt': '%(asctime)s %(levelname)s %(name)s %(message)s',
                    'rename_fields': {'asctime': 'time', 'levelname': 'level', 'name': 'logger'},
                },
                'text': {'format': '%(asctime)s %(levelname)-7s %(message)s'},
            },
            'handlers': {'standard error': {'class': 'logging.StreamHandler', 'formatter': settings.log_format}},
            'root': {'level': 'WARNING', 'handlers': ['standard error']},
            'loggers': {
                'serving': {'level': settings.log_level.upper()},
                'uvicorn.error': {'level': settings.log_level.upper()},
            },
        }
    )


class AccessLog:
    """Middleware: a line for every request that asks for work, and for every error of the service."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope['type'] != 'http':
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()
        request_id = uuid.uuid4().hex[:12]
        status = 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message['type'] == 'http.response.start':
                status = message['status']
                message['headers'] = [*message['headers'], (b'x-request-id', request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            level = logging.INFO if scope['path'].startswith('/predict') else logging.DEBUG
            fields = {
                'request_id': request_id,
                'method': scope['method'],
                'path': scope['path'],
                'status': status,
                'milliseconds': round(1000 * (time.perf_counter() - start), 1),
                'client': scope['client'][0] if scope.get('client') else None,
            }
            text = '{method} {path} {status} {milliseconds} ms'.format(**fields)
            logger.log(logging.ERROR if status >= 500 else level, text, extra=fields)
