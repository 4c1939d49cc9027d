"""The HTTP interface: `POST /predict`, `POST /predict/batch`, `GET /health`, `GET /version`."""

import asyncio
from collections.abc import Coroutine
from enum import StrEnum
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from .batching import Batcher, BusyError
from .formats import FORMATS, FormatError, write
from .reading import FormulaReader, Reading
from .requests import body_schema, one_picture, several_pictures
from .schemas import BatchOut, Health, ItemOut, PictureIn, PicturesIn, PredictionOut, Problem, Version, prediction_out
from .settings import Settings
from .wording import remark

VERSION = '1.0'
LIBRARIES = {'onnx': ('onnxruntime',), 'torch': ('torch', 'transformers')}

Result = TypeVar('Result')
Format = StrEnum('Format', {name: name for name in FORMATS})  # type: ignore[misc]
PLAIN = Format('latex')
NBest = Annotated[int, Query(ge=1, le=8, description='most readings of a picture, the alternatives counted')]
InFormat = Annotated[Format, Query(alias='format', description='what `text` of the answer is written in')]


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    content = {'application/problem+json': {'schema': Problem.model_json_schema()}}
    return {status: {'description': HTTPStatus(status).phrase, 'content': content} for status in statuses}


def api(reader: FormulaReader, batcher: Batcher, settings: Settings, checkpoint: str, backend: str) -> APIRouter:
    """The routes.

    Args:
        reader: reads what clients send.
        batcher: its queue is shown by `/health`.
        settings: limits.
        checkpoint, backend: name of the model, and what computes it, shown by `/version`.
    """
    router = APIRouter()
    sending = _problems(400, 408, 413, 415, 422, 429)

    @router.post('/predict', responses=sending, openapi_extra=body_schema('file', PictureIn, several=False))
    async def predict(request: Request, n_best: NBest = 1, format: InFormat = PLAIN) -> PredictionOut:
        """Read the formula in one picture, sent as a form, as JSON, or as it is."""
        source = await one_picture(request, settings)
        [reading] = await _while_connected(request, reader.read([source], n_best))
        item = await run_in_threadpool(_item, reading, format)
        if item.prediction is None:
            raise HTTPException(422, item.error)
        return item.prediction

    @router.post('/predict/batch', responses=sending, openapi_extra=body_schema('files', PicturesIn, several=True))
    async def predict_batch(request: Request, n_best: NBest = 1, format: InFormat = PLAIN) -> BatchOut:
        """Read the formulas in several pictures; one that cannot be read does not keep the others from it."""
        sources = await several_pictures(request, settings)
        readings = await _while_connected(request, reader.read(sources, n_best))
        return BatchOut(items=await run_in_threadpool(lambda: [_item(reading, format) for reading in readings]))

    @router.get('/health')
    async def health() -> Health:
        """Whether the service is up, and how busy it is."""
        return Health(waiting=batcher.waiting)

    @router.get('/version')
    async def what_answers() -> Version:
        """Which model answers, and what it runs on."""
        return Version(service=VERSION, checkpoint=checkpoint, backend=backend, libraries=_libraries(backend))

    return router


async def _while_connected(request: Request, work: Coroutine[Any, Any, Result]) -> Result:
    """What comes of some work, which is given up when the client goes.

    Raises:
        ClientDisconnect: the client has gone.
    """
    # The body has been read: what comes next is the end of the connection.
    working, gone = asyncio.create_task(work), asyncio.ensure_future(request.receive())
    try:
        await asyncio.wait([working, gone], return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        working.cancel()
        gone.cancel()


def _item(reading: Reading, format: str) -> ItemOut:
    if reading.prediction is None:
        return ItemOut(prediction=None, error=reading.error)
    try:
        text = write(reading.prediction.latex, format)
    except FormatError:
        text = None
    return ItemOut(prediction=prediction_out(reading.prediction, text, remark(reading.prediction)), error=None)


def _libraries(backend: str) -> dict[str, str]:
    found = {}
    for name in (*LIBRARIES[backend], 'pillow', 'fastapi', 'gradio'):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def add_error_handlers(app: FastAPI) -> None:
    """Has every error answered as a problem in JSON (RFC 9457)."""

    @app.exception_handler(HTTPException)
    async def http_error(_: Request, error: HTTPException) -> JSONResponse:
        return _problem(error.status_code, error.detail, error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        return _problem(422, f'{first["loc"][-1]}: {first["msg"]}')

    @app.exception_handler(BusyError)
    async def busy(_: Request, error: BusyError) -> JSONResponse:
        return _problem(429, f'{error}: try again later', {'Retry-After': '5'})

    @app.exception_handler(ClientDisconnect)
    async def gone(_: Request, error: ClientDisconnect) -> Response:
        return Response(status_code=499)  # which nobody gets: it is for the log, and the number that nginx has for it

    @app.exception_handler(Exception)
    async def failed(_: Request, error: Exception) -> JSONResponse:
        return _problem(500, 'the picture could not be read because of an error in the service, which has been logged')


def _problem(status: int, detail: str | None, headers: Any = None) -> JSONResponse:
    title = HTTPStatus(status).phrase
    problem = Problem(title=title, status=status, detail=detail or title)
    return JSONResponse(problem.model_dump(), status, headers, media_type='application/problem+json')
