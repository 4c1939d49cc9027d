"""The HTTP interface: what goes in and what comes out, and that nothing that comes in makes it fail."""

import base64
import io
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from modeling.generation_im2latex import Prediction
from serving.service import create_app
from serving.settings import Settings


def png(image: Image.Image, kind: str = 'PNG', **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.fixture
def formula(formula_images: list[Image.Image]) -> bytes:
    return png(formula_images[0])


def test_every_way_of_sending_gets_the_same(client: TestClient, formula: bytes) -> None:
    encoded = base64.b64encode(formula).decode()
    answers = [
        client.post('/predict', files={'file': ('x.png', formula, 'image/png')}),
        client.post('/predict', json={'image': encoded}),
        client.post('/predict', json={'image': f'data:image/png;base64,{encoded}'}),
        client.post('/predict', json={'image': base64.encodebytes(formula).decode()}),
        client.post('/predict', content=formula, headers={'content-type': 'image/png'}),
        client.post('/predict', content=formula, headers={'content-type': 'application/octet-stream'}),
    ]
    assert [answer.status_code for answer in answers] == [200] * 6
    first = answers[0].json()
    assert all(answer.json() == first for answer in answers)
    assert first['text'] == first['latex'] and first['alternatives'] == []
    assert ''.join(token['text'] for token in first['tokens']) == first['latex'].replace(' ', '')


def test_alternatives_and_formats(client: TestClient, formula: bytes) -> None:
    answer = client.post('/predict?n_best=3&format=inline', files={'file': formula}).json()
    assert len(answer['alternatives']) == 2
    assert answer['text'] == f'${answer["latex"]}$'


def test_batch_keeps_the_order_and_says_what_failed(client: TestClient, formula: bytes) -> None:
    files = [('files', ('a.png', formula)), ('files', ('b.png', b'no picture')), ('files', ('c.png', formula))]
    items = client.post('/predict/batch', files=files).json()['items']
    assert [item['error'] for item in items] == [None, 'not a picture', None]
    assert items[0] == items[2] and items[1]['prediction'] is None
    encoded = base64.b64encode(formula).decode()
    answer = client.post('/predict/batch', json={'images': [encoded, 'no base64!'], 'urls': ['http://127.0.0.1/']})
    assert answer.json()['items'][0] == items[0]
    assert [item['error'] for item in answer.json()['items'][1:]] == [
        'not base64',
        'this service does not fetch URLs: send the picture itself',
    ]


def test_health_and_version(client: TestClient) -> None:
    assert client.get('/health').json() == {'status': 'ok', 'waiting': 0}
    version = client.get('/version').json()
    assert version['checkpoint'] == 'tiny' and 'pillow' in version['libraries']


def test_documentation_needs_no_other_host(client: TestClient) -> None:
    page = client.get('/docs').text
    assert 'http://' not in page and 'https://' not in page
    assert client.get('/static-offline-docs/swagger-ui-bundle.js').status_code == 200
    assert set(client.get('/openapi.json').json()['paths']) == {'/predict', '/predict/batch', '/health', '/version'}


@pytest.mark.parametrize(
    ('status', 'request_'),
    [
        (415, {'content': b'x', 'headers': {'content-type': 'text/plain'}}),
        (415, {}),
        (422, {'json': {}}),
        (422, {'json': {'image': 'AAAA', 'url': 'http://x'}}),
        (422, {'json': {'image': 5}}),
        (422, {'json': {'image': 'AAAA', 'more': 1}}),
        (422, {'json': {'url': 'http://127.0.0.1/'}}),
        (422, {'json': []}),
        (422, {'content': b'{"image"', 'headers': {'content-type': 'application/json'}}),
        (422, {'content': b'\xff\xfe', 'headers': {'content-type': 'application/json'}}),
        (422, {'files': {'other': b'x'}}),
        (422, {'data': {'file': 'no file'}, 'files': {'x': b''}}),
        (400, {'content': b'x', 'headers': {'content-type': 'multipart/form-data'}}),
        (400, {'files': [('file', b'x'), ('file', b'x')]}),
        (422, {'content': b'', 'headers': {'content-type': 'image/png'}}),
        (422, {'content': b'GIF89a', 'headers': {'content-type': 'image/png'}}),
        (422, {'files': {'file': b'x'}, 'params': {'n_best': 0}}),
        (422, {'files': {'file': b'x'}, 'params': {'n_best': 9}}),
        (422, {'files': {'file': b'x'}, 'params': {'format': 'word'}}),
    ],
)
def test_mistakes_are_problems_in_json(client: TestClient, status: int, request_: dict[str, Any]) -> None:
    answer = client.post('/predict', **request_)
    assert answer.status_code == status
    assert answer.headers['content-type'] == 'application/problem+json'
    assert answer.json()['status'] == status and answer.json()['detail']


def test_unknown_paths_and_methods(client: TestClient) -> None:
    assert [client.get('/nowhere').status_code, client.get('/predict').status_code] == [404, 405]
    assert client.get('/nowhere').json()['title'] == 'Not Found'


SMALL = Image.new('L', (60, 30), 255)
SMALL.paste(0, (10, 10, 50, 14))
ROTATED = Image.Exif()
ROTATED[0x0112] = 6


@pytest.mark.parametrize(
    ('data', 'status'),
    [
        (png(SMALL.convert('P'), 'GIF', save_all=True, append_images=[SMALL.rotate(90).convert('P')]), 200),
        (png(SMALL.convert('CMYK'), 'JPEG'), 200),
        (png(SMALL.convert('CMYK'), 'TIFF'), 200),
        (png(SMALL.convert('I').point(lambda level: level * 257).convert('I;16')), 200),
        (png(SMALL, 'JPEG', exif=ROTATED), 200),
        (png(SMALL.convert('RGBA')), 200),
        (png(Image.new('L', (1, 1))), 422),
        (png(Image.new('L', (50_000, 10), 255)), 422),  # blank
        (png(SMALL.resize((50_000, 10))), 200),
        (png(SMALL.resize((10, 50_000))), 200),
        (png(Image.new('1', (2500, 2500))), 422),  # more pixels than are allowed here
        (png(Image.effect_noise((1500, 1500), 99)), 422),  # more bytes than are allowed here
        (png(SMALL)[:-40], 422),
        (b'%PDF-1.7', 422),
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', 422),
    ],
)
def test_odd_pictures(client: TestClient, data: bytes, status: int) -> None:
    answer = client.post('/predict', files={'file': ('../../etc/passwd', data, 'image/png')})
    assert answer.status_code == status, answer.text


def test_too_many_pictures(client: TestClient) -> None:
    assert client.post('/predict/batch', json={'images': ['AAAA'] * 5}).status_code == 413
    assert client.post('/predict/batch', files=[('files', b'x')] * 5).status_code == 400


def test_a_failure_of_the_model_is_said_without_its_details(formula: bytes) -> None:
    def broken(images: Any, n_best: int) -> Any:
        raise RuntimeError('a secret')

    with TestClient(
        create_app(broken, Settings(page=False), 'broken', 'torch'), raise_server_exceptions=False
    ) as client:
        answer = client.post('/predict', files={'file': formula})
    assert answer.status_code == 500 and 'secret' not in answer.text
    assert answer.json()['title'] == 'Internal Server Error'


def test_html_in_latex_stays_text(formula: bytes) -> None:
    script = r'\text{<script>alert(1)</script>}'
    app = create_app(lambda images, n_best: [Prediction(script, 0.9)], Settings(page=False), 'hostile', 'torch')
    with TestClient(app) as client:
        answer = client.post('/predict?format=mathml', files={'file': formula})
    assert answer.json()['latex'] == script and answer.json()['text'] is None
    assert answer.headers['content-type'] == 'application/json'
    assert answer.headers['x-content-type-options'] == 'nosniff'
