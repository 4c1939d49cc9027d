r"""LaTeX as people paste it: with delimiters, as Markdown, or in another language.

write(r'\frac{1}{2}', 'inline')     # $\frac{1}{2}$
"""

from collections.abc import Callable
from xml.etree import ElementTree

MATHML = '{http://www.w3.org/1998/Math/MathML}m'
ATTRIBUTES = frozenset(
    (
        *('accent', 'columnalign', 'columnlines', 'columnspacing', 'depth', 'display', 'displaystyle', 'fence', 'form'),
        *(
            'height',
            'linebreak',
            'linethickness',
            'lspace',
            'mathcolor',
            'mathsize',
            'mathvariant',
            'maxsize',
            'minsize',
        ),
        *('movablelimits', 'notation', 'rowlines', 'rowspacing', 'rspace', 'scriptlevel', 'separator', 'stretchy'),
        *('symmetric', 'voffset', 'width'),
    )
)
# Environments that the MathML converter does not know, and those it draws the same.
SAME = {'aligned': 'align*', 'gathered': 'matrix'}


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
    import latex2mathml.converter

    for name, known in SAME.items():
        latex = latex.replace(f'{{{name}}}', f'{{{known}}}')
    try:
        mathml = latex2mathml.converter.convert(latex, display='block')
        elements = list(ElementTree.fromstring(mathml).iter())
    except Exception as error:  # the converter fails with whatever comes to it; text in a formula it does not escape
        raise FormatError(f'cannot be written as MathML: {error or type(error).__name__}') from error
    for element in elements:
        if element.text and element.text.startswith('\\'):
            raise FormatError(f'cannot be written as MathML: {element.text} is unknown')
        # People put it into their pages: no element of HTML and no link may come out of a formula.
        if not element.tag.startswith(MATHML) or not element.attrib.keys() <= ATTRIBUTES:
            raise FormatError('cannot be written as MathML: it holds more than a formula')
    return mathml


def _typst(latex: str) -> str:
    import tylax

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
