"""Tests of data/latex.py: golden strings, inverses, idempotence, totality, linear time, and the pages themselves."""

import shutil
import time

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.latex import canonicalize, detokenize, fingerprint, normalize, tokenize
from data.latex_form import (
    EmptyFormula,
    Form,
    LatexError,
    MissingArgument,
    NestedTooDeeply,
    UnbalancedGroup,
    UnsupportedCommand,
)
from data.latex_rules import ARGUMENTS, DROPPED, FONTS, SWITCHES, SYNONYMS, TEXT

SPECIAL = r"""
{ } { } [ ] ( ) _ ^ & $ ~ * . . % a b x A 1 2 + - = < | \ ' '' é \. \\ 1pt \left \right \middle \big \over \atop \choose
\not \dots \sqrt \frac \kern \hspace \phantom \substack \mathop \underset \overset \max \prime \buildrel \alpha \sum
\operatorname* \begin \end \begin{aligned} \end{aligned} \begin{array}{cc} \end{array} \begin{matrix} \end{matrix}
\end{cases} \genfrac \root \of \nicefrac \matrix \pmatrix \cases \cr \unknown \unheard \cramped 0pt \nleq
"""
PIECES = sorted(
    {*DROPPED, *SYNONYMS, *ARGUMENTS, *FONTS, *SWITCHES, *TEXT, *SPECIAL.split()}
    | {' ', '\n', r'\begin {cases}', r'\operatorname *'}
)
latex = st.lists(st.sampled_from(PIECES), max_size=25).map(''.join) | st.text(max_size=40)


@pytest.mark.parametrize(
    ('given', 'tokens'),
    [
        (r'\frac{a}2', [r'\frac', '{', 'a', '}', '2']),
        (r'\alpha  x\,\\ \{', [r'\alpha', 'x', r'\,', r'\\', r'\{']),
        (
            r'\operatorname*{a}\operatorname *\alpha*',
            [r'\operatorname*', '{', 'a', '}', r'\operatorname', '*', r'\alpha', '*'],
        ),
        (r'\begin {array}a\end{align*}', [r'\begin{array}', 'a', r'\end{align*}']),
        (r'\text{a b} c d', [r'\text', '{', 'a', '~', 'b', '}', 'c', 'd']),
        (r'\text{a {b c}$d e$}', [r'\text', '{', 'a', '~', '{', 'b', '~', 'c', '}', '$', 'd', 'e', '$', '}']),
        (r'\textrm { i f ~ x }', [r'\textrm', '{', 'i', 'f', '~', 'x', '}']),
        ('a%comment\nb\\%', ['a', 'b', r'\%']),
        ('a\\', ['a', '\\']),
        ('', []),
    ],
)
def test_tokenize(given: str, tokens: list[str]):
    assert tokenize(given) == tokens


@pytest.mark.parametrize(
    ('tokens', 'latex'),
    [
        ([r'\sin', 'x'], r'\sin x'),
        ([r'\sin', '2', r'\alpha', r'\beta'], r'\sin2\alpha\beta'),
        ([r'\operatorname', '*'], r'\operatorname *'),
        ([r'\begin{aligned}', '&', 'x'], r'\begin{aligned} &x'),
        ([r'\begin{aligned}', 'x'], r'\begin{aligned}x'),
    ],
)
def test_detokenize(tokens: list[str], latex: str):
    assert detokenize(tokens) == latex


@given(latex)
@settings(max_examples=500, deadline=None)
def test_detokenize_is_the_inverse_of_tokenize(given: str):
    tokens = tokenize(given)
    assert tokenize(detokenize(tokens)) == tokens


GOLDEN = {
    'space': [
        (r'a\,b\;c\!d\quad e\qquad f~g\ h\hspace{1cm}i\hspace * { 2 p t }j', 'abcdefghij'),
        (r'a\kern-3.5pt b\hskip 1 cm plus 2fil c\mkern 2mu d\phantom{x}e\label{eq:1}\nonumber', 'abcde'),
        (r'{\displaystyle\sum\limits_i}\textstyle x', r'\sum_{i}x'),
        (r'\rlap{ab}\smash{c}\mathrel{=}\mathord{d}', r'\mathrm{ab}c=d'),
    ],
    'delimiters': [
        (r'\left(\frac12\right]', r'\left(\frac{1}{2}\right]'),
        (r'\left.x\right|_0 \Bigl\{y\Bigr\rangle\big/\middle|', r'x|_{0}\Big\{y\Big\rangle\big/\middle|'),
        (r'\left<a\right>', r'\langle a\rangle'),
        (r'\left(x_i\right)\left(x^2\right)\left|\hat x\right|', r'(x_{i})\left(x^{2}\right)|\hat{x}|'),
        (r'\sqrt{\left(x^2\right)}', r'\sqrt{(x^{2})}'),
        (r'\frac{\left(x^2\right)}{\left(x^2\right)}', r'\frac{\left(x^{2}\right)}{(x^{2})}'),
        (r'\big(x^2\big)\big(x_i\big)', r'\left(x^{2}\right)\big(x_{i}\big)'),
        (r'\|a\|\parallel b', r'\|a\|\|b'),
        (r'\bigl(\Bigm|\biggr)\big{(}', r'\big(\Big|\bigg)\big('),
        (r'\left(a\middle|b\right)\left(a\middle|\sum\right)', r'(a|b)\left(a\middle|\sum\right)'),
        (r'\lvert a\rvert\Vert b\Vert\lbrace c\mid d\}', r'|a|\|b\|\{c|d\}'),
    ],
    'scripts': [
        ('x^2_i', 'x_{i}^{2}'),
        ("f'", r'f^{\prime}'),
        ("f''^2_i", r'f_{i}^{\prime\prime2}'),
        (r'x ^ { \prime \prime }', r'x^{\prime\prime}'),
        ("x^{'}", r'x^{\prime}'),
        (r"f^{{}^{\prime\prime}}+A_{{}_i}", r'f^{\prime\prime}+A_{i}'),
        (r'\omega^{\prime}{}^{2}=\bar\Psi_4^H{}^2)', r'\omega^{\prime2}=\bar{\Psi}_{4}^{H2})'),
        (r'C^a{}_b{}_c+x_a{}_b', r'C^{a}{}_{b}{}_{c}+x_{ab}'),
        (r'x\sp2\sb i', 'x_{i}^{2}'),
        ('x^{}_{}', 'x'),
        ('{}^2x', '{}^{2}x'),
        ('^2x', '{}^{2}x'),
        ('{AB}^2', 'AB^{2}'),
        ('{x_a}^b', 'x_{a}{}^{b}'),
        ('{x^2}^3', '{x^{2}}^{3}'),
        ('R^a{}_b', 'R^{a}{}_{b}'),
        # Behind one symbol an empty group holds its scripts where the symbol would; a letter behind may own them.
        ('(x{}^2)', '(x^{2})'),
        (r'\bar{x}{}_1=\mathbf{y}\,^2', r'\bar{x}_{1}=\mathbf{y}^{2}'),
        ("k{}'y{}^*z", r'k^{\prime}y^{*}z'),
        (r'x{}^{3}P\pm{}^{2})', r'x^{3}P\pm{}^{2})'),
        (r'\int{}^2,AB{}_{a}{}^{b}', r'\int{}^{2},AB_{a}{}^{b}'),
        (r'\tilde{\bar{M}}{}^{ab}x^a{}^bP', r'\tilde{\bar{M}}^{ab}x^{ab}P'),
        (r'(^3S+\{{}_1 R|^2 x', r'({}^{3}S+\{{}_{1}R|^{2}x'),
        (r"{x'}^2{x''}^n_a{x^a}^2{x'}_a", r'x^{\prime2}{x^{\prime\prime}}_{a}^{n}{x^{a}}^{2}x^{\prime}{}_{a}'),
        (r'\dot{x_i}\hat{x_{ij}}\dot{x_i}^2\dot{x_i}_j', r'\dot{x}_{i}\hat{x_{ij}}\dot{x_{i}}^{2}\dot{x_{i}}_{j}'),
        (r'\widehat{x_i}\dot{x^i}\bm{\hat{n_k}}', r'\widehat{x_{i}}\dot{x^{i}}\hat{\boldsymbol{n}}_{\boldsymbol{k}}'),
        (r'R^a_{\phantom{a}b}', 'R^{a}{}_{b}'),
        (r'R^a_{\,\,b}+R^a_{\,b}', 'R^{a}{}_{b}+R_{b}^{a}'),
        (r'\Gamma _ { ~ \nu } ^ { \mu }', r'\Gamma^{\mu}{}_{\nu}'),
        (r'x^\frac12', r'x^{\frac{1}{2}}'),
        (r'\prescript{a}{b}{X}', '{}_{b}^{a}X'),
    ],
    'braces': [
        ('{a}', 'a'),
        ('{{x}}{=}{}', 'x='),
        (r'\frac12\sqrt 2\sqrt[3]{x}\hat x\bar\psi', r'\frac{1}{2}\sqrt{2}\sqrt[3]{x}\hat{x}\bar{\psi}'),
        (r'\sqrt[{]}]{x}', r'\sqrt[{]}]{x}'),
        (r'\frac', r'\frac{}{}'),
    ],
    'fractions': [
        (r'a\over b', r'\frac{a}{b}'),
        (r'{1+x \over 2}y', r'\frac{1+x}{2}y'),
        (r'\left(n\choose k\right)', r'\left(\binom{n}{k}\right)'),
        (r'\dfrac12\tfrac12\cfrac12\dbinom ab', r'\frac{1}{2}\tfrac{1}{2}\cfrac{1}{2}\binom{a}{b}'),
        (r'\sum_{a\atop b}', r'\sum_{\substack{a\\b}}'),
        (r'{a\atop b}', r'\begin{matrix}a\\b\end{matrix}'),
        (r'{\textstyle{1\over2}}x+\textstyle{n\choose k}', r'\tfrac{1}{2}x+\tbinom{n}{k}'),
        (r'{\frac12\over3}+{\textstyle1\over2}', r'\frac{\frac{1}{2}}{3}+\frac{1}{2}'),
        (r'{\displaystyle\frac12+1\over\left(a\over b\right)}', r'\frac{\dfrac{1}{2}+1}{\left(\frac{a}{b}\right)}'),
        (r'\mbox{$\frac12$}\hbox{ or $\sum$}x', r'\tfrac{1}{2}\mathrm{or}{\textstyle\sum}x'),
    ],
    'styles': [
        (r'\displaystyle x+{\displaystyle\frac12}', r'x+\frac{1}{2}'),
        (r'\frac{\displaystyle\frac12+1}{\dfrac12}', r'\frac{\dfrac{1}{2}+1}{\dfrac{1}{2}}'),
        (r'\frac{\displaystyle\sum_i x}{{\displaystyle\sum}y}', r'\frac{\displaystyle\sum_{i}x}{{\displaystyle\sum}y}'),
        (r'\textstyle\frac12\sum x', r'\tfrac{1}{2}\textstyle\sum x'),
        (r'\begin{dcases}\frac12\end{dcases}', r'\begin{cases}\dfrac{1}{2}\end{cases}'),
        (r'{\scriptstyle x}y', r'{\scriptstyle x}y'),
        (r'x_{\mbox{\tiny eff}}x_{\mbox{eff}}', r'x_{\scriptscriptstyle\mathrm{eff}}x_{\textstyle\mathrm{eff}}'),
        (r'\sum\limits_i\int\limits_i\sum\nolimits_i', r'\sum_{i}\int\limits_{i}\sum\nolimits_{i}'),
        (r'\frac{\sum\limits_i}{\sum\nolimits_i}', r'\frac{\sum\limits_{i}}{\sum_{i}}'),
    ],
    'fractions of other packages and of plain TeX': [
        (r'\genfrac(){0pt}{0}{n}{k}', r'\binom{n}{k}'),
        (r'\genfrac{}{}{}{}{a}{b}\genfrac..{0.4pt}1ab', r'\frac{a}{b}\tfrac{a}{b}'),
        (r'\genfrac\{]{ 1 pt}{}{a}{b}', r'\bigg\{\frac{a}{b}\bigg]'),
        (r'\genfrac{}{}{0pt}{}{a}{b}', r'\begin{matrix}a\\b\end{matrix}'),
        (r'x_{\genfrac{}{}{0pt}{}{a}{b}}', r'x_{\substack{a\\b}}'),
        (r'\genfrac{<}{\rbrack}{0.0pt}{}{a}{b}', r'\left\langle\begin{matrix}a\\b\end{matrix}\right]'),
        (r'\genfrac{[}{]}{0pt}{}{a}{b}', r'\begin{bmatrix}a\\b\end{bmatrix}'),
        (r'{a\brace b}', r'\begin{Bmatrix}a\\b\end{Bmatrix}'),
        (r'\root 3 \of x\root\of{x+1}\root n+1\of2', r'\sqrt[3]{x}\sqrt{x+1}\sqrt[n+1]{2}'),
        (r'\root[\of x\root]\of x\sqrt[\leftroot{-2}\uproot2 3]x', r'\sqrt[[]{x}\sqrt[{]}]{x}\sqrt[3]{x}'),
        (r'\nicefrac{a}{b}\nicefrac12\sfrac[x]{c}{d}', 'a/b1/2c/d'),
        (r'\matrix{a&b\cr c&d\cr}', r'\begin{matrix}a&b\\c&d\end{matrix}'),
        (r'\pmatrix{a & b \cr c & d}x', r'\begin{pmatrix}a&b\\c&d\end{pmatrix}x'),
        (r'\cases{a&b\cr c&d}', r'\begin{cases}a&b\\c&d\end{cases}'),
        (r'\eqalign{a&=b\cr&=c}', r'\begin{aligned}a&=b\\&=c\end{aligned}'),
        (r'\cramped{x^2}\cramped[\textstyle]{y}', 'x^{2}y'),
    ],
    'unknown commands': [
        (r'\splitfrac{a}{ \bf b }c', r'\splitfrac{a}{\mathbf{b}}c'),
        (r'\unknown[2] {x}_1^\unheard{y}', r'\unknown[2]{x}_{1}^{\unheard{y}}'),
        (r'\unknown[x]y\unknown {} {{z}}', r'\unknown[x]y\unknown{}{z}'),
        (r'\unknown[]{x}\unknown[{]}]{x}', r'\unknown[]{x}\unknown[{]}]{x}'),
        (r'\frac\unknown{a}\hat\unknown{b}', r'\frac{\unknown}{a}\hat{\unknown}b'),
        (r'\alpha{x}\sin{x}\nleq{x}\upalpha{x}\hookrightarrow{x}', r'\alpha x\sin x\nleq x\upalpha x\hookrightarrow x'),
    ],
    'fonts': [
        (r'{\bf x_1} y', r'\mathbf{x}_{\mathbf{1}}y'),
        (r'\mathbf{x_1}', r'\mathbf{x}_{\mathbf{1}}'),
        (r'{\cal M}{\rm GeV}', r'\mathcal{M}\mathrm{GeV}'),
        (r'\mathrm{a}\mathrm{b}\mathrm{2}\mathrm{=}\mathrm{\Gamma\alpha}', r'\mathrm{ab}2=\Gamma\alpha'),
        (r'\bm{x}\pmb y\boldsymbol{\alpha+1}', r'\boldsymbol{x}\pmb{y}\boldsymbol{\alpha+}\mathbf{1}'),
        (r'\boldsymbol{\mathbf{x}\mathcal L\sum}', r'\mathbf{x}\boldsymbol{\mathcal{L}}\sum'),
        (r'\mathbf{\mathrm{x}}', r'\mathrm{x}'),
        (r'\mathbf{x\mathnormal{y}}', r'\mathbf{x}y'),
        (r'\mathit{x}+\mathit{diff}+\textit{a}_{\mathit2}', r'x+\mathit{diff}+a_{\mathit{2}}'),
        (r'{\bf 79.6}', r'\mathbf{79.6}'),
        (r'\mbox{\boldmath $\alpha$}', r'\boldsymbol{\alpha}'),
    ],
    'text': [
        (r'\text{if}', r'\mathrm{if}'),
        (r'\mbox{ for all }x', r'\text{for~all}x'),
        (r'\mathrm { ~ f o r ~ a l l ~ } x', r'\text{for~all}x'),
        (r'\text{ if $x > 0$, else }', r'\mathrm{if}x>0,\mathrm{else}'),
        (r'\text{x-ray}', r'\text{x-ray}'),
        (r'\text{a.e.\ in }', r'\text{a.e.~in}'),
        (r'\textbf{a b}\textit{c d}\textbf{\textit{E}}', r'\textbf{a~b}\textit{c~d}\boldsymbol{E}'),
        (r'\textsc{Abc}', r'\mathrm{ABC}'),
        (r'\text{\cal A-\scr é}', r'\mathcal{A}\text{-é}'),
    ],
    'operators': [
        (r'\operatorname { t a n }x', r'\tan x'),
        (r'{\rm sin}x\mathop{\rm cos}x\text{max}', r'\sin x\cos x\max'),
        (r'exp(x)+2sin\theta+Tr ln\left[x\right]', r'\exp(x)+2\sin\theta+Tr\ln[x]'),
        (r'V_{exp}+lna+\mathit{sin}+max(x)', r'V_{exp}+lna+\mathit{sin}+max(x)'),
        (r'e^{\l}', r'e^{l}'),
        (r'\left.\frac{a}{b}\right.,\left.x\right._i', r'\frac{a}{b},\left.x\right._{i}'),
        (r'\mathrm{max}_x', r'\mathrm{max}_{x}'),
        (r'\mathop{\rm max}_x', r'\max_{x}'),
        (r'\operatorname{Tr}A', r'\mathrm{Tr}A'),
        (r'\operatorname*{arg\,max}_{x}', r'\underset{x}{\mathrm{argmax}}'),
        (r'\underset{x}{\overset n\sum}\overset b{\underset a\max}', r'\sum_{x}^{n}\max_{a}^{b}'),
        (r'\stackrel{\rm def}=\buildrel a\over b', r'\overset{\mathrm{def}}{=}\overset{a}{b}'),
        (r'\overset{.}{x}^2\stackrel{..}\Omega', r'\dot{x}^{2}\ddot{\Omega}'),
        (r'a\cdot\cdot\cdot b\cdot c\cdot\cdot d', r'a\cdots b\cdot c\cdot\cdot d'),
        (r'a\pmod n', r'a(\mathrm{mod}n)'),
    ],
    'synonyms': [
        (r'\le\ge\ne\to\gets\land\lor\lnot\owns', r'\leq\geq\neq\rightarrow\leftarrow\wedge\vee\neg\ni'),
        (r'\not=\not\in\not<\slashed{p}', r'\neq\not\in\not<\not p'),
        (r'a,\dots,b\dots+c...', r'a,\ldots,b\cdots+c\ldots'),
        (r'\dots*a\dots:b\dots\sum\dots\iff', r'\cdots*a\cdots:b\cdots\sum\cdots\Longleftrightarrow'),
        (r'\dots\mid|\dots|', r'\cdots||\ldots|'),
        (r'\dots\neq\dots\perp\dots\bot', r'\ldots\neq\cdots\perp\ldots\perp'),
        (r'\ast\colon\coloneqq\iff\i', r'*::=\Longleftrightarrow\imath'),
        (r'\emptyset\varnothing\bar x\overline x', r'\emptyset\varnothing\bar{x}\overline{x}'),
    ],
    'environments': [
        (r'\begin{pmatrix}a&{b}\\[2pt]c&d\\\end{pmatrix}', r'\begin{pmatrix}a&b\\c&d\end{pmatrix}'),
        (r'\left[\begin{array}{@{}c c}a&b\end{array}\right]', r'\begin{bmatrix}a&b\end{bmatrix}'),
        (r'\begin{array}{rl}a=1,&b=c\end{array}.', r'a=1,b=c.'),
        (r'\begin{array}{rl}a&\frac12\\ai\end{array}', r'\begin{array}{rc}a&\frac{1}{2}\\ai\end{array}'),
        (r'x\begin{array}{rl}a&b\end{array}', r'x\begin{matrix}a&b\end{matrix}'),
        (r'\begin{array}{l|*{2}{r}p{2cm}}a&1\\ac&10\end{array}', r'\begin{array}{l|rcc}a&1\\ac&10\end{array}'),
        (r'\left\{\begin{array}{ll}&b\\&dx\end{array}\right.', r'\left\{\begin{array}{cl}&b\\&dx\end{array}\right.'),
        # Cells about equally wide are as well centred.
        (r'\left(\begin{array}{lr}x&g_{1}\\y&g_{2}\end{array}\right)', r'\begin{pmatrix}x&g_{1}\\y&g_{2}\end{pmatrix}'),
        (r'\begin{array}{rrr}x&=&-1\\m&=&1\end{array}', r'\begin{array}{rcr}x&=&-1\\m&=&1\end{array}'),
        (r'\begin{array}{l}\frac12\\\sqrt2\end{array}', r'\begin{array}{l}\frac{1}{2}\\\sqrt{2}\end{array}'),
        (r'\begin{array}{l}x\\\int\end{array}', r'\begin{array}{l}x\\\int\end{array}'),
        (r'\begin{split}a&=b\\&=c\end{split}', r'\begin{aligned}a&=b\\&=c\end{aligned}'),
        (r'\begin{aligned}a&=b\end{aligned}', 'a=b'),
        (r'\begin{eqnarray*}a&=&b\\&&+c\end{eqnarray*}', r'\begin{aligned}a&=b\\&+c\end{aligned}'),
        (r'\begin{aligned}[t] [a]&*\\ [c]\\ *\end{aligned}', r'\begin{aligned}{}[a]&*\\{}[c]\\{}*\end{aligned}'),
        (r'\begin{gathered}a\\b\end{gathered}', r'\begin{gathered}a\\b\end{gathered}'),
        (r'a&b\\', 'ab'),
    ],
    'ends of rows': [
        (r'\begin{array}{c}a\\*b\\*[2mm]c\\ *d\end{array}', r'\begin{matrix}a\\b\\c\\{}*d\end{matrix}'),
        (r'\begin{aligned}\mbox{if }&a\\*&b\end{aligned}', r'\begin{aligned}\mathrm{if}&a\\&b\end{aligned}'),
    ],
    'columns': [
        (r'\begin{array}{@{}l@{\quad}|@{\extracolsep{1cm}}r@{}}a&b\\ac&10\end{array}',
         r'\begin{array}{l|r}a&b\\ac&10\end{array}'),
        (r'\begin{array}{>{\displaystyle}lw{r}{1cm}}\frac ab&1\\\tfrac ab&10\end{array}',
         r'\begin{array}{lr}\dfrac{a}{b}&1\\\frac{a}{b}&10\end{array}'),
        (r'\begin{tabular}{>{$}c<{$}c}a&b\\c&d\end{tabular}',
         r'\begin{matrix}a&\mathrm{b}\\c&\mathrm{d}\end{matrix}'),
        (r'\begin{tabular*}{2cm}{c}$a$\\$b$\end{tabular*}', r'\begin{matrix}a\\b\end{matrix}'),
        (r'\begin{smallmatrix*}[r]a&b\\c&d\end{smallmatrix*}', r'\begin{smallmatrix}a&b\\c&d\end{smallmatrix}'),
    ],
    'dropped': [
        (r'\color{red}\textcolor{blue}{x}\ensuremath{y}\ref{a}\cite[1]{b}$z$', 'xyz'),
        ('a % comment\nb', 'ab'),
        ('x, y.', 'x,y.'),
    ],
    'not parsed': [
        (r'{a \le', r'{a\leq'),
        (r'\left( a', r'\left(a'),
        (r'\left\backslash a\backslash b', r'\left\backslash a\setminus b'),
        (r'\begin{aligned} a\,b', r'\begin{aligned}ab'),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ('given', 'canonical'),
    [pytest.param(*pair, id=f'{name}: {pair[0]}') for name, pairs in GOLDEN.items() for pair in pairs],
)
def test_normalize(given: str, canonical: str):
    assert normalize(given) == canonical
    assert normalize(canonical) == canonical
    assert normalize(' '.join(tokenize(canonical))) == canonical


@pytest.mark.parametrize(
    ('form', 'canonical'),
    [
        (Form(), r'\mathbf{x}\left(\frac{1}{2}\right)\mathcal{L}\text{if~a}\big|'),
        (Form(spacing='quads'), r'\mathbf{x}\quad\left(\frac{1}{2}\right)\mathcal{L}\text{if~a}\big|'),
        (Form(spacing='all'), r'\mathbf{x}\,\quad\left(\frac{1}{2}\right)~\mathcal{L}\text{if~a}\hspace{1cm}\big|'),
        (Form(sizes=False), r'\mathbf{x}(\frac{1}{2})\mathcal{L}\text{if~a}|'),
        (Form(fonts=False), r'x\left(\frac{1}{2}\right)\mathcal{L}ifa\big|'),
    ],
)
def test_what_a_form_keeps(form: Form, canonical: str):
    given = r'{\bf x}\thinspace\quad\left(\frac12\right)\ {\cal L}\mbox{if a}\hskip1cm\bigl|'
    assert canonicalize(given, form) == normalize(given, form) == canonical
    assert canonicalize(canonical, form) == canonical


@pytest.mark.parametrize(
    ('given', 'reason'),
    [
        ('{a', UnbalancedGroup),
        ('a}', UnbalancedGroup),
        (r'\left(a', UnbalancedGroup),
        (r'\begin{array}{c}a', UnbalancedGroup),
        (r'a\over b\over c', UnbalancedGroup),
        (r'\left', MissingArgument),
        (r'\hat_', MissingArgument),
        ('{' * 1000, NestedTooDeeply),
        (r'\foo{x}', UnsupportedCommand),
        # Nothing canonical says what these draw in every row, or where the words of their text end.
        (r'\begin{array}{r@{.}l}1&5\\2&75\end{array}', UnsupportedCommand),
        (r'\begin{array}{r@{\,=\,}l}x&1\\y&2\end{array}', UnsupportedCommand),
        (r'\begin{array}{>{\bfseries}l}a\end{array}', UnsupportedCommand),
        (r'\begin{array}{C C}a&b\\c&d\end{array}', UnsupportedCommand),
        (r'\begin{array}{}a\end{array}', UnsupportedCommand),
        (r'\begin{array}{*{99}{*{99}{c}}}a\end{array}', UnsupportedCommand),
        (r'\begin{array}{' + '*{1}{' * 2000 + 'c' + '}' * 2000 + r'}a\end{array}', NestedTooDeeply),
        (r'\begin{array}{p{1cm}}for all\end{array}', UnsupportedCommand),
        (r'\begin{tabular}{cc}word&$x$\\b&c\end{tabular}', UnsupportedCommand),
        (r'\begin{cases*}x & if $x>0$\\ y & otherwise\end{cases*}', UnsupportedCommand),
        (r'\begin{psmallmatrix*}[r]1&-1\\10&2000\end{psmallmatrix*}', UnsupportedCommand),
        (r'\begin{pmatrix*}[x]1&-1\\10&2000\end{pmatrix*}', UnsupportedCommand),
        (r'\begin{tikzpicture}a\end{tikzpicture}', UnsupportedCommand),
        ('é', UnsupportedCommand),
        ('', EmptyFormula),
        (r'{}\,\quad %', EmptyFormula),
    ],
)
def test_reasons(given: str, reason: type[LatexError]):
    with pytest.raises(reason):
        canonicalize(given)


@given(latex)
@settings(max_examples=300, deadline=None)
def test_canonicalize_gives_a_fixed_point_or_a_reason(given: str):
    try:
        canonical = canonicalize(given)
    except LatexError:
        return
    assert canonicalize(canonical) == canonical == normalize(given)


@given(latex)
@settings(max_examples=1500, deadline=None)
def test_normalize_is_total_and_idempotent(given: str):
    canonical = normalize(given)
    assert normalize(canonical) == canonical
    assert detokenize(tokenize(canonical)) == canonical


@pytest.mark.parametrize(
    'piece',
    [
        '{',
        '}',
        '{}',
        'x^',
        'x_1',
        r'\frac',
        r'\left(',
        r'\text{',
        r'\text{a ',
        r'\text { a b ',
        r'\begin{array}',
        ' ',
        '\\',
    ]
    + [
        r'\begin{ ',
        '%',
        r'\hat',
        r'\sqrt[',
        r'\kern',
        r'\\[',
        '$',
        r'\over ',
        "'",
        '{}^',
        r'\mathrm{a}',
        r'\mbox{$',
        '[',
        '.',
    ],
)
def test_long_input_takes_linear_time(piece: str):
    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        begin = time.process_time()
        tokens = tokenize(text)
        assert tokenize(detokenize(tokens)) == tokens
        normalize(text)
        return time.process_time() - begin

    # Ten times the length may take ten times the time; a quadratic step takes a hundred times.
    assert seconds(200_000) < 30 * seconds(20_000) + 0.1


def test_a_megabyte_of_braces():
    text = '{' * 1_000_000
    assert normalize(text) == text


def test_fingerprint_is_a_file_name():
    assert fingerprint().isalnum()


SAME_PAGE = [
    r'a\over b', r'{\bf x}_1^2+{\cal L}', r'x_i^2{}', r"f''(x)+g'^2", r'\mathrm{H_2O}', r'\mathbf{x_1+\alpha}',
    r'{a}{b}={c}', r'\boldsymbol{x_1\Gamma}', r'\frac12\sqrt 2\hat x\bar\psi', r'\le\ge\ne\to\gets\land\lor\lnot',
    r'\stackrel{a}{=}', r'\mathop{\rm Tr}A', r'\operatorname{sin}x', r'{\rm log}x', r'\sum\limits_{i=1}^n x',
    r'\operatorname*{argmax}_{x}f', r'\begin{pmatrix}a&b\\c&d\end{pmatrix}x', r'\begin{bmatrix}a\\b\end{bmatrix}x',
    r'\begin{alignedat}{2}a&=b\\&=c\end{alignedat}', r'\text{if }x', r'\mbox{for all }x',
    r'\lvert x\rvert+\lVert y\rVert', r'\{x\mid y\}', r'a,\dots,b+\dots+c', r'x\ast y^\ast', r'\prescript{a}{b}{X}',
    r'{x_a}^b', r'{AB}^2', r'x^{\prime\prime}', r'a\coloneqq b', r'\dag\ddag\colon', r'{n\choose k}',
    r'\dbinom nk', r'\underset{x}{\max}f', r'\overset{n}{\underset{i}{\sum}}', r'\pmod{n}', r'a\bmod b',
    r'\boldsymbol{\mathrm{x}\mathcal L}', r'\mathit{diff}', r'\textbf{a b}', r'\textit{c-d}', r'\text{a.e.}',
    r'{\it word}', r'\sqrt[3]{x}', r'\overline{x}+\widehat{xy}', r'x\to\infty\iff y', r'\substack{a\\b}',
    r'\big(x\big)', r'\left(x\right)', r'\begin{cases}a&b\\c&d\end{cases}',
    r'\left\{\begin{array}{ll}a&b\\c&d\end{array}\right.', r'\mathbf{79.6}', r'\bm{\beta}',
    r'\begin{aligned} &a\sqrt2\\&[b]\end{aligned}', r'\begin{gathered}a\\ [b]\end{gathered}', r'x\sp2\sb i',
    r'{\sf A}{\tt b}', r'\mathchoice{a}{b}{c}{d}', r'\textrm{N}\mathfrak{g}\mathscr{F}\mathbb{R}',
    r'x\,y\quad z\hspace{1cm}w', r'\hbox{\bf k}', r'\genfrac{}{}{}{}{a}{b}', r'\genfrac(){0pt}{0}{n}{k}',
    r'\genfrac{[}{]}{0pt}{}{a}{b}', r'x_{\genfrac{}{}{0pt}{}{a}{b}}', r'\root 3 \of {x+1}', r'\cramped{x^2}',
    r'\splitfrac{a}{b}', r'\textcircled{a}', r'\mathbf{x\mathnormal{y}}', r'\nleq{x}',
]  # fmt: skip


@pytest.mark.skipif(shutil.which('pdflatex') is None, reason='needs pdflatex')
def test_the_page_has_the_same_glyphs():
    from data.render import typeset

    document = typeset([*SAME_PAGE, *map(normalize, SAME_PAGE)])
    assert not document.errors
    pages = [_glyphs(document.pdf, page) for page in document.pages]
    changed = [
        a for a, before, after in zip(SAME_PAGE, pages, pages[len(SAME_PAGE) :], strict=False) if before != after
    ]
    assert not changed


def _glyphs(pdf: bytes, page: int | None) -> str:
    assert page is not None
    text = pypdfium2.PdfDocument(pdf)[page].get_textpage().get_text_range()
    return ''.join(text.split())
