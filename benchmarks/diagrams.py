"""Diagrams and drawings for `non_formulas.py`."""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

Rng = np.random.Generator


def _lines(axes: Any, words: Sequence[str], rng: Rng) -> None:
    for word in words[: rng.integers(1, 4)]:
        axes.plot(np.cumsum(rng.normal(size=rng.integers(5, 200))), label=word, linewidth=rng.uniform(0.5, 3))
    axes.legend()


def _scatter(axes: Any, words: Sequence[str], rng: Rng) -> None:
    count = rng.integers(10, 300)
    axes.scatter(rng.normal(size=count), rng.normal(size=count), s=rng.uniform(2, 60))


def _bars(axes: Any, words: Sequence[str], rng: Rng) -> None:
    axes.bar(words, rng.uniform(1, 100, len(words)))


def _histogram(axes: Any, words: Sequence[str], rng: Rng) -> None:
    axes.hist(rng.gamma(2, size=500), bins=int(rng.integers(5, 40)), histtype='step' if rng.random() < 0.5 else 'bar')


def _pie(axes: Any, words: Sequence[str], rng: Rng) -> None:
    axes.pie(rng.uniform(1, 5, len(words)), labels=words)


def _contours(axes: Any, words: Sequence[str], rng: Rng) -> None:
    x, y = np.meshgrid(np.linspace(-2, 2, 60), np.linspace(-2, 2, 60))
    a, b = rng.uniform(1, 4, 2)
    (axes.contour if rng.random() < 0.5 else axes.contourf)(x, y, np.sin(a * x) * np.cos(b * y))


def _boxes(axes: Any, words: Sequence[str], rng: Rng) -> None:
    axes.boxplot(rng.normal(size=(40, 5)))


def _area(axes: Any, words: Sequence[str], rng: Rng) -> None:
    count = rng.integers(5, 60)
    axes.stackplot(range(count), rng.uniform(0, 1, (int(rng.integers(1, 4)), count)))


def _image(axes: Any, words: Sequence[str], rng: Rng) -> None:
    axes.imshow(rng.uniform(0, 1, rng.integers(3, 20, 2)), cmap='viridis' if rng.random() < 0.5 else 'gray')


def _errors(axes: Any, words: Sequence[str], rng: Rng) -> None:
    count = rng.integers(4, 20)
    axes.errorbar(range(count), rng.normal(size=count), yerr=rng.uniform(0.1, 1, count), fmt='o', capsize=3)


KINDS: Mapping[str, Sequence[Callable[[Any, Sequence[str], Rng], None]]] = {
    'fit': [_lines, _scatter, _bars, _area, _image, _errors],
    'check': [_histogram, _pie, _contours, _boxes],
}


def plot(kinds: Sequence[Callable[[Any, Sequence[str], Rng], None]], words: Sequence[str], rng: Rng) -> Image.Image:
    """A diagram of one of the kinds, in colours or grey."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=rng.uniform(2, 7, 2).tolist(), layout='tight')
    axes = figure.add_subplot()
    kinds[int(rng.integers(len(kinds)))](axes, words, rng)
    if rng.random() < 0.6:
        axes.set(xlabel=words[0], ylabel=words[1], title=words[2])
    if rng.random() < 0.2:
        axes.set_axis_off()
    buffer = io.BytesIO()
    figure.savefig(buffer, format='png', dpi=float(rng.uniform(50, 120)))
    return Image.open(buffer).convert('RGB' if rng.random() < 0.7 else 'L')


def boxes(canvas: ImageDraw.ImageDraw, size: tuple[int, int], rng: Rng) -> None:
    """Boxes joined by arrows."""
    pen = int(rng.integers(1, 4))
    corners = [
        (int(rng.integers(5, size[0] - 50)), int(rng.integers(5, size[1] - 35))) for _ in range(rng.integers(3, 8))
    ]
    for x, y in corners:
        canvas.rectangle((x, y, x + rng.integers(20, 45), y + rng.integers(12, 30)), outline=0, width=pen)
    for (x, y), (to_x, to_y) in zip(corners, corners[1:], strict=False):
        canvas.line((x + 20, y + 10, to_x + 20, to_y + 10), fill=0, width=pen)
        canvas.polygon([(to_x + 20, to_y + 10), (to_x + 12, to_y + 4), (to_x + 12, to_y + 16)], fill=0)


def scribbles(canvas: ImageDraw.ImageDraw, size: tuple[int, int], rng: Rng) -> None:
    """Long smooth lines that cross themselves."""
    for _ in range(rng.integers(1, 4)):
        steps = np.cumsum(np.cumsum(rng.normal(size=(rng.integers(60, 300), 2)), axis=0) * 0.3, axis=0)
        steps = (steps - steps.min(axis=0)) / (np.ptp(steps, axis=0) + 1e-6) * (np.array(size) - 10) + 5
        canvas.line([tuple(point) for point in steps], fill=0, width=int(rng.integers(1, 5)))


def spirals(canvas: ImageDraw.ImageDraw, size: tuple[int, int], rng: Rng) -> None:
    """Spirals and waves."""
    for _ in range(rng.integers(1, 5)):
        turn = np.linspace(0, rng.uniform(8, 40), 300)
        radius = turn * rng.uniform(0.5, 3)
        middle = rng.uniform(0.2, 0.8, 2) * size
        if rng.random() < 0.5:
            points = np.stack([middle[0] + radius * np.cos(turn), middle[1] + radius * np.sin(turn)], axis=1)
        else:
            points = np.stack([turn / turn[-1] * size[0], middle[1] + 0.2 * size[1] * np.sin(turn)], axis=1)
        canvas.line([tuple(point) for point in points], fill=0, width=int(rng.integers(1, 5)))


def blobs(canvas: ImageDraw.ImageDraw, size: tuple[int, int], rng: Rng) -> None:
    """Spots of any size and grey, here and there dust."""
    for _ in range(rng.integers(3, 120)):
        (x, y), (width, height) = rng.uniform(0, 1, 2) * size, rng.gamma(1, rng.uniform(2, 15), 2) + 1
        canvas.ellipse((x, y, x + width, y + height), fill=int(rng.integers(0, 230)))


def shapes(canvas: ImageDraw.ImageDraw, size: tuple[int, int], rng: Rng) -> None:
    """Circles, triangles and arcs, empty or full."""
    for _ in range(rng.integers(3, 10)):
        x, y = (int(rng.integers(0, side - 40)) for side in size)
        right, bottom = x + int(rng.integers(20, 120)), y + int(rng.integers(20, 120))
        fill = int(rng.integers(0, 255)) if rng.random() < 0.4 else None
        kind, pen = rng.integers(3), int(rng.integers(1, 4))
        if kind == 0:
            canvas.ellipse((x, y, right, bottom), outline=0, fill=fill, width=pen)
        elif kind == 1:
            canvas.polygon(
                [(x, bottom), (right, bottom), (int(rng.integers(x, right)), y)], outline=0, fill=fill, width=pen
            )
        else:
            canvas.arc((x, y, right, bottom), 0, float(rng.uniform(90, 300)), fill=0, width=pen)


def squares(canvas: ImageDraw.ImageDraw, size: tuple[int, int], rng: Rng) -> None:
    """A field of black and white squares, as of a QR code or a crossword."""
    count = int(rng.integers(8, 30))
    side = max(2, min(size) // count)
    for i, j in zip(*np.nonzero(rng.random((count, count)) < rng.uniform(0.2, 0.6)), strict=True):
        canvas.rectangle((i * side, j * side, (i + 1) * side - 1, (j + 1) * side - 1), fill=0)


DRAWINGS: Mapping[str, Sequence[Callable[[ImageDraw.ImageDraw, tuple[int, int], Rng], None]]] = {
    'fit': [boxes, scribbles, spirals, blobs],
    'check': [shapes, squares],
}
