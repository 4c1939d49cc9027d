r"""Composed formulas are LaTeX, and drawn and label say the same."""

import json
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from data import compose, compose_mistakes
from data.compose_parts import Pool
from data.italic_operators import italic_operators
from data.latex import canonicalize, detokenize, tokenize
from data.render import typeset
from data.token_spans import Pair, close, depths, letters, pairs

FORMULAS = (
    r'x_{a}^{b}=f(y),',
    r'\left(\frac{a}{b}\right)^{2}=\sum_{i=1}^{n}\hat{\alpha}_{i}\in[0,1]',
    r'\mathrm{Tr}(\mathbf{M}_{+})=0.',
    r'\int_{0}^{\infty}dx\sin x,\qquad\cos^{2}\theta+1',
    r'\begin{aligned}a&=b\\c&=(d]\end{aligned}',
    '1',
)
POOL = Pool([['0'], ['a', '_', '{', '1', '}']], [['x', '_', '{', '1', '}', '=', 'y', '+', '1']])


def canonical(latex: str) -> list[str]:
    return tokenize(canonicalize(latex))


def changed(change: Callable[..., list[str]], latex: str, seeds: int = 40) -> list[str]:
    """The canonical forms of what a change makes of a formula, all of its readings."""
    return sorted({detokenize(change(canonical(latex), random.Random(seed), POOL)) for seed in range(seeds)})


@pytest.mark.parametrize('change', compose.CHANGES, ids=lambda change: change.__name__)
def test_each_change_leaves_latex(change: Callable[..., list[str]]) -> None:
    made = [latex for formula in FORMULAS for latex in changed(change, formula)]
    assert set(made) - {detokenize(canonical(formula)) for formula in FORMULAS}
    for latex in made:
        canonicalize(latex)
    assert not typeset(made).errors


@pytest.mark.parametrize(
    ('change', 'latex', 'one_of_them'),
    [
        (compose.tensors, 'T_{a}^{b}', 'T_{a}{}^{b}'),
        (compose.accents, 'x+x', r'\vec{x}+\vec{x}'),
        (compose.accents, r'\hat{x}', r'\dot{x}'),
        (compose.styles, r'\mu', r'\boldsymbol{\mu}'),
        (compose.wide_accents, 'x', r'\underline{x}'),
        (compose.wide_accents, 'x', r'\overset{*}{x}'),
        (compose.brackets, '(x)', r'\Big(x\Big)'),
        (compose.brackets, r'\left[\frac{1}{2}\right)', r'\big(\frac{1}{2}\big)'),
        (compose.brackets, 'x=y', r'x=\bigg[y\bigg]'),
        (compose.names, 'f(x)', r'\sinh(x)'),
        (compose.names, r'\sin x', r'\cosh x'),
        (compose.words, 'a,b', r'a,\mathrm{and}b'),
    ],
)
def test_changes(change: Callable[..., list[str]], latex: str, one_of_them: str) -> None:
    assert one_of_them in changed(change, latex, seeds=800)


def test_primes_stay_where_they_are() -> None:
    assert changed(compose.tensors, "f_{a}'") == [detokenize(canonical("f_{a}'"))]


def test_matrices_are_read_as_matrices() -> None:
    made = {token for latex in changed(compose.matrix, 'x=y') for token in canonical(latex)}
    assert {r'\begin{pmatrix}', r'\begin{bmatrix}', r'\begin{array}', '&', r'\\'} <= made


def test_lengths_are_drawn_as_tex_draws_them() -> None:
    drawn = {compose_mistakes.with_lengths(canonical('a,b'), random.Random(seed)) for seed in range(800)}
    assert {r'a,\hspace{1pt}cm b', r'a,\hspace{1pt}0mm b', r'\hspace{2pt}cm a,b'} <= drawn and len(drawn) > 60
    for formula in FORMULAS:
        tokens = canonical(formula)
        drawn = {compose_mistakes.with_lengths(tokens, random.Random(seed)) for seed in range(40)}
        assert not typeset(sorted(drawn)).errors
        for latex in drawn:  # without the remainders the formula is as before
            assert canonical(re.sub(r'\\hspace\{.pt\}[.\d]*[a-z]+', '', latex)) == tokens


def test_units_that_are_meant_stay() -> None:
    made = changed(compose.quantities, 'x=y,z', seeds=400)
    assert any(re.fullmatch(r'x=[\d.]+cm,z', latex) for latex in made)
    assert any(re.fullmatch(r'x=[\d.]+\\mathrm\{mm\},z', latex) for latex in made)


def test_plain_tex_matrices_are_drawn_in_one_line() -> None:
    matrices = canonical(r'A=\pmatrix{0&1\cr a&2}+\pmatrix{x}')
    drawn = detokenize(compose_mistakes.flat(matrices, random.Random(0)))
    assert canonical(drawn) == tokenize('A=(01a2)+(x)')
    for others in ('a', r'\pmatrix{1\cr 2}\begin{bmatrix}1\\2\end{bmatrix}', r'\pmatrix{\substack{a\\b}&1}'):
        assert compose_mistakes.flat(canonical(others), random.Random(0)) == canonical(others)
    assert typeset([drawn]).errors == {}
    assert any('pmatrix' in row['label'] and '&' not in row['latex'] for row in compose.composed(FORMULAS * 200))


def test_what_is_drawn_is_the_label() -> None:
    rows = list(compose.composed(FORMULAS * 40))
    assert len(rows) > 150
    for row in rows:
        if r'\hspace' not in row['latex'] and 'pmatrix' not in row['label']:
            assert canonical(row['latex']) in (tokenize(row['label']), canonical(italic_operators(row['label'])))


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = tmp_path / 'in.jsonl', tmp_path / 'out.jsonl'
    source.write_text(''.join(json.dumps({'latex': latex}) + '\n' for latex in (*FORMULAS * 5, '{')))
    assert compose.main([str(source), '--out', str(out), '--limit', '7', '--every', '2']) == 0
    first = out.read_text()
    assert '7 formulas' in capsys.readouterr().out and len(first.splitlines()) == 7
    compose.main([str(source), '--out', str(out), '--limit', '7', '--every', '2'])
    assert out.read_text() == first
    assert compose.main([str(tmp_path / 'none.jsonl'), '--out', str(out)]) == 2


def test_spans() -> None:
    tokens = tokenize(r'a\left(b_{c}\right]\hat{d}\mathrm{ef}\Big(g\Big)(h)\overline{i}j')
    assert [tokens[i] for i in letters(tokens)] == ['a', 'b', 'c', 'g', 'h', 'j']
    fitted, plain = pairs(tokens)
    assert (tokens[fitted.opening], tokens[fitted.closing], fitted.fitted) == ('(', ']', True)
    assert (tokens[plain.opening : plain.closing + 1], plain.fitted) == (['(', 'h', ')'], False)
    assert close(tokens, tokens.index('{')) == tokens.index('}') + 1
    level = depths(tokens)
    assert [level[i] for i in letters(tokens)] == [0, 1, 2, 0, 0, 0] and min(level) == 0


def test_brackets_pair_within_a_cell() -> None:
    assert pairs(tokenize(r'(a&b)')) == []
    assert pairs(tokenize(r'{(a}b)')) == []
    assert pairs(tokenize('[a,b)')) == []
    assert pairs(tokenize('([x])')) == [Pair(1, 3, False), Pair(0, 4, False)]


def test_pieces_for_tables() -> None:
    pool = Pool([], [])
    for formula in ('x_{1}', 'a+b,', 'x=y+1.', r'\frac{a=b}{2}', 'x=', 'a&b', 'x' * 20, '=' + 'x' * 10):
        pool.add(tokenize(formula), random.Random(0))
    assert [detokenize(piece) for piece in pool.cells] == ['x_{1}', 'a+b']
    assert [detokenize(piece) for piece in pool.equations] == ['x=y+1']
