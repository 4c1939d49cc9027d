r"""LaTeX as people paste it: with delimiters, as Markdown, or in another language.

write(r'\frac{1}{2}', 'inline')     # $\frac{1}{2}$
"""

import re
from collections.abc import Callable

# The converters to other languages have no bounds: what is longer, or what a few macros stand for, may take more time,
# stack or memory than there is.
MAX_LENGTH = 10_000
MACROS = re.compile(
    r'\\(?:[egx]?def|let|(?:re)?newcommand|providecommand|(?:re)?newenvironment|DeclareMathOperator)(?![A-Za-z])'
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
    if name in NEEDED:
        _check(latex)
    return FORMATS[name](latex) if latex else ''


def _check(latex: str) -> None:
    if len(latex) > MAX_LENGTH:
        raise FormatError(f'cannot be converted: it has {len(latex):,} characters, more than {MAX_LENGTH:,}')
    if found := MACROS.search(latex):
        raise FormatError(f'cannot be converted: {found[0]} defines a macro')


def _mathml(latex: str) -> str:
    from .mathml import mathml

    return mathml(latex)


def _typst(latex: str) -> str:
    from .typst import typst

    return typst(latex)


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
