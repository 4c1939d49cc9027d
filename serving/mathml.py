r"""LaTeX maths in MathML, by latex2mathml: what it writes wrongly is mended or refused."""

import re
import unicodedata
from itertools import pairwise
from xml.etree import ElementTree

import latex2mathml.converter
from latex2mathml.symbols_parser import convert_symbol

from .formats import FormatError

NAMESPACE = 'http://www.w3.org/1998/Math/MathML'
MATHML = f'{{{NAMESPACE}}}m'
ElementTree.register_namespace('', NAMESPACE)
ATTRIBUTES = frozenset({
    'accent', 'columnalign', 'columnlines', 'columnspacing', 'depth', 'display', 'displaystyle', 'fence', 'form',
    'height', 'largeop', 'linebreak', 'linethickness', 'lspace', 'mathcolor', 'mathsize', 'mathvariant', 'maxsize',
    'minsize', 'movablelimits', 'notation', 'rowlines', 'rowspacing', 'rspace', 'scriptlevel', 'separator',
    'stretchy', 'symmetric', 'voffset', 'width',
})  # fmt: skip
# What the MathML converter does not know or takes for something else, in words that it knows.
REWRITTEN = [
    (re.compile(pattern), words)
    for pattern, words in (
        (r'(\\begin|\\end)\{aligned\}', r'\1{align*}'),
        (r'(\\begin|\\end)\{gathered\}', r'\1{matrix}'),
        (r'\\begin\{rcases\}', r'\\left.\\begin{array}{ll}'),
        (r'\\end\{rcases\}', r'\\end{array}\\right\\}'),
        (r'(\\mathrm|\\mathsf)\{([A-Za-z])\}', r'\1{ \2 }'),  # else an upright d is italic, and a sans-serif E is ⋿
        (r'\\pmb(?![A-Za-z])', r'\\boldsymbol'),
        (r'\\sim(?![A-Za-z])', '∼'),  # else ~
        (r'\\slashed(?![A-Za-z])', r'\\not'),
        (r'\\(?:big|Big|bigg|Bigg)[lrm]?\.', ''),
        (r'(\\[A-Za-z]+)\s*\\nolimits(?![A-Za-z])', r'{\1}'),  # in braces it is no operator with limits any more
        (r'\\operatorname\s*\{[^{}]*\}', r'{\g<0>}'),
    )
]
# Rules around an array: MathML has them between columns and rows only, and there the converter puts them.
AROUND = re.compile(
    r'\\begin\{array\}\s*\{(?:\||[^}]*\|\s*[|}]|[^}]*\}\s*\\hline)|\\hline\s*(?:\\hline|\\end\{array\})'
)
LETTERS = {r'\AA': 'Å', r'\L': 'Ł', r'\O': 'Ø', r'\P': '¶', r'\ae': 'æ', r'\l': 'ł', r'\o': 'ø', r'\arg': 'arg'}
# What a struck sign may be the first part of, of how many.
STRUCK = {f'{MATHML}row': 1, f'{MATHML}sub': 2, f'{MATHML}sup': 2, f'{MATHML}subsup': 3}
# Operators whose scripts are limits in a display, besides those of which the converter says so.
LIMITS = {'lim', 'max', 'min', 'inf', 'sup', '∐', '⋂', '⋃', '⋀', '⋁', '⨀', '⨁', '⨂', '⨄', '⨆'}
AS_LIMITS = {
    f'{MATHML}sub': f'{MATHML}under', f'{MATHML}sup': f'{MATHML}over', f'{MATHML}subsup': f'{MATHML}underover'
}  # fmt: skip
ESCAPED = re.compile(r'\\([%_&#$\xa0])')


def mathml(latex: str) -> str:
    """The formula as an element of MathML.

    Raises:
        FormatError: it holds something unknown, or something that is no formula.
    """
    if AROUND.search(latex):
        raise FormatError('cannot be written as MathML: rules around an array are unknown to it')
    for pattern, words in REWRITTEN:
        latex = pattern.sub(words, latex)
    try:
        root = ElementTree.fromstring(latex2mathml.converter.convert(latex, display='block'))
    except RecursionError:
        raise FormatError('cannot be written as MathML: it is nested too deep') from None
    except Exception as error:  # the converter fails with whatever comes to it; text in a formula it does not escape
        raise FormatError(f'cannot be written as MathML: {str(error) or type(error).__name__}') from error
    for element in root.iter():
        # People put it into their pages: no element of HTML and no link may come out of a formula.
        if not element.tag.startswith(MATHML) or not element.attrib.keys() <= ATTRIBUTES:
            raise FormatError('cannot be written as MathML: it holds more than a formula')
        if element.text:
            element.text = _shown(element.text, element.tag == f'{MATHML}text')
    for element in list(root.iter()):
        _strike(element)
        _set_limits(element)
    return ElementTree.tostring(root, encoding='unicode')


def _shown(written: str, is_text: bool) -> str:
    """The characters of an element into which the converter put LaTeX as it was.

    Raises:
        FormatError: a command in it is unknown.
    """
    if is_text:
        written = ESCAPED.sub(r'\1', written).replace('~', '\xa0')
        if not re.search(r'[\\{}]', written):
            return written
    elif not written.startswith('\\'):
        return written
    elif written in LETTERS:
        return LETTERS[written]
    elif code := convert_symbol(written):
        return chr(int(code, 16))
    raise FormatError(f'cannot be written as MathML: {written} is unknown')


def _set_limits(element: ElementTree.Element) -> None:
    """Has the scripts of an operator stand below and above it in a display, and beside it elsewhere."""
    if element.text in LIMITS:
        element.tag = f'{MATHML}o'  # some are identifiers to the converter
    if element.tag in AS_LIMITS and len(element):
        operator = element[0]
        if operator.text in LIMITS or operator.get('movablelimits') == 'true':
            element.tag = AS_LIMITS[element.tag]
            operator.set('movablelimits', 'true')


def _strike(parent: ElementTree.Element) -> None:
    r"""Puts the stroke of `\not` into the sign behind it, from an element of no width, which browsers leave out.

    Raises:
        FormatError: no single sign is behind it.
    """
    for stroke, struck in pairwise([*parent, None]):
        if stroke is None or stroke.tag != f'{MATHML}padded' or ''.join(stroke.itertext()) != '⧸':
            continue
        while struck is not None and STRUCK.get(struck.tag) == len(struck):
            struck = struck[0]
        if struck is None or len(struck) or len(struck.text or '') != 1:
            raise FormatError(r'cannot be written as MathML: \not is before more than a sign')
        struck.text = unicodedata.normalize('NFC', f'{struck.text}\N{COMBINING LONG SOLIDUS OVERLAY}')
        if struck.tag == f'{MATHML}i' and len(struck.text) > 1:
            struck.attrib.setdefault('mathvariant', 'italic')  # which is the default for single characters only
        parent.remove(stroke)
