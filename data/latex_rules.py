r"""The tables behind `normalize` in `latex.py`: what each LaTeX command becomes in the canonical form.

An exact rule leaves every glyph in its place. These rules are lossy, for the sake of one label for what looks alike:

- space, sizes and styles go (`\,`, `\quad`, `\big`, `\displaystyle`, `\limits`), and with them what only places things
  (`\phantom`, `\smash`, `\mathrel`); `\left(` is `(`, `\dfrac` is `\frac`, `\nicefrac{a}{b}` is `a/b`, `\mid` is `|`,
  `\backslash` is `\setminus`, but for delimiters;
- glyphs that hardly differ share a name: bold italic text is `\boldsymbol`, small capitals are capitals,
  slanted is italic, one letter of text italic is a maths letter, an accent is never bold, text has maths punctuation;
- `R^a_{\ b}` is `R^{a}{}_{b}`; `{a \atop b}` is a matrix or, in scripts, `\substack`.
"""

from typing import Final


def _words(names: str) -> frozenset[str]:
    return frozenset(names.split())


def _commands(names: str) -> frozenset[str]:
    return frozenset(rf'\{name}' for name in names.split())


LETTERS: Final = frozenset('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ')
DIGITS: Final = frozenset('0123456789')

# --- Tokens -----------------------------------------------------------------------------------------------------------

STARRED: Final = frozenset({r'\operatorname', r'\hspace', r'\vspace', r'\tag', r'\DeclareMathOperator'})

# Commands whose argument is text: there a space is seen. The value is the font of the text.
TEXT: Final = {
    r'\text': 'rm', r'\mbox': 'rm', r'\hbox': 'rm', r'\textrm': 'rm', r'\textnormal': 'rm', r'\textup': 'rm',
    r'\textmd': 'rm', r'\makebox': 'rm', r'\vbox': 'rm', r'\vcenter': 'rm', r'\intertext': 'rm', r'\fbox': 'rm',
    r'\framebox': 'rm', r'\textsc': 'sc', r'\textbf': 'bf', r'\textit': 'it', r'\textsl': 'it', r'\emph': 'it',
    r'\textsf': 'sf', r'\texttt': 'tt',
}  # fmt: skip
# These stay as large as the text around the formula, even in scripts.
UNSCALED: Final = frozenset({r'\mbox', r'\hbox', r'\makebox', r'\vbox', r'\fbox', r'\framebox'})
# Sizes in text by the style whose letters have them.
TEXT_SIZES: Final = {r'\tiny': 3, r'\scriptsize': 2, r'\footnotesize': 1, r'\small': 1, r'\normalsize': 1,
                     r'\large': 1}  # fmt: skip
FRAMED: Final = frozenset({r'\fbox', r'\framebox'})
# These set upright text even inside of italic text; \mbox and \text go on in the font around them.
ROMAN: Final = frozenset({r'\textrm', r'\textnormal'})
TEXT_ACCENTS: Final = frozenset({r'\'', r'\`', r'\"', r'\^', r'\~', r'\='})
# In text these are (nearly) the glyphs of maths; other characters (hyphen, quotes) are not.
SHARED_PUNCTUATION: Final = frozenset('.,;:()[]/=+!?<>|')

# --- Tokens that go (lossy: they are space, size or bookkeeping) ------------------------------------------------------

WORD_SPACE: Final = frozenset({'~', r'\ ', '\\\n', '\\\t', '\\\r', r'\space', r'\nobreakspace', '\\'})
TEXT_SPACE: Final = WORD_SPACE | {r'\quad', r'\qquad', r'\enspace', r'\\'}
DROPPED: Final = WORD_SPACE | frozenset({
    r'\,', r'\:', r'\;', r'\!', r'\>', r'\/', r'\-', r'\*', r'\@', r'\quad', r'\qquad', r'\thinspace', r'\enspace',
    r'\medspace', r'\thickspace', r'\negthinspace', r'\negmedspace', r'\negthickspace', r'\enskip', r'\hfil', r'\hfill',
    r'\hss', r'\vfil', r'\vfill', r'\nobreak', r'\allowbreak', r'\break', r'\linebreak', r'\null', r'\strut',
    r'\mathstrut', r'\smallskip', r'\medskip', r'\bigskip', r'\nonumber', r'\notag', r'\tiny', r'\scriptsize',
    r'\footnotesize', r'\small', r'\normalsize', r'\large', r'\Large', r'\LARGE', r'\huge', r'\Huge',
    r'\boldmath', r'\unboldmath', r'\sl', r'\sc', r'\em', r'\normalfont', r'\rmfamily', r'\sffamily',
    r'\ttfamily', r'\bfseries', r'\itshape', r'\slshape', r'\scshape', r'\upshape', r'\mdseries',
    r'\protect', r'\relax', r'\noindent', r'\centering', r'\begingroup',
    r'\endgroup', r'\bgroup', r'\egroup', r'\xspace', r'\leavevmode', r'\ignorespaces', r'\unskip', r'\par', '$', '&',
    r'\(', r'\)', r'\[', r'\]', r'\mathsurround', r'\noalign', r'\normalbaselines', r'\qed', r'\qedhere',
})  # fmt: skip

# Of these, what is space, by the name that it has where space is kept.
SPACES: Final = dict.fromkeys(WORD_SPACE, '~') | {
    r'\,': r'\,', r'\:': r'\:', r'\;': r'\;', r'\!': r'\!', r'\>': r'\:', r'\quad': r'\quad', r'\qquad': r'\qquad',
    r'\thinspace': r'\,', r'\medspace': r'\:', r'\thickspace': r'\;', r'\negthinspace': r'\!', r'\enspace': r'\enspace',
    r'\enskip': r'\enspace', r'\negmedspace': r'\negmedspace', r'\negthickspace': r'\negthickspace',
}  # fmt: skip
QUADS: Final = frozenset({r'\quad', r'\qquad'})

# --- Styles (The TeXbook, chapter 17) and limits ----------------------------------------------------------------------

STYLE_NAMES: Final = (r'\displaystyle', r'\textstyle', r'\scriptstyle', r'\scriptscriptstyle')
STYLES: Final = {name: number for number, name in enumerate(STYLE_NAMES)}
LIMITS: Final = frozenset({r'\limits', r'\nolimits', r'\displaylimits'})

# Dropped together with that many arguments.
DROPPED_WITH_ARGUMENTS: Final = {
    r'\hspace': 1, r'\hspace*': 1, r'\vspace': 1, r'\vspace*': 1, r'\mspace': 1, r'\label': 1, r'\tag': 1, r'\tag*': 1,
    r'\ref': 1, r'\eqref': 1, r'\cite': 1, r'\phantom': 1, r'\hphantom': 1, r'\vphantom': 1, r'\addtocounter': 2,
    r'\setcounter': 2, r'\setlength': 2, r'\addtolength': 2, r'\color': 1, r'\footnote': 1, r'\pagebreak': 0,
    r'\footnotemark': 0, r'\refstepcounter': 1, r'\leftroot': 1, r'\uproot': 1, r'\renewcommand': 2, r'\hypertarget': 1,
    r'\extracolsep': 1,
}  # fmt: skip

# Dropped together with the length that follows.
DROPPED_WITH_LENGTH: Final = frozenset({r'\kern', r'\mkern', r'\hskip', r'\mskip', r'\vskip', r'\raise', r'\lower',
                                        r'\moveleft', r'\moveright'})  # fmt: skip

# Of these, the horizontal ones.
HORIZONTAL: Final = _commands('hspace hspace* mspace kern mkern hskip mskip')

# Wrappers: the value says which argument stays (0-based) out of how many.
UNWRAPPED: Final = {
    r'\mathord': (0, 1), r'\mathbin': (0, 1), r'\mathrel': (0, 1), r'\mathopen': (0, 1),
    r'\mathclose': (0, 1), r'\mathpunct': (0, 1), r'\mathinner': (0, 1), r'\ensuremath': (0, 1), r'\smash': (0, 1),
    r'\cramped': (0, 1),
    r'\rlap': (0, 1), r'\llap': (0, 1), r'\clap': (0, 1), r'\mathrlap': (0, 1), r'\mathllap': (0, 1),
    r'\mathclap': (0, 1), r'\lefteqn': (0, 1), r'\textcolor': (1, 2), r'\colorbox': (1, 2), r'\mathchoice': (0, 4),
    r'\raisebox': (1, 2), r'\scalebox': (1, 2), r'\resizebox': (2, 3), r'\hyperlink': (1, 2), r'\href': (1, 2),
    r'\MakeUppercase': (0, 1), r'\uppercase': (0, 1), r'\textsubscript': (0, 1), r'\textsuperscript': (0, 1),
    r'\hyperref': (0, 1),
}  # fmt: skip
# Of these the argument is text.
UNWRAPPED_TEXT: Final = frozenset({r'\rlap', r'\llap', r'\clap', r'\raisebox', r'\colorbox', r'\href',
                                   r'\hyperlink', r'\scalebox', r'\resizebox'})  # fmt: skip

UNWRAPPED_WITH_OPTION: Final = frozenset({r'\smash', r'\cramped', r'\textcolor', r'\colorbox', r'\hyperref'})

# Delimiters of a size, by the name without its side.
SIZED: Final = {
    rf'\{size}{side}': rf'\{size}' for size in ('big', 'Big', 'bigg', 'Bigg') for side in ('', 'l', 'r', 'm')
} | {r'\middle': r'\middle'}

# --- One glyph, one name ----------------------------------------------------------------------------------------------

SYNONYMS: Final = {
    r'\le': r'\leq', r'\ge': r'\geq', r'\ne': r'\neq', r'\to': r'\rightarrow', r'\gets': r'\leftarrow',
    r'\lbrace': r'\{', r'\rbrace': r'\}', r'\lbrack': '[', r'\rbrack': ']', r'\lvert': '|', r'\rvert': '|',
    r'\vert': '|', r'\mid': '|', r'\lVert': r'\|', r'\rVert': r'\|', r'\Vert': r'\|', r'\dotsc': r'\ldots',
    r'\dotso': r'\ldots', r'\hdots': r'\ldots', r'\textellipsis': r'\ldots', r'\mathellipsis': r'\ldots',
    r'\dotsb': r'\cdots', r'\dotsm': r'\cdots', r'\dotsi': r'\cdots', r'\land': r'\wedge', r'\lor': r'\vee',
    r'\lnot': r'\neg', r'\owns': r'\ni', r'\colon': ':', r'\vcentcolon': ':', r'\ordinarycolon': ':', r'\lt': '<',
    r'\gt': '>', r'\ast': '*', r'\iff': r'\Longleftrightarrow', r'\implies': r'\Longrightarrow',
    r'\impliedby': r'\Longleftarrow', r'\dag': r'\dagger', r'\ddag': r'\ddagger', r'\textdagger': r'\dagger',
    r'\cdotp': r'\cdot', r'\ldotp': '.', r'\i': r'\imath', r'\j': r'\jmath', r'\slash': '/', r'\bot': r'\perp',
    r'\backslash': r'\setminus', r'\Box': r'\square', r'\parallel': r'\|', r'\Diamond': r'\lozenge',
    r'\leadsto': r'\rightsquigarrow', r'\lhd': r'\vartriangleleft', r'\rhd': r'\vartriangleright',
    r'\unlhd': r'\trianglelefteq', r'\unrhd': r'\trianglerighteq', r'\restriction': r'\upharpoonright',
    r'\Tilde': r'\tilde', r'\Hat': r'\hat', r'\Bar': r'\bar', r'\Vec': r'\vec', r'\Dot': r'\dot', r'\Ddot': r'\ddot',
    r'\Check': r'\check', r'\Breve': r'\breve', r'\Acute': r'\acute', r'\Grave': r'\grave',
    r'\stackrel': r'\overset', r'\sp': '^', r'\sb': '_', r'\lq': '`', r'\rq': "'", r'\textbackslash': r'\setminus',
    r'\textbar': '|', r'\textless': '<', r'\textgreater': '>', r'\textbullet': r'\bullet',
    r'\cr': r'\\', r'\tabularnewline': r'\\', r'\newline': r'\\', r'\doublecup': r'\Cup', r'\doublecap': r'\Cap',
    r'\bold': r'\mathbf', r'\Bbb': r'\mathbb', r'\frak': r'\mathfrak', r'\mathbold': r'\boldsymbol',
    r'\bm': r'\boldsymbol', r'\underbar': r'\underline',
    # Neither KaTeX nor MathJax knows it.
    r'\slashed': r'\not',
    r'\textunderscore': r'\_', r'\textstar': r'\star', r'\texttimes': r'\times',
    r'\lparen': '(', r'\rparen': ')', r'\And': r'\&',
}  # fmt: skip

# Behind `\\left`, `\\big` and so on; `\\setminus` is no delimiter of TeX's.
DELIMITER_NAMES: Final = {'.': '', '<': r'\langle', '>': r'\rangle', r'\setminus': r'\backslash'}

# Of these the ones that TeX itself takes for the same: exact rules (proved by tests/data/test_latex_exact.py).
EXACT_SYNONYMS: Final = {
    name: SYNONYMS[name]
    for name in sorted(
        _commands(
            """
            le ge ne to gets lbrace rbrace lbrack rbrack vert Vert hdots mathellipsis dotsb dotsm land lor lnot owns ast
            slash Box Diamond leadsto restriction Tilde Hat Bar Vec Dot Ddot Check Breve Acute Grave sp sb lq rq
            doublecup doublecap bold frak bm lparen rparen
            """
        )
    )
}

EXPANDED: Final = {
    r'\coloneqq': (':', '='), r'\coloneq': (':', '-'), r'\eqqcolon': ('=', ':'), r'\Coloneqq': (':', ':', '='),
    r'\dblcolon': (':', ':'), r'\degree': ('^', '{', r'\circ', '}'), '…': (r'\ldots',), '−': ('-',), '′': (r'\prime',),
}  # fmt: skip

# \not followed by one of these has a name of its own (one glyph either way).
NEGATED: Final = {'=': r'\neq'}

OPERATORS: Final = _words(
    """
    arccos arcsin arctan arg cos cosh cot coth csc deg det dim exp gcd hom inf ker lg lim liminf limsup ln log max
    min Pr sec sin sinh sup tan tanh
    """
)
# These take their scripts below and above in a display, \mathrm{max}_x does not.
LIMIT_OPERATORS: Final = _words('det gcd inf lim liminf limsup max min Pr sup')
# These are meant where letters in a row spell them. Not those that may be units or words of other languages, and not
# those with limits: im2latex-100k draws them with a star.
SPELLED: Final = _words('arccos arcsin arctan cos cosh cot coth csc dim exp ker ln log sin sinh tan tanh')
OPENERS: Final = frozenset({'(', '[', r'\{', r'\left', r'\big', r'\Big', r'\bigg', r'\Bigg', r'\frac'})

# \dots is \cdots before these, by the names that the author gives them: a macro that consists of several symbols
# (\neq, \cong) is not looked into (amsmath, section 4.3).
CENTERED: Final = frozenset('*+-:<=>') | _commands(
    """
    amalg And approx ast asymp barwedge because bigcap bigcirc bigcup bigodot bigoplus bigotimes bigsqcup biguplus
    bigvee bigwedge boxdot boxminus boxplus boxtimes bullet bumpeq Cap cap cdot circ coprod Cup cup dagger dashv
    ddagger diamond div doteq dotplus doublecap doublecup eqsim equiv frown ge geq geqq geqslant gets gg ggg gt
    gtrapprox gtrless gtrsim hookleftarrow hookrightarrow idotsint iff iiiint iiint iint impliedby implies in int
    intercal land le leadsto Leftarrow leftarrow leftharpoondown leftharpoonup Leftrightarrow leftrightarrow
    leftrightarrows leq leqq leqslant lessapprox lessgtr lesssim lhd ll lll Longleftarrow longleftarrow
    Longleftrightarrow longleftrightarrow longmapsto Longrightarrow longrightarrow lor lt ltimes mapsto mid mp ncong
    nearrow ni nmid not nparallel nrightarrow nsim nsubseteq nsupseteq nvdash nwarrow odot oint ominus oplus oslash
    otimes owns parallel perp pm prec preccurlyeq preceq prod propto restriction rhd Rightarrow rightarrow
    rightharpoondown rightharpoonup rightleftharpoons rightrightarrows rightsquigarrow rtimes searrow setminus sim
    simeq smallsetminus smile sqcap sqcup sqsubset sqsubseteq sqsupset sqsupseteq star subset subseteq subsetneq
    succ succcurlyeq succeq sum supset supseteq supsetneq swarrow therefore times to triangleleft trianglelefteq
    triangleq triangleright trianglerighteq twoheadrightarrow unlhd unrhd upharpoonright uplus varsubsetneqq
    vartriangleleft vartriangleright vcentcolon Vdash vDash vdash vee veebar wedge wr
    """
)

# --- Fonts ------------------------------------------------------------------------------------------------------------

# Commands with an argument.
FONTS: Final = {
    r'\mathrm': 'rm', r'\mathbf': 'bf', r'\mathit': 'it', r'\mathsf': 'sf', r'\mathtt': 'tt', r'\mathcal': 'cal',
    r'\mathbb': 'bb', r'\mathfrak': 'frak', r'\mathscr': 'scr', r'\boldsymbol': 'sym', r'\mathup': 'rm',
    r'\mathds': 'bb', r'\mathbbm': 'bb', r'\mathnormal': 'mit', r'\operatorname': 'rm', r'\operatorname*': 'rm',
}  # fmt: skip
# Switches that hold until the group ends. In maths only the first have an effect.
SWITCHES: Final = {
    r'\rm': 'rm', r'\bf': 'bf', r'\it': 'it', r'\sf': 'sf', r'\tt': 'tt', r'\cal': 'cal', r'\mit': 'mit',
    r'\scr': 'scr',
}  # fmt: skip
TEXT_SWITCHES: Final = SWITCHES | {
    r'\sl': 'it', r'\sc': 'sc', r'\normalfont': 'rm', r'\rmfamily': 'rm', r'\sffamily': 'sf', r'\ttfamily': 'tt',
    r'\bfseries': 'bf', r'\itshape': 'it', r'\slshape': 'it', r'\scshape': 'sc', r'\upshape': 'rm', r'\em': 'it',
    r'\mdseries': 'rm',
}  # fmt: skip
# Canonical commands: for letters, and for text that maths cannot set (spaces, hyphens).
FONT_NAMES: Final = {
    'rm': (r'\mathrm', r'\text'), 'bf': (r'\mathbf', r'\textbf'), 'it': (r'\mathit', r'\textit'),
    'sf': (r'\mathsf', r'\textsf'), 'tt': (r'\mathtt', r'\texttt'), 'cal': (r'\mathcal', ''), 'bb': (r'\mathbb', ''),
    'frak': (r'\mathfrak', ''), 'scr': (r'\mathscr', ''), 'sym': (r'\boldsymbol', ''),
}  # fmt: skip
# Commands whose argument is words, a font's letters or the columns of a table: letters there are not those of maths.
OTHER_LETTERS: Final = frozenset([r'\begin{array}', *(name for names in FONT_NAMES.values() for name in names if name)])
# Fonts that make other symbols of letters.
ALPHABETS: Final = frozenset({'cal', 'bb', 'frak', 'scr'})
TEXT_FONTS: Final = frozenset({'rm', 'bf', 'it', 'sf', 'tt'})
# Inside \boldsymbol a font command changes to its bold version, where there is one.
BOLD: Final = {'': 'sym', 'rm': 'sym bf', 'bf': 'sym bf', 'it': 'sym', 'sf': 'sym sf', 'cal': 'sym cal',
               'frak': 'sym frak', 'sym': 'sym'}  # fmt: skip

CAPITAL_GREEK: Final = _commands('Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega')
ORDINARY: Final = _commands(
    """
    alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi varpi rho varrho
    sigma varsigma tau upsilon phi varphi chi psi omega partial infty nabla ell hbar prime
    """
)
# What TeX takes for an ordinary atom.
ORDINARY_ATOMS: Final = LETTERS | DIGITS | CAPITAL_GREEK | ORDINARY
# Symbols that no space surrounds, and that are as large in every style.
SINGLE: Final = ORDINARY_ATOMS | {*'()[]|', r'\{', r'\}', r'\|', r'\langle', r'\rangle'}
GREEK_FONTS: Final = frozenset({'rm', 'bf', 'it', 'sf', 'tt', 'sym', 'sym bf', 'sym sf'})
_BIG_OPERATORS: Final = _commands(
    """
    sum prod coprod bigcup bigcap bigoplus bigotimes bigodot bigwedge bigvee biguplus bigsqcup
    """
)
# The extension font has no bold version: \boldsymbol leaves these as they are.
NEVER_BOLD: Final = _BIG_OPERATORS | {r'\int', r'\iint', r'\iiint', r'\oint'}
# In a display these have their scripts below and above.
LIMIT_SYMBOLS: Final = _BIG_OPERATORS | {rf'\{name}' for name in LIMIT_OPERATORS}
# In a display these look different.
STYLED: Final = LIMIT_SYMBOLS | NEVER_BOLD

# --- Commands with arguments ------------------------------------------------------------------------------------------

ARGUMENTS: Final = dict.fromkeys(
    _commands(
        """
        hat bar tilde vec dot ddot dddot ddddot check breve acute grave mathring widehat widetilde widecheck
        overline underline overbrace underbrace pmb overrightarrow overleftarrow overleftrightarrow
        underrightarrow underleftarrow underleftrightarrow overparen underparen wideparen overbracket
        underbracket boxed slashed cancel bcancel xcancel dashuline uline
        """
    ),
    1,
) | dict.fromkeys(_commands('frac binom cfrac overset underset accentset underaccent sideset rule'), 2)
ACCENTS: Final = _commands(
    'hat bar tilde vec dot ddot dddot ddddot check breve acute grave mathring widehat widetilde widecheck'
)
# TeX sets their argument as a formula of its own, where a font of letters begins anew, as it does in cells of tables.
ANEW: Final = _commands(
    """
    overbrace underbrace overbracket underbracket overrightarrow overleftarrow overleftrightarrow underrightarrow
    underleftarrow underleftrightarrow boxed cancel bcancel xcancel pmb smash cramped
    """
)
# The style that a fraction brings with it.
FRACTIONS: Final = {
    r'\frac': -1,
    r'\dfrac': 0,
    r'\tfrac': 1,
    r'\binom': -1,
    r'\dbinom': 0,
    r'\tbinom': 1,
    r'\cfrac': -1,
}
STYLED_ITEMS: Final = STYLED | FRACTIONS.keys()
# What they contain is in display style.
DISPLAYED: Final = _commands('overbrace underbrace boxed overbracket underbracket')
# An optional argument stays, in brackets.
OPTIONAL: Final = frozenset({r'\sqrt', r'\xrightarrow', r'\xleftarrow', r'\xleftrightarrow', r'\xRightarrow',
                             r'\xLeftarrow', r'\xmapsto', r'\xhookrightarrow', r'\xhookleftarrow'})  # fmt: skip
INFIX: Final = {r'\over': r'\frac', r'\choose': r'\binom', r'\atop': '', r'\brack': '[ ]', r'\brace': r'\{ \}'}

# --- Environments -----------------------------------------------------------------------------------------------------

ALIGNED: Final = _words(
    """
    aligned align alignat alignedat split eqnarray flalign IEEEeqnarray multline multlined dmath dgroup
    """
)
# Their relations have a column of their own.
RELATIONS_APART: Final = _words('eqnarray IEEEeqnarray')
GATHERED: Final = _words('gathered gather')
ENVIRONMENT_ARGUMENT: Final = _words('alignat alignedat IEEEeqnarray')
CASES: Final = _words('cases dcases numcases')
REVERSED_CASES: Final = _words('rcases drcases')
ARRAYS: Final = frozenset({'array', 'tabular', 'subarray'})
# Delimiters of matrices.
MATRICES: Final = {
    'matrix': ('', ''), 'pmatrix': ('(', ')'), 'bmatrix': ('[', ']'), 'vmatrix': ('|', '|'),
    'Vmatrix': (r'\|', r'\|'), 'Bmatrix': (r'\{', r'\}'),
}  # fmt: skip
DELIMITED_MATRICES: Final = {delimiters: name for name, delimiters in MATRICES.items() if name != 'matrix'}
SMALL_MATRICES: Final = {name.replace('matrix', 'smallmatrix'): name for name in MATRICES}
# Styles of cells where it is not display (alignments) or text (all others).
CELL_STYLES: Final = dict.fromkeys(('dcases', 'drcases'), 0) | dict.fromkeys(('subarray', *SMALL_MATRICES), 2)
# Plain TeX writes these with braces: `\matrix{a & b \cr c & d}`. The value is the environment.
PLAIN_TABLES: Final = {r'\matrix': 'matrix', r'\pmatrix': 'pmatrix', r'\cases': 'cases', r'\eqalign': 'aligned',
                       r'\displaylines': 'gathered'}  # fmt: skip
UNWRAPPED_ENVIRONMENTS: Final = _words(
    """
    subequations small footnotesize scriptsize large Large equation displaymath math center
    """
)

# --- Delimiters -------------------------------------------------------------------------------------------------------

CLOSERS: Final = frozenset({'}', r'\right', r'\begin', r'\end'})
DELIMITERS: Final = (
    frozenset('()[]|/.<>')
    | {r'\{', r'\}', r'\|'}
    | _commands(
        """
    langle rangle lbrace rbrace lbrack rbrack vert Vert lvert rvert lVert rVert mid lfloor rfloor lceil rceil
    uparrow downarrow updownarrow Uparrow Downarrow Updownarrow backslash setminus lgroup rgroup lmoustache
    rmoustache llbracket rrbracket ulcorner urcorner llcorner lrcorner
    """
    )
)
