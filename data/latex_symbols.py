"""LaTeX's symbols: those that a tokenizer should have even where its corpus lacks them, and all that stand alone."""

from typing import Final

from .latex_rules import DELIMITERS, MATRICES, OPERATORS, STYLE_NAMES, SYNONYMS

_NAMES: Final = """
    partial parallel nparallel wp aleph beth hbar hslash ell imath jmath Re Im nabla infty surd angle
    measuredangle alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa varkappa lambda mu
    nu xi pi varpi rho varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi
    Sigma Upsilon Phi Psi Omega varGamma varDelta varTheta varLambda varXi varPi varSigma varUpsilon varPhi
    varPsi varOmega digamma eth mho complement forall exists nexists emptyset varnothing top perp
    prime dagger ddagger pm mp times div cdot circ bullet star diamond triangle bigtriangleup square blacksquare lozenge
    bigcirc ominus oplus otimes oslash odot wr amalg cap cup uplus sqcap sqcup vee wedge barwedge veebar setminus
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
    overleftrightarrow boxed slashed hline S P L l O o ae mathrm mathbf mathit mathsf mathtt mathcal mathbb
    mathfrak mathscr boldsymbol text textbf textit
"""
STANDARD: Final = (
    frozenset(map(chr, range(ord('!'), ord('~') + 1))) - {'\\', '$', '#', '%'}
    | {r'\{', r'\}', r'\|', r'\%', r'\&', r'\_', r'\#', r'\$', r'\\'}
    | {rf'\{name}' for name in (*OPERATORS, *_NAMES.split())}
    | {
        rf'\{side}{{{name}}}'
        for side in ('begin', 'end')
        for name in ('aligned', 'gathered', 'array', 'cases', 'rcases', 'smallmatrix', *MATRICES)
    }
    | {rf'\{name}' for name in ('left', 'right', 'middle', 'big', 'Big', 'bigg', 'Bigg')}
    | {rf'\{style}{name}' for style in 'dt' for name in ('frac', 'binom')}
    | {*STYLE_NAMES, r'\limits', r'\nolimits'}
)

# The other symbols of LaTeX, amsmath, amssymb and stmaryrd.
_MORE: Final = """
    aa ae AE approxeq arrownot Arrownot arrowvert Arrowvert backepsilon backprime backsim backsimeq baro Bbbk
    bbslash between bigbox bigcurlyvee bigcurlywedge biginterleave bignplus bigparallel bigsqcap binampersand
    bindnasrepma blacklozenge blacktriangle blacktriangledown blacktriangleleft blacktriangleright boxast boxbar
    boxbox boxbslash boxcircle boxempty boxslash bracevert Bumpeq centerdot checkmark circeq circlearrowleft
    circlearrowright circledast circledcirc circleddash circledR circledS clubsuit copyright curlyeqprec
    curlyeqsucc curlyvee curlyveedownarrow curlyveeuparrow curlywedge curlywedgedownarrow curlywedgeuparrow
    curvearrowleft curvearrowright daleth dashleftarrow dashrightarrow diagdown diagup diamondsuit divideontimes
    doteqdot doublebarwedge downdownarrows downharpoonleft downharpoonright eqcirc eqslantgtr eqslantless
    fallingdotseq fatbslash fatsemi fatslash Finv Game gimel gnapprox gneq gneqq gnsim gtrdot gtreqless gtreqqless
    gvertneqq heartsuit idotsint iiiint injlim inplus interleave lbag Lbag leftarrowtail leftarrowtriangle
    leftleftarrows leftrightarroweq leftrightarrowtriangle leftrightharpoons leftrightsquigarrow leftslice
    leftthreetimes lessdot lesseqgtr lesseqqgtr lightning llceil Lleftarrow llfloor llparenthesis lnapprox lneq
    lneqq lnsim Longmapsfrom longmapsfrom Longmapsto looparrowleft looparrowright Lsh lvertneqq maltese Mapsfrom
    mapsfrom Mapsto mathdollar mathparagraph mathsection merge minuso moo multimap neg ngeq ngeqq ngeqslant ngtr
    niplus nleftarrow nLeftarrow nLeftrightarrow nleftrightarrow nleq nleqq nleqslant nless nnearrow nnwarrow nplus
    nprec npreceq nRightarrow nshortmid nshortparallel nsubseteqq nsucc nsucceq nsupseteqq ntriangleleft
    ntrianglelefteq ntrianglelefteqslant ntriangleright ntrianglerighteq ntrianglerighteqslant nVdash nvDash nVDash
    obar oblong obslash oe OE ogreaterthan oiint olessthan ovee owedge pitchfork pounds precapprox precnapprox
    precneqq precnsim precsim projlim Rbag rbag rightarrowtail rightarrowtriangle rightleftarrows rightslice
    rightthreetimes risingdotseq rrceil rrfloor Rrightarrow rrparenthesis Rsh shortdownarrow shortleftarrow
    shortmid shortparallel shortrightarrow shortuparrow smallfrown smallsmile spadesuit sphericalangle ss ssearrow
    sslash sswarrow Subset subseteqq subsetneqq subsetplus subsetpluseq succapprox succnapprox succneqq succnsim
    succsim Supset supseteqq supsetneqq supsetplus supsetpluseq talloblong thickapprox thicksim triangledown
    trianglelefteqslant trianglerighteqslant twoheadleftarrow upharpoonleft upuparrows upupsilon Upupsilon
    varbigcirc varbigtriangledown varbigtriangleup varcurlyvee varcurlywedge varinjlim varliminf varlimsup varoast
    varobar varobslash varocircle varodot varogreaterthan varolessthan varominus varoplus varoslash varotimes
    varovee varowedge varprojlim varpropto varsubsetneq varsupsetneq varsupsetneqq vartimes vartriangle Vvdash
    Ydown yen Yleft Yright Yup
"""
# The names of upgreek.
_GREEK: Final = """
    alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi varpi rho varrho
    sigma varsigma tau upsilon phi varphi chi psi omega
"""
# A group behind one of these is no argument: its braces draw nothing. (Handlers go first: `\frac` is here as well.)
WITHOUT_ARGUMENT: Final = (
    STANDARD
    | DELIMITERS
    | frozenset(SYNONYMS.values())
    | {rf'\{name}' for name in _MORE.split()}
    | {rf'\{up}{name}' for name in _GREEK.split() for up in ('up', 'Up')}
)
