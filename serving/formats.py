r"""LaTeX as people paste it: with delimiters, as Markdown, or in another language.

write(r'\frac{1}{2}', 'inline')     # $\frac{1}{2}$
"""

import re
from collections.abc import Callable

# What tylax takes without a word and writes as something else: a bar is gone, rows of an inner table run over the line,
# a name is left that Typst does not know. Wrong output would be worse than none.
GARBLED = re.compile(
    r'\\(?:middle|hline|nolimits|slashed|mathring|mathscr|hslash|nsubseteq|llbracket|rrbracket|[dt]binom'
    r'|text(?:bf|it|sf|tt)|x(?:right|left)arrow)(?![A-Za-z])|\\_'
    r'|\\begin\{rcases\}|\\begin\{array\}\s*\{[^}]*\|'
    r'|(?<=.)\\begin\{(?:aligned|gathered)\}|\\end\{(?:aligned|gathered)\}(?=.)',
    re.DOTALL,
)


class FormatError(ValueError):
    """A formula cannot be written in a format; the message says why and is meant for the user."""


def write(latex: str, name: str) -> str:
    """A formula in one of `FORMATS`; no formula, '', is '' in each.

    Raises:
        FormatError: no such format, or the formula cannot be said in it.
    """
    if name not in FORMATS:
        raise FormatError(f'no format {name!r}: choose one of {", ".join(FORMATS)}')
    return FORMATS[name](latex) if latex else ''


def _mathml(latex: str) -> str:
    from .mathml import mathml

    return mathml(latex)


def _typst(latex: str) -> str:
    import tylax

    if found := GARBLED.search(latex):
        raise FormatError(f'cannot be written as Typst: {found[0].strip()} is unknown to the converter')
    try:
        typst = tylax.latex_to_typst(latex, options=tylax.L2TOptions(frac_to_slash=False)).strip()
    except Exception as error:
        raise FormatError(f'cannot be written as Typst: {error}') from error
    # Typst 0.14 has no such symbol any more.
    return f'$ {typst.replace("planck.reduce", "ℏ")} $'


def _markdown(latex: str) -> str:
    return f'$$\n{latex}\n$$'


FORMATS: dict[str, Callable[[str], str]] = {
    'latex': lambda latex: latex,
    'inline': lambda latex: f'${latex}$',
    'display': lambda latex: rf'\[{latex}\]',
    'equation': lambda latex: f'\\begin{{equation}}\n{latex}\n\\end{{equation}}',
    'markdown': _markdown,
    'mathml': _mathml,
    'typst': _typst,
}
# Packages that formats need, which requirements-extras.txt installs.
NEEDED = {'mathml': 'latex2mathml', 'typst': 'tylax'}
