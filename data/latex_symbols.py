"""The symbols that a tokenizer should have even where its corpus lacks them, so that a model can learn them later."""

from typing import Final

from .latex_rules import OPERATORS

_NAMES: Final = """
    partial parallel nparallel wp aleph beth hbar hslash ell imath jmath Re Im nabla infty surd angle
    measuredangle alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa varkappa lambda mu
    nu xi pi varpi rho varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi
    Sigma Upsilon Phi Psi Omega digamma eth mho complement forall exists nexists emptyset varnothing top perp
    prime dagger ddagger pm mp times div cdot circ bullet star diamond triangle square blacksquare lozenge bigcirc
    ominus oplus otimes oslash odot wr amalg cap cup uplus sqcap sqcup vee wedge barwedge veebar setminus
    smallsetminus boxplus boxminus boxtimes boxdot ltimes rtimes Cap Cup intercal dotplus therefore because
    bigstar triangleleft triangleright bigtriangledown vartriangleleft vartriangleright trianglelefteq
    trianglerighteq leq geq leqslant geqslant leqq geqq ll gg lll ggg neq sim nsim simeq approx cong ncong equiv
    asymp doteq propto prec succ preceq succeq preccurlyeq succcurlyeq lesssim gtrsim lessgtr gtrless lessapprox
    gtrapprox subset supset subseteq supseteq subsetneq supsetneq nsubseteq nsupseteq varsubsetneqq sqsubset
    sqsupset sqsubseteq sqsupseteq in ni notin vdash dashv models vDash Vdash nvdash nmid triangleq eqsim bumpeq
    smile frown bowtie leftarrow rightarrow leftrightarrow Leftarrow Rightarrow Leftrightarrow longleftarrow
    longrightarrow longleftrightarrow Longleftarrow Longrightarrow Longleftrightarrow mapsto longmapsto
    hookleftarrow hookrightarrow leftharpoonup rightharpoonup leftharpoondown rightharpoondown rightleftharpoons
    leftrightarrows rightrightarrows rightsquigarrow twoheadrightarrow uparrow downarrow updownarrow Uparrow
    Downarrow nearrow searrow swarrow nwarrow nrightarrow upharpoonright sum prod coprod int iint iiint oint
    smallint bigcap bigcup bigvee bigwedge bigoplus bigotimes bigodot biguplus bigsqcup langle rangle lfloor
    rfloor lceil rceil llbracket rrbracket ulcorner urcorner ldots cdots vdots ddots not flat natural sharp frac
    binom sqrt substack overset underset xrightarrow xleftarrow hat bar tilde vec dot ddot dddot check breve acute
    grave mathring widehat widetilde overline underline overbrace underbrace overrightarrow overleftarrow
    overleftrightarrow boxed slashed hline AA S P L l O o ae mathrm mathbf mathit mathsf mathtt mathcal mathbb
    mathfrak mathscr boldsymbol text textbf textit
"""
STANDARD: Final = (
    frozenset(map(chr, range(ord('!'), ord('~') + 1))) - {'\\', '$', '#', '%'}
    | {r'\{', r'\}', r'\|', r'\%', r'\&', r'\_', r'\#', r'\$', r'\\'}
    | {rf'\{name}' for name in (*OPERATORS, *_NAMES.split())}
    | {
        rf'\{side}{{{name}}}'
        for side in ('begin', 'end')
        for name in ('aligned', 'gathered', 'matrix', 'array', 'cases')
    }
)
