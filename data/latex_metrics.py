r"""How high, deep and wide symbols of Computer Modern are, and the parameters of its mathematics.

The parameters are those of The TeXbook, appendix G. All of it is what `pdflatex` says of LaTeX's own fonts: `\ht`,
`\dp`, `\wd` and `\fontdimen`, in points. Tests ask it again for the symbols, and for the rest by the sizes of
delimiters.
"""

from collections.abc import Mapping
from typing import Any, Final

_SYMBOLS: Final = {
    (0.694, 0, 0.694, 0, 0.694, 0): r"""
        dkbhl!?"`@ \lambda \theta \partial \delta \ell \ln \forall \top \lim \perp \inf \det \vartheta \aleph \sinh
        \cosh \exists \dim \tanh \vdash \Re \ker \liminf \Im \coth \& \hom \dashv
        """,
    (0.431, 0, 0.431, 0, 0.431, 0): r"""
        nxaersmcuvzo:w \alpha \pi \sigma \infty \tau \omega \epsilon \nu \varepsilon \kappa \max \cos \propto \iota
        \varpi \upsilon \neg \varkappa \imath \arccos \sec \csc
        """,
    (0.694, 0.194, 0.694, 0.194, 0.694, 0.194): r"""
        f \beta \phi \log \xi \psi \dagger \zeta \neq \uparrow \downarrow \searrow \triangle \limsup \sharp \deg
        \bigtriangledown \lg \natural \gcd \bigcirc \# \Downarrow \P \S \Uparrow \bigtriangleup \ddagger \nearrow
        \nwarrow \smallint \swarrow \wr
        """,
    (0.75, 0.25, 0.75, 0.25, 0.75, 0.25): r"""
        )(|[]/ \sum \{ \} \| \rangle \langle \prod \setminus \parallel \bigcup \lfloor \rfloor \models \lceil \bigoplus
        \rceil \bigcap \bigwedge \bigotimes \bigsqcup \bigvee \bigodot \coprod \biguplus \surd \updownarrow
        """,
    (0.683, 0, 0.683, 0, 0.683, 0): r"""
        TARCNLEPBSMDHFIXVGKUWOZJY \nabla \amalg
        """,
    (0.367, 0, 0.384, 0, 0.396, 0): r"""
        = \rightarrow \sim \mapsto \leftarrow \Rightarrow \longrightarrow \Longrightarrow \Leftrightarrow
        \leftrightarrow \longleftrightarrow \Longleftrightarrow \longmapsto \rightharpoonup \Leftarrow \Longleftarrow
        \leftharpoondown \leftharpoonup \longleftarrow \nrightarrow \nsim \rightharpoondown
        """,
    (0.431, 0.194, 0.431, 0.194, 0.431, 0.194): r"""
        pygq; \mu \gamma \rho \eta \varphi \chi \exp \wp \sup \arg \varrho \jmath
        """,
    (0.683, 0, 0.683, 0, 0.68, 0): r"""
        \Delta \Omega \Gamma \Phi \Lambda \Sigma \Psi \Theta \Pi \Pr \Xi \Upsilon
        """,
    (0.583, 0.083, 0.619, 0.119, 0.667, 0.167): r"""
        -+ \times \pm \otimes \odot \oplus \ominus \mp \div \oslash
        """,
    (0.644, 0, 0.644, 0, 0.644, 0): r"""
        1203456879
        """,
    (0.539, 0.039, 0.576, 0.076, 0.601, 0.101): r"""
        <> \in \subset \ll \gg \prec \succ \supset \ni
        """,
    (0.636, 0.136, 0.685, 0.185, 0.719, 0.219): r"""
        \leq \geq \subseteq \preceq \succeq \supseteq \sqsubseteq \sqsupseteq
        """,
    (0.556, 0, 0.556, 0, 0.556, 0): r"""
        \prime \cap \cup \wedge \vee \sqcup \sqcap \uplus
        """,
    (0.692, 0, 0.689, 0, 0.681, 0): r"""
        \angle \because \therefore \Vdash \measuredangle \ulcorner \urcorner \vDash
        """,
    (0.464, 0, 0.494, 0, 0.515, 0.015): r"""
        \equiv \simeq \hookrightarrow \asymp \eqsim \hookleftarrow
        """,
    (0.637, 0.137, 0.689, 0.19, 0.717, 0.219): r"""
        \leqslant \geqslant \preccurlyeq \succcurlyeq \trianglelefteq \trianglerighteq
        """,
    (0.689, 0, 0.689, 0, 0.689, 0): r"""
        \hbar \nvdash \beth \hslash \mho \nexists
        """,
    (0.675, 0, 0.744, 0, 0.819, 0): r"""
        \square \boxtimes \blacksquare \boxdot \boxminus \boxplus
        """,
    (0.55, 0.035, 0.566, 0.076, 0.601, 0.101): r"""
        \vartriangleleft \ggg \lll \sqsubset \sqsupset \vartriangleright
        """,
    (0.465, 0, 0.465, 0, 0.465, 0): r"""
        * \star \bowtie \triangleleft \triangleright
        """,
    (0.444, 0, 0.465, 0, 0.493, 0): r"""
        \cdot \cdots \circ \bullet \diamond
        """,
    (0.582, 0.082, 0.622, 0.122, 0.662, 0.162): r"""
        \varnothing \rtimes \digamma \ltimes \smallsetminus
        """,
    (0.615, 0, 0.615, 0, 0.615, 0): r"""
        t \tan \cot \arctan
        """,
    (0.806, 0.306, 0.806, 0.306, 0.806, 0.306): r"""
        \int \iint \oint \iiint
        """,
    (0.692, 0.194, 0.689, 0.19, 0.681, 0.195): r"""
        \barwedge \bigstar \upharpoonright \veebar
        """,
    (0.668, 0, 0.673, 0, 0.68, 0): r"""
        \sin \min \arcsin
        """,
    (0.75, 0.056, 0.75, 0.056, 0.75, 0.056): r"""
        \% \emptyset \$
        """,
    (0.794, 0.303, 0.872, 0.372, 0.933, 0.433): r"""
        \nsubseteq \nsupseteq \ncong
        """,
    (0.106, 0, 0.115, 0, 0.122, 0): r"""
        . \ldots
        """,
    (1.506, 0, 2.151, 0, 3.011, 0): r"""
        \vdots \ddots
        """,
    (0.636, 0.136, 0.689, 0.19, 0.719, 0.219): r"""
        \subsetneq \supsetneq
        """,
    (0.55, 0, 0.566, 0, 0.543, 0): r"""
        \Cap \Cup
        """,
    (0.358, 0, 0.358, 0, 0.358, 0): r"""
        \frown \smile
        """,
    (0.756, 0.256, 0.825, 0.32, 0.852, 0.371): r"""
        \geqq \leqq
        """,
    (0.756, 0.256, 0.825, 0.33, 0.877, 0.371): r"""
        \gtrapprox \lessapprox
        """,
    (0.675, 0.181, 0.744, 0.245, 0.765, 0.28): r"""
        \gtrless \lessgtr
        """,
    (0.675, 0.181, 0.689, 0.19, 0.717, 0.195): r"""
        \leftrightarrows \rightrightarrows
        """,
    (0.741, 0.251, 0.755, 0.255, 0.75, 0.25): r"""
        \nmid \nparallel
        """,
    (0.522, 0.014, 0.529, 0.029, 0.543, 0.033): r"""
        \rightleftharpoons \twoheadrightarrow
        """,
    (0.106, 0.194, 0.115, 0.194, 0.122, 0.194): r"""
        ,
        """,
    (0.66, 0, 0.662, 0, 0.666, 0): r"""
        i
        """,
    (0.66, 0.194, 0.662, 0.194, 0.666, 0.194): r"""
        j
        """,
    (0.683, 0.194, 0.683, 0.194, 0.683, 0.194): r"""
        Q
        """,
    (0.483, 0, 0.516, 0.016, 0.538, 0.038): r"""
        \approx
        """,
    (0.73, 0.23, 0.786, 0.279, 0.819, 0.31): r"""
        \lesssim
        """,
    (0.634, 0.05, 0.625, 0.071, 0.593, 0.1): r"""
        \cong
        """,
    (0.917, 0.082, 0.988, 0.123, 1.083, 0.164): r"""
        \triangleq
        """,
    (0.73, 0.23, 0.786, 0.292, 0.819, 0.336): r"""
        \gtrsim
        """,
    (0.04, 0, 0.057, 0, 0.08, 0): r"""
        \_
        """,
    (0.75, 0.039, 0.75, 0.076, 0.75, 0.101): r"""
        \notin
        """,
    (0.431, 0.194, 0.431, 0.19, 0.431, 0.195): r"""
        \intercal
        """,
    (0.431, 0.097, 0.431, 0.097, 0.431, 0.097): r"""
        \varsigma
        """,
    (0.752, 0, 0.828, 0, 0.959, 0): r"""
        '
        """,
    (0.772, 0, 0.878, 0, 0.95, 0): r"""
        \doteq
        """,
    (0.75, 0, 0.75, 0, 0.75, 0): r"""
        \flat
        """,
    (0.825, 0, 0.825, 0, 0.819, 0): r"""
        \complement
        """,
    (0.757, 0.251, 0.825, 0.32, 0.871, 0.366): r"""
        \varsubsetneqq
        """,
    (0.55, 0.061, 0.611, 0.104, 0.647, 0.136): r"""
        \bumpeq
        """,
    (0.692, 0.082, 0.744, 0.123, 0.819, 0.164): r"""
        \dotplus
        """,
    (0.692, 0.111, 0.689, 0.123, 0.681, 0.136): r"""
        \lozenge
        """,
    (0.378, 0, 0.384, 0, 0.396, 0): r"""
        \rightsquigarrow
        """,
}  # fmt: skip
_LARGE: Final = {
    (1.05, 0.55): r"""
        \sum \prod \bigcup \bigoplus \bigcap \bigwedge \bigotimes \bigsqcup \bigvee \bigodot \coprod \biguplus
        """,
    (1.361, 0.861): r'\int \iint \oint \iiint',
}  # fmt: skip
_WIDTHS: Final = {
    0.27: r'\prime', 0.28: r'[ ] | , . : ; ! \vdots \cdot', 0.32: r'l', 0.34: r'i', 0.35: r'\iota', 0.36: r't',
    0.39: r'( ) \langle \rangle', 0.41: r'\epsilon', 0.42: r'\ell', 0.43: r'b c', 0.44: r'\varsigma \dagger',
    0.47: r'e j s \varepsilon', 0.48: r'o q r \delta \xi', 0.5: r'p 0 1 2 3 4 5 6 7 8 9 / * \{ \} \theta \circ \star',
    0.51: r'g z \zeta', 0.52: r'd v I \rho \varrho', 0.53: r'a y \eta', 0.54: r'\hbar', 0.55: r'k \tau', 0.56: r'\nu',
    0.57: r'u x \gamma', 0.58: r'h \kappa \lambda \upsilon', 0.59: r'\vartheta \partial', 0.6: r'f n \mu \phi',
    0.61: r'\pi \sigma', 0.62: r'\beta', 0.63: r'\Gamma \chi', 0.64: r'\alpha', 0.65: r'J \varphi', 0.66: r'\omega',
    0.67: r'S \Xi \wedge \in', 0.68: r'L', 0.69: r'\Lambda \psi', 0.72: r'T \Omega \Phi \Sigma', 0.74: r'w',
    0.75: r'A Z \Pi', 0.77: r'R',
    0.78: r'F P + - = < > \Psi \Theta \Upsilon \times \pm \mp \otimes \oplus \leq \geq \neq \equiv \sim \approx \simeq',
    0.79: r'C G O Q U', 0.8: r'E Y', 0.81: r'B V', 0.83: r'\Delta \nabla', 0.86: r'D', 0.88: r'm', 0.91: r'H N X',
    0.92: r'K', 1.0: r'\infty \rightarrow \leftarrow', 1.08: r'M W', 1.17: r'\cdots \ldots \ddots',
}  # fmt: skip
ACCENTS: Final = {
    r'\hat': 6.94, r'\tilde': 6.68, r'\bar': 5.68, r'\dot': 6.68, r'\vec': 7.14, r'\ddot': 6.68, r'\check': 6.28,
    r'\breve': 6.94, r'\acute': 6.94, r'\grave': 6.94, r'\mathring': 6.94,
}  # fmt: skip
"""height of accents at 10 points, over a letter of x-height; by what a letter is taller they stand higher"""

POINTS: Final = (10.0, 10.0, 7.0, 5.0)
"""size of the letters, by style: display, text, script, script in a script"""
# Each by style.
X_HEIGHT: Final = (4.306, 4.306, 3.014, 2.153)  # fontdimen 5 of the symbols' font
NUMERATOR: Final = (6.765, 3.937, 2.687, 1.937)  # 8 in a display, else 9
DENOMINATOR: Final = (6.86, 3.448, 2.41, 2.66)  # 11 in a display, else 12
SUP: Final = (4.129, 3.629, 3.018, 2.018)  # 13 in a display, else 14
SUP_CRAMPED: Final = (2.889, 2.889, 2.0, 1.472)  # 15
SUB: Final = (1.5, 1.5, 1.0, 1.0)  # 16
SUB_WITH_SUP: Final = (2.472, 2.472, 2.0, 2.0)  # 17
SUP_DROP: Final = (3.861, 3.861, 2.472, 2.472)  # 18
SUB_DROP: Final = (0.5, 0.5, 0.5, 0.5)  # 19
AXIS: Final = (2.5, 2.5, 1.75, 1.25)  # 22
RULE: Final = (0.4, 0.4, 0.34, 0.243)  # 8 of the extension font, and 9 to 13
GAP_ABOVE, GAP_BELOW, BASELINE_ABOVE, BASELINE_BELOW, PADDING = 1.111, 1.667, 2.0, 6.0, 1.0
DELIMITERS: Final = (10.0, 12.0, 18.0, 24.0, 30.0)
r"""sizes in which a delimiter comes: that of the letters, `\big`, `\Big`, `\bigg`, `\Bigg`"""
BAR: Final = 6.0001
"""what the bars of a delimiter are made of"""


def _by_symbol(table: Mapping[Any, str]) -> dict[str, Any]:
    return {
        symbol: extent
        for extent, words in table.items()
        for word in words.split()
        for symbol in ([word] if word.startswith('\\') else word)
    }


SYMBOLS: Final = _by_symbol(_SYMBOLS)
"""height and depth of each symbol at 10, 7 and 5 points, in em"""
LARGE: Final = _by_symbol(_LARGE)
"""height and depth of operators in a display, in em"""
WIDTHS: Final = _by_symbol(_WIDTHS)
"""width of letters, digits and common signs at 10 points, in em"""
