r"""Text and maths fonts for pdfTeX, by name: `python -m data.fonts` says which of them this TeX installation has.

    from data.fonts import FONTS
    render(r'\int x^2', preamble=FONTS['palatino'].preamble)

A font may draw two symbols alike that Computer Modern and the labels keep apart, or lack one. `confused` lists these:
a picture of theirs would contradict its label. The lists were found by drawing every command of the vocabulary in
every font (docs/data.md); `tests/data/test_fonts.py` draws the usual suspects again.
"""

import re
import sys
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from .render import RenderError, preamble, typeset

INSTALL = (
    'apt-get install --no-install-recommends lmodern texlive-fonts-recommended texlive-fonts-extra '
    'texlive-plain-generic'
)
# bm takes families for bold letters beforehand, which then lack for alphabets; without, it uses the bold version's.
_FAMILIES = r'\newcommand\bmmax{0}\newcommand\hmmax{0}'
# TeX Gyre Heros and others that packages name for sans serif need not be there: EC Roman would stand in for them.
_SANS = r'\renewcommand\sfdefault{lmss}'
_T1 = r'\usepackage[T1]{fontenc}'


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Where \mathcal is a script that no reader tells from \mathscr.
_SCRIPT = _names(r'\mathcal \cal \mathscr')
# Text letters: in maths LaTeX takes the character of that number of whatever family is current.
_LETTERS = _names(r'\aa \AA \ae \AE \o \O \l \L \oe \OE \ss \i \j \dh \DH \th \TH')
_PROBE = r'\text{if }\hat{H}\in\mathcal{L}\mathbb{R}^n:\ \sum_{i=1}\sqrt{\frac{\alpha}{\mathbf{B}}}\left[\int x\right]'
_COMMAND = re.compile(r'\\(?:[A-Za-z]+|.)', re.DOTALL)


@dataclass(frozen=True)
class Font:
    """A set-up of text and maths fonts.

    title: what people call it. setup: its lines of the preamble. own: packages of `render.PACKAGES` that it replaces.
    confused: commands that it draws like another one, or not at all.
    """

    title: str
    setup: str = ''
    own: tuple[str, ...] = ()
    confused: frozenset[str] = frozenset()

    @cached_property
    def preamble(self) -> str:
        return preamble(f'{_FAMILIES}{self.setup}\n' if self.setup else '', self.own)

    def shows(self, latex: str) -> bool:
        """Whether each command of a formula can be told from the others in this font."""
        return not self.confused or self.confused.isdisjoint(_COMMAND.findall(latex))


DEFAULT_FONT = 'cm'
FONTS = {
    'cm': Font('Computer Modern'),
    'lm': Font('Latin Modern', _T1 + r'\usepackage{lmodern}'),
    'times': Font(
        'Times (newtx)', _T1 + r'\usepackage{newtxtext}' + _SANS + r'\usepackage{newtxmath}', ('amssymb',), _LETTERS
    ),
    'palatino': Font(
        'Palatino (newpx)', _T1 + r'\usepackage{newpxtext}' + _SANS + r'\usepackage{newpxmath}', ('amssymb',), _LETTERS
    ),
    'pazo': Font('Palatino (mathpazo)', r'\usepackage{mathpazo}'),
    'fourier': Font('Utopia (Fourier)', r'\usepackage{fourier}' + _SANS, (), _SCRIPT),
    'newcentury': Font('New Century Schoolbook (fouriernc)', r'\usepackage{fouriernc}' + _SANS, (), _SCRIPT),
    'charter': Font(
        'Charter (mathdesign)', r'\usepackage[charter]{mathdesign}' + _SANS, ('amssymb',), _LETTERS | _SCRIPT
    ),
    'xcharter': Font(
        'XCharter (newtx)',
        _T1 + r'\usepackage{XCharter}\usepackage[charter]{newtxmath}' + _SANS,
        ('amssymb',),
        _LETTERS,
    ),
    'libertine': Font(
        'Linux Libertine (newtx)',
        _T1 + r'\usepackage{libertine}\usepackage[libertine]{newtxmath}',
        ('amssymb',),
        _LETTERS,
    ),
    'libertinus': Font(
        'Libertinus (libertinust1math)',
        _T1 + r'\usepackage{libertine}\usepackage{amssymb}\usepackage{libertinust1math}',
        ('amssymb',),
        _LETTERS | _names(r'\emptyset \varnothing \hbar \hslash \setminus \smallsetminus'),
    ),
    'stix2': Font(
        'STIX Two',
        _T1 + r'\usepackage{stix2}' + _SANS,
        ('amssymb', 'mathrsfs'),
        _LETTERS,
    ),
    'kp': Font('Kp-Fonts', r'\usepackage{kpfonts}', ('amssymb',), _names(r'\nsupseteq \supsetneq')),
    'cochineal': Font(
        'Cochineal (newtx)',
        _T1 + r'\usepackage{cochineal}\usepackage[cochineal]{newtxmath}' + _SANS,
        ('amssymb',),
        _LETTERS,
    ),
    'euler': Font(
        'Euler (eulervm)',
        r'\usepackage{eulervm}',
        (),
        _names(r'\Delta \varDelta \hbar \hslash \rho \varrho \sigma \varsigma'),
    ),
    'antykwa': Font(
        'Antykwa Toruńska', r'\usepackage[math]{anttor}', (), _names(r'\mathrm \mathsf \mathtt \rm \sf \tt')
    ),
    'iwona': Font(
        'Iwona',
        r'\usepackage[math]{iwona}',
        (),
        _names(r'\mathrm \mathsf \mathtt \rm \sf \tt \parallel \| \Vert'),
    ),
    'bright': Font('CM Bright', r'\usepackage{cmbright}', (), _names(r'\mathrm \mathsf \text \textsf \rm \sf')),
}


def available(names: Collection[str]) -> tuple[dict[str, Font], dict[str, str]]:
    """Which of the named fonts typeset, and TeX's message for each of the others.

    Raises ValueError for a name that is none, RenderError where there is no TeX.
    """
    if unknown := sorted(set(names) - set(FONTS)):
        raise ValueError(f'no font {", ".join(unknown)}; there are {", ".join(FONTS)}')
    typeset(['x'])  # TeX itself
    found, missing = {}, {}
    for name in dict.fromkeys(names):
        try:
            errors = typeset([_PROBE], preamble=FONTS[name].preamble).errors
        except RenderError as error:
            errors = {0: str(error)}
        if errors:
            missing[name] = errors[0]
        else:
            found[name] = FONTS[name]
    return found, missing


def main() -> int:
    try:
        found, missing = available(FONTS)
    except RenderError as error:
        print(f'data.fonts: {error}', file=sys.stderr)
        return 2
    for name, font in FONTS.items():
        print(f'{name:12}{"yes" if name in found else "no":5}{font.title}')
    if missing:
        print(f'On Debian or Ubuntu: {INSTALL}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
