"""The page in a real browser that reaches nothing but the service: what a person does with it."""

import csv
import io
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from modeling.generation_im2latex import Prediction

playwright = pytest.importorskip('playwright.sync_api', reason='the page is tested with Playwright')
expect = playwright.expect
expect.set_options(timeout=20_000)  # the machine may be busy
CHROMIUM = next(filter(None, map(shutil.which, ('chromium', 'chromium-browser', 'google-chrome'))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason='the page is tested in Chromium')

EXAMPLE = Path(__file__).resolve().parents[2] / 'examples' / 'quadratic.png'
LATEX = r'x=\frac{a}{2}'


@pytest.fixture(scope='module')
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                '--no-sandbox',
                '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
                '--use-fake-device-for-media-stream',
                '--use-fake-ui-for-media-stream',
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def tab(browser: Any, page: str, page_stub: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The page as it is when it has been opened; parameters are options of the browser's context."""
    page_stub.latex = None
    page_stub.sizes.clear()
    context = browser.new_context(**getattr(request, 'param', {}))
    context.grant_permissions(['clipboard-read', 'clipboard-write'], origin=page)
    tab = context.new_page()
    elsewhere: list[str] = []
    dialogs: list[str] = []
    tab.on('request', lambda r: elsewhere.append(r.url) if not r.url.startswith((page, 'data:', 'blob:')) else None)
    tab.on('dialog', lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    tab.on('pageerror', lambda error: dialogs.append(str(error)))
    tab.goto(page)
    expect(tab.locator('#formula')).to_be_visible()
    expect(tab.locator('#picture input[type=file]')).to_be_attached()
    tab.wait_for_function('window.copyFormula')
    yield tab
    context.close()
    assert not elsewhere, 'the page asked another host'
    assert not dialogs, 'a script ran that should not, or failed'


def upload(tab: Any, path: Path = EXAMPLE) -> None:
    tab.locator('#picture input[type=file]').set_input_files(path)


def until(tab: Any, condition: Callable[[], bool]) -> None:
    """Waits for something that happens in the service; a little longer, lest it happen twice."""
    for _ in range(50):
        if condition():
            break
        tab.wait_for_timeout(100)
    tab.wait_for_timeout(200)


def clipboard(tab: Any) -> str:
    return tab.evaluate('navigator.clipboard.readText()')


def test_upload_render_copy(tab: Any) -> None:
    upload(tab)
    expect(tab.locator('#formula .katex')).to_be_visible()
    expect(tab.locator('#latex textarea')).to_have_value(LATEX)
    expect(tab.locator('#verdict')).to_contain_text('Confidence 90%')
    expect(tab.locator('#verdict code')).to_have_text(['a'])
    assert tab.locator('#formula [style*="217, 119, 6"], #formula [style*="#d97706"]').first.inner_text() == 'a'
    # Its fonts came with it.
    tab.wait_for_function('[...document.fonts].some(font => font.family == "KaTeX_Math" && font.status == "loaded")')
    for name, text in {
        'latex': LATEX,
        'inline': f'${LATEX}$',
        'display': rf'\[{LATEX}\]',
        'equation': f'\\begin{{equation}}\n{LATEX}\n\\end{{equation}}',
        'markdown': f'$$\n{LATEX}\n$$',
        'typst': '$ x = frac(a, 2) $',
    }.items():
        tab.locator(f'#copy-{name}').click()
        expect(tab.locator(f'#copy-{name}')).to_have_text('Copied')
        assert clipboard(tab) == text
    tab.locator('#copy-mathml').click()
    expect(tab.locator('#copy-mathml')).to_have_text('Copied')
    assert clipboard(tab).startswith('<math')


def test_paste_over_and_over(tab: Any, page_stub: Any) -> None:
    for width in (100, 140):
        tab.evaluate(
            """async width => {
                const canvas = new OffscreenCanvas(width, 50);
                canvas.getContext('2d').fillRect(0, 0, 20, 20);
                const blob = await canvas.convertToBlob();
                await navigator.clipboard.write([new ClipboardItem({'image/png': blob})]);
            }""",
            width,
        )
        with tab.expect_response(re.compile('/upload')):
            tab.keyboard.press('Control+V')
        expect(tab.locator('#picture img')).to_have_js_property('naturalWidth', width)
        expect(tab.locator('#formula .katex')).to_be_visible()
    until(tab, lambda: len(page_stub.sizes) == 2)
    assert page_stub.sizes == [(100, 50), (140, 50)]


def test_a_text_that_is_pasted_with_a_picture_of_it_goes_into_the_box(tab: Any, page_stub: Any) -> None:
    upload(tab)
    expect(tab.locator('#latex textarea')).to_have_value(LATEX)
    tab.evaluate(
        """async () => {
            const canvas = new OffscreenCanvas(90, 50);
            canvas.getContext('2d').fillRect(0, 0, 20, 20);
            const picture = await canvas.convertToBlob();
            const text = new Blob(['z^{2}'], {type: 'text/plain'});
            await navigator.clipboard.write([new ClipboardItem({'text/plain': text, 'image/png': picture})]);
        }"""
    )
    tab.locator('#latex textarea').fill('')
    tab.keyboard.press('Control+V')
    expect(tab.locator('#latex textarea')).to_have_value('z^{2}')
    expect(tab.locator('#formula annotation')).to_have_text('z^{2}')
    assert len(page_stub.sizes) == 1
    tab.locator('#latex textarea').blur()
    tab.keyboard.press('Control+V')
    expect(tab.locator('#picture img')).to_have_js_property('naturalWidth', 90)
    expect(tab.locator('#latex textarea')).to_have_value(LATEX)


def test_examples_and_clearing(tab: Any, page_stub: Any) -> None:
    for expected in (1, 2):
        tab.locator('.gallery-item').first.click()
        expect(tab.locator('#formula .katex')).to_be_visible()
        until(tab, lambda: len(page_stub.sizes) == expected)  # noqa: B023
        assert len(page_stub.sizes) == expected
        tab.get_by_label('Remove Image').click()
        expect(tab.locator('#formula .hint')).to_be_visible()
        expect(tab.locator('#latex textarea')).to_have_value('')


def test_an_example_that_failed_is_read_when_it_is_clicked_again(
    tab: Any, page_stub: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(stub: Any, images: Any, n_best: int) -> list[Prediction]:
        stub.sizes += [image.size for image in images]
        return [Prediction('', 0.0, error='too much to do')] * len(images)

    with monkeypatch.context() as patch:
        patch.setattr(type(page_stub), '__call__', fail)
        for expected in (1, 2):  # the same failure twice
            tab.locator('.gallery-item').first.click()
            until(tab, lambda: len(page_stub.sizes) == expected)  # noqa: B023
            expect(tab.locator('#verdict')).to_have_text('Too much to do')
            assert len(page_stub.sizes) == expected
    tab.locator('.gallery-item').first.click()
    expect(tab.locator('#formula .katex')).to_be_visible()
    until(tab, lambda: len(page_stub.sizes) == 3)
    tab.locator('.gallery-item').first.click()
    tab.wait_for_timeout(500)
    assert len(page_stub.sizes) == 3, 'what is shown is not read again'


def test_drop_anywhere(tab: Any) -> None:
    tab.evaluate(
        """async () => {
            const canvas = new OffscreenCanvas(60, 30);
            canvas.getContext('2d').fillRect(0, 0, 20, 20);
            const blob = await canvas.convertToBlob();
            const transfer = new DataTransfer();
            transfer.items.add(new File([blob], 'x.png', {type: 'image/png'}));
            document.body.dispatchEvent(
                new DragEvent('drop', {dataTransfer: transfer, bubbles: true, cancelable: true}));
        }"""
    )
    expect(tab.locator('#formula .katex')).to_be_visible()


def test_camera(tab: Any, page_stub: Any) -> None:
    tab.get_by_label('Capture from camera').click()
    tab.locator('#picture').get_by_text('Click to Access Webcam').click()
    tab.wait_for_function("document.querySelector('#picture video')?.videoWidth > 0")
    tab.get_by_label('capture photo').click()
    expect(tab.locator('#formula .katex')).to_be_visible()
    assert page_stub.sizes


def area(tab: Any) -> tuple[float, float, float, float]:
    """Where the picture is on the page: left, top, width and height."""
    box = tab.locator('#picture img').bounding_box()
    width, height = tab.locator('#picture img').evaluate('img => [img.naturalWidth, img.naturalHeight]')
    scale = min(box['width'] / width, box['height'] / height)
    left, top = box['x'] + (box['width'] - width * scale) / 2, box['y'] + (box['height'] - height * scale) / 2
    return left, top, width * scale, height * scale


def drag(tab: Any) -> None:
    """Chooses the middle half of the picture."""
    left, top, width, height = area(tab)
    tab.mouse.move(left + width / 4, top + height / 4)
    tab.mouse.down()
    tab.mouse.move(left + width / 2, top + height / 2)
    expect(tab.locator('#crop-frame')).to_be_visible()
    tab.mouse.move(left + 3 * width / 4, top + 3 * height / 4)
    tab.mouse.up()
    expect(tab.locator('#whole')).to_be_visible()


def assert_framed(tab: Any) -> None:
    """The frame is around the middle half, and what is read can be all of it again."""
    left, top, width, height = area(tab)
    frame = tab.locator('#crop-frame').bounding_box()
    assert [frame['x'], frame['y']] == pytest.approx([left + width / 4, top + height / 4], abs=4)
    assert [frame['width'], frame['height']] == pytest.approx([width / 2, height / 2], abs=4)
    expect(tab.locator('#whole')).to_be_visible()


def test_a_part_of_the_picture(tab: Any, page_stub: Any, tmp_path: Path) -> None:
    Image.new('L', (400, 200), 255).save(tmp_path / 'wide.png')
    upload(tab, tmp_path / 'wide.png')
    expect(tab.locator('#formula .katex')).to_be_visible()
    drag(tab)
    until(tab, lambda: len(page_stub.sizes) == 2)
    assert page_stub.sizes[0] == (400, 200) and page_stub.sizes[1] == pytest.approx((200, 100), abs=3)
    tab.set_viewport_size({'width': 600, 'height': 700})
    tab.wait_for_timeout(300)
    assert_framed(tab)
    left, top, *_ = area(tab)
    tab.mouse.click(left + 5, top + 5)  # no part
    assert_framed(tab)
    tab.locator('#whole').click()
    expect(tab.locator('#crop-frame')).to_have_count(0)
    until(tab, lambda: len(page_stub.sizes) == 3)
    assert page_stub.sizes[2:] == [(400, 200)]


def test_an_example_of_which_a_part_was_read_is_read_as_a_whole(tab: Any, page_stub: Any) -> None:
    tab.locator('.gallery-item').first.click()
    expect(tab.locator('#formula .katex')).to_be_visible()
    drag(tab)
    until(tab, lambda: len(page_stub.sizes) == 2)
    tab.locator('.gallery-item').first.click()
    until(tab, lambda: len(page_stub.sizes) == 3)
    assert page_stub.sizes[2:] == page_stub.sizes[:1]
    expect(tab.locator('#crop-frame')).to_have_count(0)
    expect(tab.locator('#whole')).to_be_hidden()
    drag(tab)
    tab.get_by_label('Remove Image').click()
    expect(tab.locator('#formula .hint')).to_be_visible()


def test_other_readings_and_editing(tab: Any) -> None:
    upload(tab)
    tab.get_by_label(re.compile('a → ')).check()
    expect(tab.locator('#latex textarea')).to_have_value(r'x=\frac{\alpha}{2}')
    tab.locator('#latex textarea').fill('y^{2}')
    expect(tab.locator('#formula annotation')).to_have_text('y^{2}')
    expect(tab.locator('#written')).to_contain_text('y^{2}')
    tab.locator('#copy-inline').click()
    expect(tab.locator('#copy-inline')).to_have_text('Copied')
    assert clipboard(tab) == '$y^{2}$'


HOSTILE = [
    '<img src=x onerror=alert(1)>',
    r'\text{<script>alert(1)</script>}',
    r'\href{javascript:alert(1)}{x}',
    '$$<svg onload=alert(1)>$$',
    r'\htmlData{a=1}{x} \includegraphics{http://example.com/x.png}',
    '</textarea></div><iframe src="javascript:alert(1)">',
    '![x](http://example.com/x.png) [y](javascript:alert(1))',
]


def test_no_script_of_a_formula_runs(tab: Any, page_stub: Any, tmp_path: Path) -> None:
    """Neither from what was read nor from what was typed; the fixture looks for dialogs and foreign requests."""
    for number, latex in enumerate(HOSTILE):
        page_stub.latex = latex
        Image.new('L', (50 + number, 20)).save(tmp_path / 'x.png')
        upload(tab, tmp_path / 'x.png')
        expect(tab.locator('#latex textarea')).to_have_value(latex)
        tab.locator('#latex textarea').fill(f'x {latex}')
        tab.wait_for_timeout(300)
        assert tab.locator('#formula, #verdict').locator('script, iframe, img, svg[onload]').count() == 0
        assert tab.locator('#formula [onerror], #formula [onload], #formula a[href^="javascript"]').count() == 0


def test_what_is_no_picture_is_said(tab: Any, tmp_path: Path) -> None:
    (tmp_path / 'text.png').write_text('no picture')
    upload(tab, tmp_path / 'text.png')
    expect(tab.locator('#verdict')).to_have_text('Not a picture')
    expect(tab.locator('#latex textarea')).to_have_value('')


def test_by_keyboard(tab: Any) -> None:
    def go_to(selector: str) -> None:
        for _ in range(40):
            tab.keyboard.press('Tab')
            if tab.evaluate('selector => document.activeElement?.matches(selector)', selector):
                return
        raise AssertionError(f'no way to {selector} by Tab')

    def choose_file() -> Any:
        """The dialog; on a busy machine the button may be there before what listens to it."""
        for _ in range(6):
            try:
                with tab.expect_file_chooser(timeout=5000) as chooser:
                    tab.keyboard.press('Enter')
                return chooser.value
            except playwright.TimeoutError:
                continue
        raise AssertionError('no dialog opens')

    go_to('#picture [aria-label^="Drop an image"]')
    choose_file().set_files(EXAMPLE)
    expect(tab.locator('#formula .katex')).to_be_visible()
    go_to('#latex textarea')
    go_to('#copy-latex')
    tab.keyboard.press('Enter')
    expect(tab.locator('#copy-latex')).to_have_text('Copied')
    assert clipboard(tab) == LATEX
    go_to('#choice input:not(:checked)')
    tab.keyboard.press('Space')
    expect(tab.locator('#latex textarea')).to_have_value(r'x=\frac{\alpha}{2}')


def test_many_pictures(tab: Any, tmp_path: Path) -> None:
    (tmp_path / 'broken.png').write_text('no picture')
    tab.get_by_role('tab', name='Many pictures').click()
    tab.locator('input[type=file]').last.set_input_files([EXAMPLE, tmp_path / 'broken.png'])
    expect(tab.locator('#table .katex:visible')).to_be_visible()
    with tab.expect_download() as download:
        tab.locator('#download').click()
    rows = list(csv.reader(io.StringIO(Path(download.value.path()).read_text(encoding='utf-8-sig'))))
    assert rows == [
        ['picture', 'latex', 'confidence', 'remark'],
        ['quadratic.png', LATEX, '90%', ''],
        ['broken.png', '', '', 'not a picture'],
    ]


@pytest.mark.parametrize('tab', [{'viewport': {'width': 360, 'height': 740}, 'has_touch': True}], indirect=True)
def test_on_a_phone_nothing_sticks_out(tab: Any) -> None:
    upload(tab)
    expect(tab.locator('#formula .katex')).to_be_visible()
    for name in ('Many pictures', 'One picture'):
        assert tab.evaluate('document.documentElement.scrollWidth') <= 360
        tab.get_by_role('tab', name=name).click()
    for button in tab.locator('#copy button').all():
        assert button.bounding_box()['height'] >= 36  # a thumb's width


@pytest.mark.parametrize('tab', [{'color_scheme': 'dark'}], indirect=True)
def test_in_dark_mode_text_is_light(tab: Any) -> None:
    upload(tab)
    expect(tab.locator('#formula .katex')).to_be_visible()

    def shade(selector: str, property_: str) -> float:
        colour = tab.locator(selector).first.evaluate('(e, name) => getComputedStyle(e)[name]', property_)
        return sum(map(float, re.findall(r'[\d.]+', colour)[:3])) / 3

    assert shade('body', 'backgroundColor') < 60 and shade('#formula .katex', 'color') > 180
    assert shade('#picture img', 'backgroundColor') == 255  # paper behind a transparent picture


def test_the_documentation_of_the_interface(tab: Any, page: str) -> None:
    tab.get_by_text('HTTP interface').click()
    expect(tab.get_by_text('/predict/batch')).to_be_visible()
