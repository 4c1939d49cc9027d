from pathlib import Path

import numpy as np
import pytest

from benchmarks import chromium
from benchmarks.chromium import ENGINES, ChromiumError, draw, find_chromium


def test_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(chromium.shutil, 'which', lambda name: None)
    with pytest.raises(ChromiumError, match='apt-get install nodejs npm'):
        find_chromium()
    monkeypatch.setattr(chromium.shutil, 'which', lambda name: '/bin/node' if name == 'node' else None)
    monkeypatch.setattr(chromium, 'SCRIPTS', tmp_path)
    with pytest.raises(ChromiumError, match='katex, mathjax-full, puppeteer-core not installed.* npm install'):
        find_chromium()
    for name in ('katex', 'mathjax-full', 'puppeteer-core'):
        (tmp_path / 'node_modules' / name).mkdir(parents=True)
    with pytest.raises(ChromiumError, match='apt-get install chromium'):
        find_chromium()


@pytest.mark.parametrize('engine', ENGINES)
def test_draws_what_parses(engine: str) -> None:
    try:
        program = find_chromium()
    except ChromiumError as error:
        pytest.skip(str(error))
    pictures = draw([r'\frac{a}{b}', r'\unheardof', 'x^{2}=y'], engine, program, pixel_ratio=2)
    assert list(pictures) == [0, 2]
    assert pictures[2].width > pictures[0].width and pictures[0].height > pictures[2].height
    for picture in pictures.values():
        levels = np.asarray(picture.convert('L'))
        assert levels[0, 0] == 255 and levels.min() < 50
    with pytest.raises(ChromiumError, match=engine):
        draw([r'\unheardof'], engine, program)
