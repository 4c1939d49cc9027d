"""Pictures that show no formula, of many kinds, made from what installed packages bring along: nothing is fetched.

    from benchmarks.non_formulas import KINDS, Sources
    sources = Sources.of('fit')
    KINDS['paragraph'](sources, np.random.default_rng(0)).show()

The parts `fit` and `check` have no photograph, text, file of code, font, kind of plot, drawing or noise in common.
Photographs are samples of scikit-image, scikit-learn and matplotlib; text and code are the documentation and the
library of Python itself; fonts are matplotlib's. Text as TeX and browsers set it: `typeset_text.py`.
"""

import functools
import io
import pydoc_data.topics
import re
import sysconfig
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

from . import diagrams

Part = Literal['fit', 'check']
PARTS: tuple[Part, Part] = ('fit', 'check')
Rng = np.random.Generator

PHOTOGRAPHS = {
    'fit': {
        'skimage': ['astronaut', 'brick', 'camera', 'chelsea', 'coins', 'grass', 'ihc', 'retina', 'motorcycle_left'],
        'sklearn': ['flower'],
    },
    'check': {
        'skimage': ['cell', 'coffee', 'gravel', 'hubble_deep_field', 'moon', 'rocket'],
        'sklearn': ['china'],
        'matplotlib': ['grace_hopper'],
    },
}
PHOTOGRAPH_FOLDERS = {'skimage': 'data', 'sklearn': 'datasets/images', 'matplotlib': 'mpl-data/sample_data'}
FONTS = {
    'fit': [
        'DejaVuSans',
        'DejaVuSans-Bold',
        'DejaVuSans-Oblique',
        'DejaVuSansMono',
        'STIXGeneral',
        'STIXGeneralItalic',
    ],
    'check': ['DejaVuSerif', 'DejaVuSerif-Bold', 'DejaVuSerif-Italic', 'DejaVuSansMono-Bold', 'STIXGeneralBol'],
}
CODE = {'fit': ['email', 'http', 'json', 'logging'], 'check': ['asyncio', 'importlib', 'unittest', 'xml']}
# Shorter ones may well be products of variables.
SHORTEST_WORD = 5
DARK_THEMES = [('#d4d4d4', '#1e1e1e'), ('#f8f8f2', '#272822'), ('#839496', '#002b36'), ('#ffffff', '#000000')]
LIGHT_THEMES = [('#000000', '#ffffff'), ('#24292e', '#ffffff'), ('#333333', '#f6f6f6'), ('#586e75', '#fdf6e3')]


@dataclass(frozen=True)
class Sources:
    """What the pictures of one part are made of."""

    part: Part
    photographs: Sequence[Path]
    fonts: Sequence[Path]
    prose: Sequence[str]
    """paragraphs without a line break"""
    code: Sequence[Sequence[str]]
    """lines of files"""

    @classmethod
    @functools.cache
    def of(cls, part: Part) -> 'Sources':
        """Raises ModuleNotFoundError where a package that holds pictures is not installed."""
        prose = sorted({text for topic in pydoc_data.topics.topics.values() for text in _prose(topic)})
        library = Path(sysconfig.get_path('stdlib'))
        files = [path for name in CODE[part] for path in sorted((library / name).glob('*.py'))]
        texts = (path.read_text(encoding='utf-8').splitlines() for path in files)
        return cls(
            part,
            [
                next((_folder(package) / PHOTOGRAPH_FOLDERS[package]).glob(f'{name}.*'))
                for package, names in PHOTOGRAPHS[part].items()
                for name in names
            ],
            [_folder('matplotlib') / 'mpl-data/fonts/ttf' / f'{name}.ttf' for name in FONTS[part]],
            prose[PARTS.index(part) :: len(PARTS)],
            [lines for lines in texts if len(lines) > 50],
        )

    def words(self, rng: Rng, count: int) -> str:
        """So many words of a paragraph, or all that it has."""
        words = _one(rng, self.prose).split()
        start = int(rng.integers(max(1, len(words) - count + 1)))
        return ' '.join(words[start : start + count])

    def word(self, rng: Rng) -> str:
        """A word that is no product of variables, in one of the ways that words are written."""
        words = [word for word in re.findall('[A-Za-z]+', _one(rng, self.prose)) if len(word) >= SHORTEST_WORD]
        word = _one(rng, words or ['paragraph'])
        return _one(
            rng, [word, word, word.capitalize(), word.upper(), f'{word}:', f'{word.capitalize()} {rng.integers(99)}']
        )

    def font(self, rng: Rng, size: int, is_mono: bool = False) -> ImageFont.FreeTypeFont:
        return ImageFont.truetype(
            str(_one(rng, [path for path in self.fonts if ('Mono' in path.name) >= is_mono])), size
        )


def _folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f'{package} is not installed, whose pictures are needed', name=package)
    return Path(spec.origin).parent


def _prose(text: str) -> list[str]:
    """The paragraphs of a text that consist of sentences."""
    found = [' '.join(paragraph.split()) for paragraph in text.split('\n\n')]
    return [p for p in found if len(p) > 80 and re.fullmatch(r"[A-Z][A-Za-z ,.;:'()\"-]+\.", p)]


def _one(rng: Rng, items: Sequence[Any]) -> Any:
    return items[int(rng.integers(len(items)))]


def blank(sources: Sources, rng: Rng) -> Image.Image:
    """One colour, or two that run into each other, perhaps with the traces of a camera."""
    height, width = rng.integers(20, 400, 2)
    level = rng.uniform(0, 255)
    slope = rng.uniform(-40, 40, 2) * rng.integers(2)
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    levels = level + slope[0] * y + slope[1] * x + rng.normal(0, rng.uniform(0, 4) * rng.integers(2), y.shape)
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))


def noise(sources: Sources, rng: Rng) -> Image.Image:
    height, width = rng.integers(20, 300, 2)
    size = (int(height), int(width))
    if sources.part == 'fit':
        levels = _one(rng, [
            lambda: rng.uniform(0, 255, size),
            lambda: rng.normal(128, rng.uniform(20, 80), size),
            lambda: 255.0 * (rng.random(size) < rng.uniform(0.05, 0.5)),
        ])()  # fmt: skip
    else:
        levels = _one(rng, [
            lambda: 255 * rng.beta(0.5, 0.5, size),
            lambda: rng.normal(rng.uniform(80, 180), 60, (height, 1)) + rng.normal(0, 30, size),
            lambda: 128 + 20 * rng.laplace(0, rng.uniform(1, 3), size),
        ])()  # fmt: skip
    image = Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))
    return image.filter(ImageFilter.GaussianBlur(rng.uniform(0, 2))) if rng.random() < 0.5 else image


def photograph(sources: Sources, rng: Rng) -> Image.Image:
    """A part of a photograph, at any scale; to fit to, also clouds, for want of photographs."""
    if sources.part == 'fit' and rng.random() < 0.4:
        return _clouds(rng)
    with Image.open(_one(rng, sources.photographs)) as file:
        whole = file.convert(_one(rng, ['RGB', 'L']))
    width, height = (round(side * rng.uniform(0.2, 1)) for side in whole.size)
    x, y = (int(rng.integers(whole.width - width + 1)), int(rng.integers(whole.height - height + 1)))
    part = whole.crop((x, y, x + width, y + height))
    scale = rng.uniform(60, 600) / max(part.size)
    return part.resize((max(16, round(width * scale)), max(16, round(height * scale))), Image.Resampling.LANCZOS)


def _clouds(rng: Rng) -> Image.Image:
    """Noise whose spectrum falls as that of photographs does, more or less steeply (Field 1987: as 1 / frequency)."""
    height, width = (int(side) for side in rng.integers(60, 500, 2))
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    frequency[0, 0] = 1
    spectrum = np.fft.rfft2(rng.normal(size=(height, width))) / frequency ** rng.uniform(0.7, 2)
    levels = np.fft.irfft2(spectrum, (height, width))
    levels = rng.uniform(60, 200) + rng.uniform(20, 90) * (levels - levels.mean()) / levels.std()
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))


def word(sources: Sources, rng: Rng) -> Image.Image:
    return _written([sources.word(rng)], sources, rng)


def line(sources: Sources, rng: Rng) -> Image.Image:
    return _written([sources.words(rng, int(rng.integers(3, 13)))], sources, rng)


def paragraph(sources: Sources, rng: Rng) -> Image.Image:
    words = ' '.join(sources.words(rng, 60) for _ in range(rng.integers(1, 4)))
    return _written(textwrap.wrap(words, int(rng.integers(25, 90)))[: int(rng.integers(2, 16))], sources, rng)


def code(sources: Sources, rng: Rng) -> Image.Image:
    """Some lines of a program, in one colour or with some words in others."""
    lines = _one(rng, sources.code)
    count = int(rng.integers(3, 25))
    start = int(rng.integers(len(lines) - count))
    chosen = [text[:100] for text in lines[start : start + count] if text.strip()]
    return _written(chosen if len(''.join(chosen)) > 40 else lines[:5], sources, rng, is_code=True)


def plot(sources: Sources, rng: Rng) -> Image.Image:
    """A diagram by matplotlib, with words at its axes."""
    return diagrams.plot(diagrams.KINDS[sources.part], [sources.word(rng) for _ in range(4)], rng)


def drawing(sources: Sources, rng: Rng) -> Image.Image:
    """Boxes and arrows, scribbles, spots, figures of geometry and the like."""
    image = Image.new('L', (int(rng.integers(120, 500)), int(rng.integers(80, 400))), 255)
    canvas = ImageDraw.Draw(image)
    _one(rng, diagrams.DRAWINGS[sources.part])(canvas, image.size, rng)
    return image


KINDS: dict[str, Callable[[Sources, Rng], Image.Image]] = {
    'blank': blank,
    'noise': noise,
    'photograph': photograph,
    'word': word,
    'line': line,
    'paragraph': paragraph,
    'code': code,
    'plot': plot,
    'drawing': drawing,
}


def finished(image: Image.Image, rng: Rng) -> Image.Image:
    """As it may have been taken or sent: light on dark, reduced, or by JPEG."""
    if image.mode == 'L' and rng.random() < 0.2:
        image = ImageOps.colorize(image, *_one(rng, DARK_THEMES))
    if rng.random() < 0.2:
        image = image.resize([max(8, round(side * rng.uniform(0.6, 0.9))) for side in image.size])  # type: ignore
    if rng.random() < 0.3:
        buffer = io.BytesIO()
        image.convert('RGB').save(buffer, 'JPEG', quality=int(rng.integers(40, 95)))
        image = Image.open(buffer)
    return image


def _written(lines: Sequence[str], sources: Sources, rng: Rng, is_code: bool = False) -> Image.Image:
    """Lines of text in one font."""
    size = int(rng.integers(10, 32))
    font = sources.font(rng, size, is_code)
    step = round(size * rng.uniform(1.1, 1.6))
    margin = int(rng.integers(2, 30))
    width = max(round(font.getlength(text)) for text in lines) + 2 * margin
    ink, paper = _one(rng, LIGHT_THEMES + DARK_THEMES if is_code else LIGHT_THEMES)
    image = Image.new('RGB', (width, step * len(lines) + 2 * margin), paper)
    canvas = ImageDraw.Draw(image)
    is_coloured = is_code and rng.random() < 0.6
    for i, text in enumerate(lines):
        x = float(margin)
        for piece in re.split(r'(\W+)', text) if is_coloured else [text]:
            colour = _one(rng, [ink, ink, '#c678dd', '#61afef', '#4f9a3a', '#d19a66']) if is_coloured else ink
            canvas.text((x, margin + i * step), piece, fill=colour, font=font)
            x += font.getlength(piece)
    return image
