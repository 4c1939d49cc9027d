"""Pictures out of the body of a request: a form, JSON, or the file itself."""

import base64
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from .fetching import fetch
from .pictures import PictureError
from .schemas import PictureIn, PicturesIn
from .settings import Settings

Model = TypeVar('Model', bound=BaseModel)


def body_schema(field: str, json_model: type[BaseModel], several: bool) -> dict[str, Any]:
    """The part of the OpenAPI document that describes such a body."""
    file = {'type': 'string', 'format': 'binary'}
    content: dict[str, Any] = {
        'multipart/form-data': {
            'schema': {
                'type': 'object',
                'required': [field],
                'properties': {field: {'type': 'array', 'items': file, 'minItems': 1} if several else file},
            }
        },
        'application/json': {'schema': json_model.model_json_schema()},
    }
    for kind in () if several else ('image/png', 'image/jpeg', 'application/octet-stream'):
        content[kind] = {'schema': file}
    return {'requestBody': {'required': True, 'content': content}}


async def one_picture(request: Request, settings: Settings) -> bytes | PictureError:
    """The picture of `POST /predict`.

    Raises:
        HTTPException: 400, 415 or 422, the body is not what it should be.
    """
    kind = _kind(request)
    if kind.startswith('image/') or kind == 'application/octet-stream':
        return await request.body()
    if kind == 'multipart/form-data':
        [picture] = await _files(request, 'file', 1, settings)
        return picture
    wanted = _parse(PictureIn, await request.body())
    return await _fetched(wanted.url, settings) if wanted.url is not None else _decoded(wanted.image or '')


async def several_pictures(request: Request, settings: Settings) -> Sequence[bytes | PictureError]:
    """The pictures of `POST /predict/batch`, errors in the places of those that cannot be had.

    Raises:
        HTTPException: 400, 413, 415 or 422, the body is not what it should be.
    """
    if _kind(request) == 'multipart/form-data':
        return await _files(request, 'files', settings.max_pictures, settings)
    wanted = _parse(PicturesIn, await request.body())
    count = len(wanted.images) + len(wanted.urls)
    if count > settings.max_pictures:
        raise HTTPException(413, f'{count} pictures; at most {settings.max_pictures} can be sent at once')
    return [*map(_decoded, wanted.images), *[await _fetched(url, settings) for url in wanted.urls]]


def _kind(request: Request) -> str:
    kind = request.headers.get('content-type', '').split(';')[0].strip().lower()
    if kind not in ('multipart/form-data', 'application/json', 'application/octet-stream') and not kind.startswith(
        'image/'
    ):
        raise HTTPException(415, 'send a form (multipart/form-data) or JSON (application/json)')
    return kind


async def _files(request: Request, field: str, most: int, settings: Settings) -> list[bytes | PictureError]:
    async with request.form(max_files=most, max_fields=most) as form:
        files = form.getlist(field)
        if not files or not all(isinstance(file, UploadFile) for file in files):
            raise HTTPException(422, f'the form needs a file in its field {field!r}')
        return [
            await file.read()
            if (file.size or 0) <= settings.max_bytes
            else PictureError(f'the picture has {file.size:,} bytes; at most {settings.max_bytes:,} are read')
            for file in files
            if isinstance(file, UploadFile)
        ]


def _parse(model: type[Model], body: bytes) -> Model:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where, what = '.'.join(map(str, first['loc'])), first['msg'].removeprefix('Value error, ')
        raise HTTPException(422, f'{where}: {what}' if where else what) from None


def _decoded(content: str) -> bytes | PictureError:
    encoded = content.partition(',')[2] if content.startswith('data:') else content
    try:
        return base64.b64decode(''.join(encoded.split()), validate=True)  # many programs wrap its lines
    except ValueError:
        return PictureError('not base64')


async def _fetched(url: str, settings: Settings) -> bytes | PictureError:
    if not settings.allow_urls:
        return PictureError('this service does not fetch URLs: send the picture itself')
    try:
        return await fetch(url, settings.max_bytes, settings.url_timeout)
    except PictureError as error:
        return error
