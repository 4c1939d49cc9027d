"""Formulas as web pages show them: drawn by KaTeX or MathJax in headless Chromium.

pictures = draw(['x^{2}'], 'KaTeX', find_chromium())
"""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

ENGINES = ('KaTeX', 'MathJax')
SCRIPTS = Path(__file__).parent / 'browsers'
PROGRAMS = ('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable')


class ChromiumError(RuntimeError):
    """What draws pages is not installed, or does not work; the message says what to do."""


def find_chromium() -> str:
    """The path of Chromium. Raises ChromiumError, with what to install, where anything that `draw` needs is missing."""
    if shutil.which('node') is None:
        raise ChromiumError('node is not installed; on Debian or Ubuntu: apt-get install nodejs npm')
    if missing := [name for name in ('katex', 'mathjax-full', 'puppeteer-core') if not _installed(name)]:
        raise ChromiumError(f'{", ".join(missing)} not installed; in benchmarks/browsers: npm install')
    return find_program()


def find_program() -> str:
    """The path of Chromium alone. Raises ChromiumError where it is not installed."""
    if (path := next(filter(None, map(shutil.which, PROGRAMS)), None)) is None:
        raise ChromiumError('Chromium is not installed; on Debian or Ubuntu: apt-get install chromium')
    return path


def draw(formulas: Sequence[str], engine: str, chromium: str, pixel_ratio: float = 1) -> dict[int, Image.Image]:
    """Pictures of the formulas that the engine parses, by position.

    Args:
        formulas: LaTeX of one line each.
        engine: one of `ENGINES`.
        chromium: path of the program.
        pixel_ratio: device pixels for a CSS pixel; 2 on most telephones and many laptops.

    Raises:
        ChromiumError: Chromium does not start, or does not come to an end, or the engine parses nothing.
    """
    with tempfile.TemporaryDirectory(prefix='pages-') as folder:
        command = ['node', SCRIPTS / 'draw.mjs', engine, folder, str(pixel_ratio), chromium]
        try:
            run = subprocess.run(
                command, input='\n'.join(formulas), capture_output=True, encoding='utf-8', timeout=120 + len(formulas)
            )
        except subprocess.TimeoutExpired as error:
            raise ChromiumError(f'{engine} in Chromium: not finished after {error.timeout:g} s') from error
        pictures = {}
        for path in Path(folder).glob('*.png'):
            with Image.open(path) as image:
                pictures[int(path.stem)] = image.convert('RGB')
        if run.returncode or not pictures:
            reason = next((line for line in run.stderr.splitlines() if 'rror' in line), run.stderr[-300:])
            raise ChromiumError(f'{engine} in Chromium: {reason.strip()}')
        return dict(sorted(pictures.items()))


def _installed(name: str) -> bool:
    return (SCRIPTS / 'node_modules' / name).is_dir()
