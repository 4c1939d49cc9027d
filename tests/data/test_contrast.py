r"""Contrast formulas are LaTeX one small change away from real ones, and drawn and label say the same."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from data import contrast
from data.latex import canonicalize, detokenize, tokenize
from data.render import typeset

FORMULAS = (
    r'x_{a}^{b}=f(y),',
    r'\left(\frac{a}{b}\right)^{2}=\sum_{i=1}^{n}\hat{\alpha}_{i}\in[0,1]',
    r'\mathrm{Tr}(\mathbf{M}_{+})=0.',
    r'\begin{array}{l|r}1&|x|\\2&\left.y\right|\end{array}',
    r'\frac{z}{\dot{\bar{z}}}e^{-\sqrt{2t}}',
    r'\begin{aligned}\phi^{\prime}(x)&=\frac{1}{2}\\&\geq\text{for~all}~y\end{aligned}',
    r'\begin{pmatrix}a&b\\c&d\\0&1\end{pmatrix}',
)


def canonical(latex: str) -> list[str]:
    return tokenize(canonicalize(latex))


def changed(change: Callable[..., list[str]], latex: str, seeds: int = 40) -> list[str]:
    """The canonical forms of what a change makes of a formula, all of its readings."""
    made = {detokenize(change(canonical(latex), random.Random(seed))) for seed in range(seeds)}
    return sorted(made - {''})


@pytest.mark.parametrize('change', contrast.CHANGES, ids=lambda change: change.__name__)
def test_each_change_leaves_latex(change: Callable[..., list[str]]) -> None:
    made = [latex for formula in FORMULAS for latex in changed(change, formula)]
    assert set(made) - {detokenize(canonical(formula)) for formula in FORMULAS}
    for latex in made:
        canonicalize(latex)
    refused = [error for error in typeset(made).errors.values() if 'Double' not in error]
    assert not refused


@pytest.mark.parametrize(
    ('change', 'latex', 'one_of_them'),
    [
        (contrast.look_alike, r'\epsilon', 'c'),
        (contrast.look_alike, r'a\ldots b', r'a\cdots b'),
        (contrast.other, 'x+3', 'x+7'),
        (contrast.accent, r'\frac{x}{z}', r'\frac{x}{\bar{z}}'),
        (contrast.accent, r'\bar{x}', r'\tilde{x}'),
        (contrast.accent, r'\bar{x}', r'\dot{\bar{x}}'),
        (contrast.accent, r'\bar{x}', 'x'),
        (contrast.font, '70', r'\mathbf{7}0'),
        (contrast.font, r'\mathbf{x}', 'x'),
        (contrast.font, r'\mu', r'\boldsymbol{\mu}'),
        (contrast.punctuation, r'U_{1}V', r'U_{1.}V'),
        (contrast.punctuation, 'x,', 'x'),
        (contrast.brackets, '(x)', r'\Big(x\Big)'),
        (contrast.brackets, r'\left(\frac{1}{2}\right)', r'(\frac{1}{2})'),
        (contrast.scripts, 'f_{a}^{b}', 'f_{a}{}^{b}'),
        (contrast.scripts, 'f_{a}^{b}', 'f^{b}{}_{a}'),
        (contrast.scripts, 'f_{a}', r'f_{a}{}^{\mu}'),
        (contrast.scripts, 'f_{a}', '{}^{2}f_{a}'),
        (contrast.primes, "x'^2", r'{x^{\prime}}^{2}'),
        (contrast.primes, "{x''}^2", r'x^{\prime\prime2}'),
        (contrast.primes, 'x', r'{x^{\prime}}^{2}'),
        (contrast.tables, r'\begin{aligned}a&=b\\&=cd\end{aligned}', r'\begin{array}{ccl}a&=&b\\&=&cd\end{array}'),
        (contrast.tables, r'\begin{array}{rcl}a&=&b\\&=&cd\end{array}', r'\begin{aligned}a&=b\\&=cd\end{aligned}'),
        (contrast.tables, r'\begin{pmatrix}a&b\\c&d\end{pmatrix}', r'\begin{pmatrix}a&b\\c&0\end{pmatrix}'),
        (contrast.tables, r'\left(\frac{a}{b}\right)', r'\begin{pmatrix}a\\b\end{pmatrix}'),
        (contrast.slash, 'D', r'\not D'),
        (contrast.slash, 'D', 'D/'),
        (contrast.spaces, r'\mathrm{forall}k', r'\text{for~all}k'),
        (contrast.spaces, r'\text{for~all}k', r'\mathrm{forall}k'),
        (contrast.repetition, 'a+b', 'a+a+b'),
        (contrast.repetition, 'a+x_{i}', 'a+x_{i}x_{i}'),
        (contrast.repetition, 'a+x_{i}', 'a+'),
        (contrast.scripts, 'f_{a}{}^{b}', 'f_{a}^{b}'),
        (contrast.scripts, r"r'", r'{r^{\prime}}^{2}'),
        (contrast.scripts, 'x^{2}', 'x_{2}'),
    ],
)
def test_changes(change: Callable[..., list[str]], latex: str, one_of_them: str) -> None:
    made = changed(change, latex, seeds=800)
    assert one_of_them in made or one_of_them in {detokenize(canonical(formula)) for formula in made}


@pytest.mark.parametrize('change', contrast.CHANGES, ids=lambda change: change.__name__)
def test_what_no_change_fits_stays(change: Callable[..., list[str]]) -> None:
    assert changed(change, r'\rightleftharpoons') == [r'\rightleftharpoons']


def test_columns_and_delimiters_of_size_stay() -> None:
    table = r'\begin{array}{l|r}\alpha&\beta\\\gamma i&\delta i\end{array}'
    assert all(r'\begin{array}{l|r}' in latex for latex in changed(contrast.look_alike, table, 200))
    assert changed(contrast.look_alike, r'\Big|\Omega\Big|', 200) == [r'\Big|\Omega\Big|']


def test_label_is_what_is_drawn() -> None:
    rng = random.Random(1)
    rows = [row for _ in range(60) for formula in FORMULAS if (row := contrast.contrast(canonical(formula), rng))]
    assert len(rows) > 100
    for row in rows:
        assert canonicalize(row['label']) == row['label']
        assert canonicalize(row['latex']) == row['label']


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = tmp_path / 'in.jsonl', tmp_path / 'out.jsonl'
    source.write_text(''.join(json.dumps({'latex': latex}) + '\n' for latex in [*FORMULAS * 20, 'x', '{']))
    assert contrast.main([str(source), '--out', str(out), '--limit', '50']) == 0
    assert '50 formulas' in capsys.readouterr().out
    assert len(out.read_text().splitlines()) == 50
    assert contrast.main([str(tmp_path / 'none.jsonl'), '--out', str(out)]) == 2
    assert 'data.contrast: ' in capsys.readouterr().err
    with pytest.raises(SystemExit):
        contrast.main([str(source), '--out', str(out), '--every', '0'])
