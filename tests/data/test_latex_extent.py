r"""Sizes of delimiters, and the metrics they come from, against TeX itself."""

import re
import time
from pathlib import Path

import pytest

from data import latex_metrics as metrics
from data.drawing import drawings
from data.latex import canonicalize, tokenize
from data.latex_extent import delimiter_size, is_plain
from data.pdftex import run_pdftex
from data.render import typeset

SIZES = ('', r'\big', r'\Big', r'\bigg', r'\Bigg')
CONTENTS = (
    'x', 'x^{2}', 'x_{i}^{2}', 'x_{y_{j}}', 'e^{x^{2}}', 'U_{0}^{-}', r'h^{\prime}', r'\mu^{\prime}_{\beta}',
    r'\hat{x}', r'\hat{H}^{2}', r'\vec{y}_{q}', r'\overline{x}', r'\overline{H^{2}}', r'\underline{x}',
    r'\frac{1}{2}', r'\frac{a}{b}', r'\frac{x^{2}}{y_{1}}', r'\frac{\frac{1}{2}}{x}',
    r'\frac{\partial}{\partial x_{j}}', r'\tfrac{1}{2}', r'\sum', r'\sum_{i}', r'\sum_{i=1}^{n}x_{i}', r'\prod^{N}',
    r'\sum\nolimits_{i}^{n}', r'\int', r'\int_{0}^{1}', r'\lim_{n}x', r'\max_{y}', r'\sqrt{x}', r'\sqrt{x^{2}+y^{2}}',
    r'\sqrt{\frac{1}{2}}', r'\sqrt{1+\sqrt{y}}', r'\left[\frac{1}{2}\right]', r'\left[\frac{1}{2}\right]^{2}',
    r'\left|x^{2}\right|_{0}', r'\big(x\big)^{2}', r'\Big(x\Big)_{y}', '1-(x)', 'x!', r'\langle x\rangle',
    r'x\in\mathbb{R}',
    r'\dot{x_{i}}_{j}', r'\bar{ab}^{2}', r'\in_{=\ell^{\sin}}^{a}', r'\lim^{\tilde{a}}x', r'\int^{\nabla}2',
    r'\in\vec{\leq}', r'\frac{a}{\big(}', r'\sqrt{x^{2}_{y}}', r'\frac{1}{x_{j}^{2}}',
)  # fmt: skip


@pytest.mark.parametrize('style', [0, 1], ids=['display', 'text'])
@pytest.mark.parametrize('delimiters', [('(', ')'), ('|', '|'), (r'\{', ']')], ids=lambda pair: pair[0])
def test_sizes_are_those_of_tex(style: int, delimiters: tuple[str, str]) -> None:
    opening, closing = delimiters
    begin = r'\textstyle' if style else ''
    forms = [
        f'{begin} {left} {opening} {content} {right} {closing}'
        for content in CONTENTS
        for left, right in [(r'\left', r'\right'), *zip(SIZES, SIZES, strict=True)]
    ]
    pages = [sorted(page.glyphs) for page in drawings(typeset(forms)) if page is not None]
    assert len(pages) == len(forms)
    known = 0
    for number, content in enumerate(CONTENTS):
        fitted, *fixed = pages[6 * number : 6 * number + 6]
        wanted = fixed.index(fitted) if fitted in fixed else None
        items = tokenize(content)
        found = delimiter_size(list(items), style, delimiters)
        assert found in (wanted, None), content
        assert is_plain(list(items), style) <= (wanted == 0), content
        known += found is not None
    assert known > 0.8 * len(CONTENTS)


def test_scripts_are_plain_too() -> None:
    for content, plain in (('x', True), ('x_{i}', True), (r'x^{2}', False), (r'\frac{1}{2}', False)):
        fitted, fixed = drawings(typeset([rf'e^{{\left({content}\right)}}', f'e^{{({content})}}']))
        assert fitted is not None and fixed is not None
        assert (sorted(fitted.glyphs) == sorted(fixed.glyphs)) == plain == is_plain(tokenize(content), 2)


def test_metrics_are_those_of_tex(tmp_path: Path) -> None:
    styles = (r'\textstyle', r'\scriptstyle', r'\scriptscriptstyle')
    boxes = [(symbol, style) for symbol in metrics.SYMBOLS for style in styles]
    boxes += [(symbol, r'\displaystyle') for symbol in metrics.LARGE]
    body = '\n'.join(
        rf'\setbox0\hbox{{${style} {symbol}$}}\typeout{{box \the\ht0, \the\dp0, end}}' for symbol, style in boxes
    )
    body += ''.join(rf'\setbox0\hbox{{${{{symbol}}}$}}\typeout{{width \the\wd0, end}}' for symbol in metrics.WIDTHS)
    preamble = r'\documentclass{article}\usepackage{amsmath,amssymb}\begin{document}'
    (tmp_path / 'metrics.tex').write_text(f'{preamble}\n{body}\n\\end{{document}}\n')
    output, _ = run_pdftex(['metrics.tex'], str(tmp_path), None, 60)
    found = [(float(a), float(b)) for a, b in re.findall(r'box ([\d.]+)pt, ([\d.]+)pt, end', output)]
    wanted = [
        (size * extent[2 * place], size * extent[2 * place + 1])
        for extent in metrics.SYMBOLS.values()
        for place, size in enumerate(metrics.POINTS[1:])
    ] + [(10 * height, 10 * depth) for height, depth in metrics.LARGE.values()]
    assert len(found) == len(wanted)
    for box, inside, outside in zip(boxes, found, wanted, strict=True):
        assert inside == pytest.approx(outside, abs=0.0055), box
    widths = [float(width) for width in re.findall(r'width ([\d.]+)pt, end', output)]
    assert widths == pytest.approx([10 * width for width in metrics.WIDTHS.values()], abs=0.0501)


def test_fixed_sizes_that_fit_are_fitted() -> None:
    for latex, canonical in (
        (r'\Big(\frac{a}{b}\Big)', r'\left(\frac{a}{b}\right)'),
        (r'\Big(\frac{u}{\mathcal{R}}\Big)', r'\left(\frac{u}{\mathcal{R}}\right)'),
        (r'\Big\{\widetilde{\Gamma}_{\mu}\Big\}', r'\left\{\widetilde{\Gamma}_{\mu}\right\}'),
        (r'\big|1-x^{2}\big|', r'\left|1-x^{2}\right|'),
        (r'x\big|_{0}+y\big|_{1}', r'x\big|_{0}+y\big|_{1}'),
        (r'\big(a\big|x^{2}\big)', r'\left(a\big|x^{2}\right)'),
        (r'\Bigl[\frac{a}{b}\Bigr)^2', r'\left[\frac{a}{b}\right)^{2}'),
        (r'\Big(\frac{1}{2}\Big)', r'\Big(\frac{1}{2}\Big)'),  # \left has \bigg here
        (r'\big(x\big)', r'\big(x\big)'),
        (r'\Big(\frac{a}{b}', r'\Big(\frac{a}{b}'),
        (r'{\Big(}\frac{a}{b}\Big)', r'\left(\frac{a}{b}\right)'),
        (r'\Big(\big(\frac{a}{b}\big)\Big)', r'\left(\big(\frac{a}{b}\big)\right)'),
        (r'\begin{array}{c}\Big(\frac{a}{b}\\\Big)\end{array}', r'\begin{matrix}\Big(\frac{a}{b}\\\Big)\end{matrix}'),
        (r'\begin{aligned}\Big(\frac{a}{b}\Big)\end{aligned}', r'\left(\frac{a}{b}\right)'),
        (r'x^{\Big(\frac{a}{b}\Big)}', r'x^{\Big(\frac{a}{b}\Big)}'),
        (r'\frac{\Big(\frac{a}{b}\Big)}{2}', r'\frac{\Big(\frac{a}{b}\Big)}{2}'),
        (r'\Big(\left(\frac{a}{b}\Big)\right)', r'\Big(\left(\frac{a}{b}\Big)\right)'),
        (r'\big(\frac{a}{b}\big)\textstyle x', r'\big(\frac{a}{b}\big)x'),
        (r'x^{\big(y\big)}', r'x^{\big(y\big)}'),
        (r'\big)x\big(y\big)', r'\big)x\big(y\big)'),
    ):
        assert canonicalize(latex) == canonical
        assert canonicalize(canonical) == canonical
    deep = r'\Big(' * 100 + 'x' + r'\Big)' * 100
    assert canonicalize(canonicalize(deep)) == canonicalize(deep)


def test_a_delimiter_without_its_other() -> None:
    for latex, canonical in (
        (r'\left.\frac{a}{b}\right|', r'\frac{a}{b}\Big|'),
        (r'\left\{\frac{a}{b}\right.', r'\Big\{\frac{a}{b}'),
        (r'\left(\frac{a}{b}\right.+\left.c+\frac{a}{b}\right)', r'\left(\frac{a}{b}+c+\frac{a}{b}\right)'),
        (r'\left.\dot{H}\right|_{0}', r'\dot{H}\Big|_{0}'),
        # The fraction is taller than the bar: scripts stand higher and lower than at its ends.
        (r'x=\left.\frac{a}{b^{2}}\right|_{0}', r'x=\left.\frac{a}{b^{2}}\right|_{0}'),
        (r'\left.x=\frac{a}{b^{2}}\right|_{0}', r'x=\left.\frac{a}{b^{2}}\right|_{0}'),
        (r'\left.-2(x+\frac{a}{b^{2}})y\right|_{0}', r'-2\left.(x+\frac{a}{b^{2}})y\right|_{0}'),
        (r'\left.x\substack{a\\b}\right|', r'\left.x\substack{a\\b}\right|'),
        (r'\left\{\begin{array}{ll}a\\b+1\end{array}\right.', r'\left\{\begin{array}{l}a\\b+1\end{array}\right.'),
        (r'e^{\left.\frac{a}{b}\right|}', r'e^{\left.\frac{a}{b}\right|}'),
    ):
        assert canonicalize(latex) == canonical
        assert canonicalize(canonical) == canonical
        before, after = drawings(typeset([latex, canonical]))
        assert before is not None and after is not None
        assert sorted(before.glyphs) == sorted(after.glyphs)


def test_many_sizes_take_no_longer() -> None:
    start = time.perf_counter()
    canonicalize(r'\Big(' * 20_000 + r'\Big)' * 20_000)
    assert time.perf_counter() - start < 5
