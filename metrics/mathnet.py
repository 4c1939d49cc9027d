r"""LaTeX by MathNet's rules, which im2latexv2 and its published scores are written in.

    mathnet_tokens(r'\left(\operatorname{ln}\,x\right)')    # ['(', r'\ln', 'x', ')']

Schmitt et al., "MathNet: A Data-Centric Approach for Printed Mathematical Expression Recognition" (arXiv 2404.13667);
code: felix-schmitt/MathNet, `preprocessing/improve_tokens.py` and `data/vocabs/token_types2.csv` at 8efbf7c. On top of
im2latex's convention (`harvard.py`):

- M1 spaces, M2 `\left`, `\right` and `\big`, M3 fonts, styles and sizes are deleted (`\mathcal`, `\mathbb` too, as in
  its code and vocabulary);
- M4 synonyms get one name; three periods are `\dots`, letters that spell a function are that function;
- M5 tokens of several letters are split (ours are already);
- M6 scripts and fractions get braces, then those that do nothing go;
- M7 scripts in a row are joined, the subscript first;
- M8 arrays have columns `c` and no braces around cells; one of a single row is taken apart;
- M9 formulas with certain commands, with an array whose columns do not fit, or that begin with a script, are left out.

Four things differ. The length of `\hspace` and the like goes with it. Formulas with `\rlap` are left out, as the paper
says; in its list a stray tab keeps them. A fraction whose numerator holds another keeps the braces of its denominator,
which its code drops there. Formulas with rare tokens (the last rule of their pipeline) are not left out, since that
depends on the corpus.

im2latexv2's pictures are typeset anew and in many fonts: scores by these rules on other pictures can be read beside its
own, not ranked with them.
"""

from collections.abc import Sequence
from typing import Final

from .harvard import spell


def _commands(names: str) -> frozenset[str]:
    return frozenset(rf'\{name}' for name in names.split())


_DELETED: Final = frozenset({r'\,', r'\;', r'\:', '~', '\\', r'\-', r'\!', r'\*', r'\ '}) | _commands("""
    Big Bigg Biggr Bigl Bigr Biggl Biggm Bigm big bigg biggl biggr bigl bigr biggm bigm bf boldmath unboldmath cal
    mathbf mathrm operatorname operatorname* it scriptsize textrm nonumber displaystyle scriptstyle scriptscriptstyle
    textstyle right left quad qquad hfil hfill hfilll vfil vfill vfilll Huge LARGE Large large normalsize small tiny em
    enskip enspace ensuremath fill hss itshape leavevmode lefteqn llap mathbin mathit mathop mathrel mathsf mathstrut
    medskip mit null nulldelimiterspace ooalign protect sc sf sl smallskip smash space strut textbf textit textnormal
    textsf texttt textup thinspace tt vcenter vss rm mathcal mathbb boldsymbol
    """)
_DELETED_WITH_LENGTH: Final = _commands('hspace hspace* kern mkern mskip')
_EXCLUDED: Final = _commands(
    """
    cite crcr do fbox fboxsep footnotemark footnotesize framebox hphantom lower makebox mathaccent mathclose mathopen
    of parbox phantom raise raisebox ref relax rlap root setcounter setlength skew smile special vphantom vskip
    renewcommand
    """
)
_SYNONYMS: Final = {
    r'\geq': r'\ge', r'\imath': 'i', r'\jmath': 'j', r'\l': 'l', r'\lbrack': '[', r'\ldots': r'\dots', r'\leq': r'\le',
    r'\mid': '|', r'\overline': r'\bar', r'\vert': '|', r'\|': r'\parallel', r'\Vert': r'\parallel', r'\^': r'\hat',
    r'\arrowvert': '|', r'\atopwithdelims': r'\atop', r'\colon': ':', r'\ddagger': r'\ddag', r'\lbrace': r'\{',
    r'\rbrace': r'\}', r'\rightarrowfill': r'\rightarrow', r'\setminus': r'\backslash', r'\vline': '|', r'\vrule': '|',
    r'\sb': '_', r'\sp': '^', r'\lt': '<', r'\gt': '>',
}  # fmt: skip
_SPELT: Final = {'...': r'\dots'} | {name[1:]: name for name in _commands('arg min max log ln cosh cos sinh sin')}
_ONE_ARGUMENT: Final = frozenset('^_') | _commands(
    r"""
    bar check ddot dot hat hbar overrightarrow sqrt tilde underline vec widehat widetilde ' acute breve grave
    overbrace overleftarrow overwithdelims pmod underbrace begin{array}
    """
)
_TWO_ARGUMENTS: Final = _commands('binom frac stackrel')
_INFIX: Final = _commands('atop brace brack buildrel')


def mathnet_tokens(latex: str) -> list[str] | None:
    """The tokens of a formula by MathNet's rules; None for a formula that they leave out (M9)."""
    found = _replace(_delete(spell(latex)))
    if not _EXCLUDED.isdisjoint(found) or 'MathType!' in ''.join(found) or found[:1] in (['_'], ['^']):
        return None
    arrays = _arrays(_without_empty_groups(_add_braces(found)))
    return None if arrays is None else _order_scripts(_remove_braces(arrays))


def _delete(found: Sequence[str]) -> list[str]:
    kept: list[str] = []
    position = 0
    while position < len(found):
        token = found[position]
        position += 1
        if token in _DELETED_WITH_LENGTH and found[position : position + 1] == ['{']:
            position = _close(found, position)
        elif token not in _DELETED and token not in _DELETED_WITH_LENGTH:
            kept.append(token)
    return kept


def _replace(found: Sequence[str]) -> list[str]:
    replaced: list[str] = []
    position = 0
    while position < len(found):
        for length in (4, 3, 2):
            part = found[position : position + length]
            if (name := _SPELT.get(''.join(part))) and all(len(token) == 1 for token in part):
                replaced.append(name)
                position += length
                break
        else:
            token = found[position]
            replaced += ['^', '{', '*', '}'] if token == r'\star' else [_SYNONYMS.get(token, token)]
            position += 1
    return replaced


def _add_braces(found: Sequence[str]) -> list[str]:
    arguments: set[int] = set()
    for position, token in enumerate(found):
        if token in {'_', '^', r'\frac'}:
            arguments.add(position + 1)
        if token == r'\frac':
            arguments.add(_close(found, position + 1))
    braced: list[str] = []
    for position, token in enumerate(found):
        braced += ['{', token, '}'] if position in arguments and token not in {'{', '}'} else [token]
    return braced


def _without_empty_groups(found: Sequence[str]) -> list[str]:
    kept: list[str] = []
    for token in found:
        if token == '}' and kept[-1:] == ['{']:
            kept.pop()
        else:
            kept.append(token)
    return kept


def _arrays(found: Sequence[str]) -> list[str] | None:
    """Rule M8 for arrays that hold no other; None if the columns of one do not fit."""
    out: list[str] = []
    position = 0
    while position < len(found):
        token = found[position]
        position += 1
        if token != r'\begin{array}' or r'\end{array}' not in found[position:] or found[position] != '{':
            out.append(token)
            continue
        body = _close(found, position)
        end = position + list(found[position:]).index(r'\end{array}')
        columns = ['c' if column in 'lcr' else column for column in found[position + 1 : body - 1]]
        rows = [[_bare(cell) for cell in _split(row, '&')] for row in _split(found[body:end], r'\\')]
        rows = [row for row in rows if row != [[]]]
        if (
            not rows
            or not all(cell for row in rows for cell in row)
            or len(columns) - columns.count('|') != len(rows[0])
        ):
            return None
        if len(rows) == 1:
            out += (cell_token for cell in rows[0] for cell_token in cell)
        else:
            out += (r'\begin{array}', '{', *columns, '}')
            out += _join([_join(row, '&') for row in rows], r'\\')
            out.append(r'\end{array}')
        position = end + 1
    return out


def _split(found: Sequence[str], separator: str) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for token in found:
        if token == separator:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _join(parts: Sequence[Sequence[str]], separator: str) -> list[str]:
    return [token for number, part in enumerate(parts) for token in ([separator] if number else []) + list(part)]


def _bare(cell: list[str]) -> list[str]:
    """A cell without the braces around it; with only those, it is empty."""
    return cell[1:-1] if cell[:1] == ['{'] and _close(cell, 0) == len(cell) else cell


def _remove_braces(found: Sequence[str]) -> list[str]:
    dropped: set[int] = set()
    kept: set[int] = set()
    for position, token in enumerate(found):
        if token != '{':
            continue
        before = found[position - 1] if position else ''
        end = _close(found, position)
        if before in _TWO_ARGUMENTS:
            kept.add(end)
        if (
            before not in _ONE_ARGUMENT | _TWO_ARGUMENTS
            and position not in kept
            and not _is_infix(found, position, end)
        ):
            dropped |= {position, end - 1}
    return [token for position, token in enumerate(found) if position not in dropped]


def _is_infix(found: Sequence[str], position: int, end: int) -> bool:
    level = 0
    for token in found[position + 1 : end - 1]:
        level += (token == '{') - (token == '}')
        if level == 0 and token in _INFIX:
            return True
    return False


def _order_scripts(found: Sequence[str]) -> list[str]:
    out: list[str] = []
    position = 0
    while position < len(found):
        scripts: dict[str, list[str]] = {'_': [], '^': []}
        while found[position : position + 1] in (['_'], ['^']) and found[position + 1 : position + 2] == ['{']:
            end = _close(found, position + 1)
            scripts[found[position]] += _order_scripts(found[position + 2 : end - 1])
            position = end
        for mark, script in scripts.items():
            out += (mark, '{', *script, '}') if script else ()
        if position < len(found):
            out.append(found[position])
            position += 1
    return out


def _close(found: Sequence[str], position: int) -> int:
    """The position behind the group or token that begins here; behind everything if a group stays open."""
    level = 0
    for index in range(position, len(found)):
        level += (found[index] == '{') - (found[index] == '}')
        if level == 0:
            return index + 1
    return len(found)
