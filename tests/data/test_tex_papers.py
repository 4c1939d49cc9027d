"""From the sources of a paper to its formulas."""

from collections import Counter
from pathlib import Path

from data.tex_files import Paper, find_papers
from data.tex_papers import paper_formulas

FIXTURE = Path(__file__).parent.parent / 'fixtures' / 'paper'
EXPECTED = [
    (r'x \in \mathbb{R}^n', 'inline'),
    (r'\left\lvert y\right\rvert', 'inline'),
    (r'\left\| \vec{\mathbf{x}} \right\|_{1} + \left\| y \right\|_{2}', 'display'),
    (r'\operatorname*{arg\,min}_\theta \langle a | {b,c} \rangle', 'display'),
    (
        r'\begin{aligned} a &= b + c, \\ d &= \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} \end{aligned}',
        'aligned',
    ),
    (r'a = b + c,', 'row'),
    (r'd = \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}', 'row'),
    (r'\begin{aligned} u &= v \\ &\leq w \end{aligned}', 'aligned'),
    ('u = v', 'row'),
    (r'\leq w', 'row'),
    ('a^2', 'inline'),
    (r'\nabla f = \begin{aligned} g \\ h \end{aligned}', 'display'),
    (r'\frac12\mathbb{R}', 'inline'),
]


def squeezed(text: str) -> str:
    return ' '.join(text.split())


def content(**files: str) -> Paper:
    return Paper('p', content={name.replace('_', '.'): text.encode() for name, text in files.items()})


def latex(**files: str) -> list[str]:
    return [formula.latex for formula in paper_formulas(content(**files))[0]]


def test_a_paper() -> None:
    [paper] = find_papers(FIXTURE)
    formulas, problems = paper_formulas(paper)
    assert [(squeezed(formula.latex), formula.kind) for formula in formulas] == EXPECTED
    assert problems == Counter({'formula: with references, text or pictures of the paper': 1})


def test_inputs_that_go_round_in_circles_or_are_missing() -> None:
    assert latex(main_tex=r'\documentclass{a}$a$\input{b}\input{c}$d$', b_tex=r'$b$\input main \include{b}') == list(
        'abd'
    )
    assert latex(main_tex=r'\input{../../etc/passwd}\input{/etc/passwd}$a$') == ['a']


def test_a_poisoned_macro_costs_the_formulas_it_is_in() -> None:
    bomb = r'\def\a{\b\b}\def\b{\c\c}\def\c{\a\a}\newcommand{\e}{\e}$x$ $\a$ $\e$ $y$'
    assert [formula for formula in latex(main_tex=bomb) if '\\' not in formula] == ['x', 'y']


def test_papers_without_formulas_are_counted() -> None:
    assert paper_formulas(content(main_tex='Words.')) == ([], Counter({'paper: no formulas': 1}))
    broken = Paper('p', content={'p.gz': b'\x1f\x8bnothing of the kind'})
    assert paper_formulas(broken) == ([], Counter({'paper: broken, empty or too large': 1}))
    assert paper_formulas(Paper('p', content={'p.gz': b'%PDF-1.4'}))[1] == Counter({'paper: no formulas': 1})


def test_latin_1() -> None:
    paper = Paper('p', content={'main.tex': '$\\text{für } x$'.encode('latin-1')})
    assert paper_formulas(paper)[0][0].latex == r'\text{für } x'
