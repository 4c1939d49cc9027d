"""The page for people: all in one file, and safe against what stands in formulas."""

import html.parser
from pathlib import Path

import pytest
from PIL import Image

from metrics.evaluation import Evaluation
from metrics.report import CASES, write_report
from metrics.score import ScoredPrediction, Scores

PAIRS = [
    (r'\frac{a}{b}', r'\frac{a}{c}'),
    (r'x<y', r'x<script>alert(1)</script>'),
    ('x', r'\frac{x'),
    (r'\undefinedcommand', 'x'),
    ('a+b', '{{ 1 + 1 }}'),
]


class Page(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [value or '' for name, value in attrs if name in {'src', 'href'}]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def page(folder: Path, evaluation: Evaluation, **options: object) -> Page:
    path = folder / 'report.html'
    write_report(path, {'all': evaluation}, title='a <title>', settings={'split': 'x'}, **options)  # type: ignore[arg-type]
    parsed = Page()
    parsed.feed(path.read_text())
    return parsed


def scores(count: int = 1) -> Scores:
    pairs = PAIRS * count
    return Scores.of(ScoredPrediction.of(index, label, found) for index, (label, found) in enumerate(pairs))


def test_page(tmp_path: Path) -> None:
    found = page(tmp_path, Evaluation.of(scores(), workers=1), picture=lambda index: Image.new('L', (20, 10), 255))
    assert 'script' not in found.tags and 'link' not in found.tags
    assert found.sources and all(source.startswith('data:image/png;base64,') for source in found.sources)
    assert found.tags.count('article') == 2 * 4  # not the one whose label cannot be typeset
    # A picture and a label each; of the predictions one cannot be typeset.
    assert len(found.sources) == found.tags.count('figure') == 2 * (4 + 4 + 3)
    text = ''.join(found.text)
    assert 'Missing }' in text and 'a <title>' in text and '<script>' in text


@pytest.mark.parametrize('count', [1, 20])
def test_without_pictures(tmp_path: Path, count: int) -> None:
    found = page(tmp_path, Evaluation(scores(count)))
    assert not found.sources
    assert found.tags.count('article') == 2 * min(CASES, 5 * count)
