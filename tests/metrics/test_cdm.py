"""Character Detection Matching: its definition on glyphs made by hand, and formulas that TeX sets."""

import contextlib

import pypdfium2
import pytest

from data.glyphs import Glyph, page_glyphs
from data.render import typeset
from metrics.cdm import CharacterMatch, characters, compare


def line(text: str, x: float = 0.0, y: float = 0.0, step: float = 10.0) -> list[Glyph]:
    """Letters of 5 by 7 pt, each `step` behind the one before."""
    return [Glyph('CMMI10', ord(letter), (x + step * i, y, x + step * i + 5, y + 7)) for i, letter in enumerate(text)]


@pytest.mark.parametrize(
    ('label', 'prediction', 'f1'),
    [
        ('abcdef', 'abcdef', 1),
        ('abcdef', 'abcde', 2 * 5 / 11),
        ('abcde', 'abcdef', 2 * 5 / 11),
        ('abcdef', 'abcdeg', 2 * 5 / 12),
        ('abcdef', '', 0),
        ('', '', 1),
        ('ab', 'ab', 1),
        ('ab', 'ax', 1 / 2),
        ('abcdef', 'uvwxyz', 0),
        ('ab\N{MIDDLE DOT}def', 'ab.def', 1),  # they look alike
        ('abcdefgh', 'hbcdefga', 2 * 6 / 16),  # found, but elsewhere: two pairs are too few to be a line of their own
    ],
)
def test_definition(label: str, prediction: str, f1: float) -> None:
    match = compare(line(label), line(prediction))
    assert match.f1 == pytest.approx(f1)
    assert match.is_exact == (f1 == 1)


def test_shifted_and_scaled_pages_match() -> None:
    assert compare(line('abcdef'), line('abcdef', x=300, y=40)).is_exact
    assert compare(line('abcdef'), line('abcdef', step=13)).is_exact


def test_lines_may_move_apart() -> None:
    label = line('abcdef') + line('uvwxyz', y=-20)
    assert compare(label, line('abcdef') + line('uvwxyz', x=100, y=-90)).is_exact


def test_pairs_name_positions() -> None:
    match = compare(line('abcd'), line('abxd'))
    assert match.pairs == ((0, 0), (1, 1), (3, 3))
    assert [match.label[i].name for i, _ in match.pairs] == ['a', 'b', 'd']


def of_formulas(label: str, prediction: str) -> CharacterMatch:
    result = typeset([label, prediction])
    assert not result.errors
    with contextlib.closing(pypdfium2.PdfDocument(result.pdf)) as document:
        return compare(page_glyphs(document, 0), page_glyphs(document, 1))


@pytest.mark.parametrize(
    ('label', 'prediction'),
    [
        ('x_1^2', 'x^{2}_{1}'),
        (r'{a \over b}', r'\frac{a}{b}'),
        (r'\left(\frac{a}{b}\right)+c', r'(\frac{a}{b})+c'),  # sizes of delimiters do not count
        (r'\Bigg[x\bigg]', r'[x]'),
        (r'\operatorname{s i n}x\leq 1', r'\sin x\le1'),
        (r'\mathbf{x}+\mathcal{G}', 'x+G'),  # nor do faces, as published
        (r'\textstyle\sum x+\int y', r'\sum x+\int y'),
        (r'a+b\quad c+d', r'a+b\;c+d'),
        (r'\left\{\begin{array}{c}a\\b\\c\\d\end{array}\right.', r'\{\begin{matrix}a\\b\\c\\d\end{matrix}'),
        (r'\begin{array}{|c|c|}a&b\\c&d\end{array}', r'\begin{matrix}a&b\\c&d\end{matrix}'),  # frames are skipped
        (r'\sqrt{\frac{a}{b}}\|c\|', r'\sqrt{\frac{a}{b}}\Big\|c\Big\|'),
        (r'\widehat{abc}\to', r'\hat{abc}\rightarrow'),
    ],
)
def test_rewriting_scores_one(label: str, prediction: str) -> None:
    assert of_formulas(label, prediction).is_exact


@pytest.mark.parametrize(
    ('label', 'prediction', 'pairs', 'total'),
    [
        ('a+b=c', 'a-b=c', 4, 10),
        ('a+b=c.', 'a+b=c', 5, 11),
        (r'\frac{a+b}{c+d}=e', r'\frac{a+b}{c+x}=e', 8, 18),
        (r'\overline{abcd}', r'abcd', 4, 9),
        (r'\sqrt{abcd}', r'abcd', 4, 9),  # a root and its rule are one
        (r'\left(\begin{matrix}a\\b\\c\\d\end{matrix}\right.', r'\begin{matrix}a\\b\\c\\d\end{matrix}', 4, 9),
        (r'\hat{a}bcd', r'\bar{a}bcd', 4, 10),
    ],
)
def test_small_changes(label: str, prediction: str, pairs: int, total: int) -> None:
    match = of_formulas(label, prediction)
    assert (len(match.pairs), len(match.label) + len(match.prediction)) == (pairs, total)


def test_tall_delimiters_are_one_character() -> None:
    result = typeset(
        [r'\left|\left\{\left[\left(\begin{matrix}a\\b\\c\\d\\e\\f\end{matrix}\right.\right.\right.\right.']
    )
    with contextlib.closing(pypdfium2.PdfDocument(result.pdf)) as document:
        glyphs = page_glyphs(document, 0)
    found = characters(glyphs)
    assert len(glyphs) > 20
    assert ''.join(item.name for item in found) == '|{[(abcdef'
    heights = [item.box[3] - item.box[1] for item in found]
    assert min(heights[:4]) > 60
