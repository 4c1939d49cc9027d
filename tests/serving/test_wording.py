"""What people are told about a prediction."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.latex import tokenize
from modeling.prediction_im2latex import Prediction, Token
from serving.answers import answer
from serving.wording import INK, marked, remark, sureness

PLAIN = Prediction('x', 0.95)


@pytest.mark.parametrize(
    ('prediction', 'said', 'percent'),
    [
        (PLAIN, None, '95%'),
        (replace(PLAIN, score=0.5), 'Probably wrong somewhere, or not a formula at all.', '50%'),
        (replace(PLAIN, confidence=0.8, is_formula=True), None, '80%'),
        (replace(PLAIN, confidence=0.2, is_formula=True), 'Probably wrong somewhere.', '20%'),
        (replace(PLAIN, confidence=0.8, is_formula=False), 'This does not look like a formula.', '80%'),
        (replace(PLAIN, latex='', is_formula=True), 'Nothing was read: is this a formula?', '95%'),
    ],
)
def test_the_calibration_is_believed_where_there_is_one(prediction: Prediction, said: str | None, percent: str) -> None:
    assert (remark(prediction), sureness(prediction)) == (said, percent)


def test_what_is_no_formula_has_no_confidence_on_the_page() -> None:
    shown = answer(replace(PLAIN, confidence=0.8, is_formula=False))
    assert 'does not look like a formula' in shown.verdict and 'Confidence' not in shown.verdict
    assert shown.latex == 'x'


# Most are labels of im2latex-100k's validation split and of papers.
LABELS = [
    r'V_{00}^{\prime}\left(\sum_{r}q_{r}^{2}-Q^{3}\right)=\int_{0}^{\infty}d\kappa J_{\kappa}^{2}(1+3\mu)',
    r'\overline{\delta}_{\tilde{n}-1}\alpha x\beta 2\gamma @\big\langle788\big\rangle',
    r'\widehat{H}_{ij}=-\widehat{K}_{ij}\Delta^{2}+\mathrm{lower}-\text{order~derivatives~of~x[0]}.',
    r'\begin{cases}\frac{a}{b}&\text{if~}x>0\\c&\textit{such~that}~d\in\mathbb{R}\end{cases}',
    r'2\sqrt{\mathbb{E}[X^{2}]}\sqrt[6]{Y}\leq A\xrightarrow[a+b]{f}B\xleftarrow[\alpha]{g}C',
    r'\bigcup\limits_{i\in I}U_{i}\oint\nolimits_{C}\sum_{\substack{i\\j}}\prod^{n}\bigoplus x',
    r'\begin{aligned}&a=b\\[x]&=c\end{aligned}',
    r'\begin{matrix}[1](Q+R)=[1]Q+[1]R,\\{}[1]QR\end{matrix}',
    r'\begin{array}{r|cl}a&=&b\\\hline c&\not\equiv&\slashed{D}\end{array}',
    r'\mathsf{E}\texttt{a~b}\textbf{c~\&~d}\textsf{-}\underbrace{x}_{\text{n~times}}',
    r'\left\{x\middle|y\right.\Bigg|_{x=0}^{\dagger}\{\Psi\}',
]
COLOURED = re.compile(re.escape(INK) + r'\{(\\[A-Za-z]+|\\.|.)\}')
TEXT = re.compile(r'\\text(?:bf|it|sf|tt)?\{[^{}]*\}|\\(?:sqrt|xrightarrow|xleftarrow)\[[^]]*\]')
LIMITED = re.compile(f'{COLOURED.pattern}\\s*' + r'\\(?:no)?limits')


def coloured(label: str, probabilities: list[float]) -> str:
    tokens = zip(tokenize(label), probabilities, strict=True)
    return marked(Prediction(label, 0.9, tokens=tuple(Token(*each) for each in tokens)))


@pytest.mark.parametrize('label', LABELS)
@given(data=st.data())
def test_marks_leave_the_formula_as_it_is(label: str, data: st.DataObject) -> None:
    """Colours apart it has the same tokens, and texts and optional arguments have neither colours nor spaces."""
    tokens = tokenize(label)
    shown = coloured(label, data.draw(st.lists(st.floats(0, 1), min_size=len(tokens), max_size=len(tokens))))
    assert tokenize(COLOURED.sub(r'\1', shown)) == tokens
    assert TEXT.findall(shown) == TEXT.findall(label)
    assert not LIMITED.search(shown)


@pytest.mark.parametrize(
    ('label', 'expected'),
    [
        (r'x=\alpha b', r'[x][=][\alpha] [b]'),
        (r'\sqrt[3]{x}\text{a~b}', r'\sqrt[3]{[x]}\text{a~b}'),
        (r'\sum_{i}\sum x\bigcup\limits_{j}', r'\sum_{[i]}[\sum] [x]\bigcup\limits_{[j]}'),
        (r'\left(x\right)\\[a]', r'\left([x]\right)\\ [[][a][]]'),
        (r'\begin{array}{c}\mathrm{ab}\end{array}', r'\begin{array}{c}\mathrm{[a][b]}\end{array}'),
    ],
)
def test_what_is_marked(label: str, expected: str) -> None:
    shown = coloured(label, [0.5] * len(tokenize(label)))
    assert COLOURED.sub(r'[\1]', shown) == expected
    assert coloured(label, [1.0] * len(tokenize(label))).replace(r'\\ [', r'\\[') == label
