r"""LaTeX in the convention of im2latex-100k's labels, and the tokens that its published scores count.

    convert(r'\ln\overline{x}')         # ['\operatorname', '{', 'l', 'n', '}', '\overline', '{', '{', 'x', '}', '}']
    tokens(r'\left( x \right)')         # ['\left(', 'x', '\right)']

The labels were written by KaTeX's parser as Deng et al. changed it (harvardnlp/im2markup,
`scripts/preprocessing/preprocess_latex.js`): a space between all tokens, braces around scripts and cells, functions
spelt in letters, `\left(` one token. Where one picture has several spellings in the labels, `convert` takes the one
that is commonest in the validation split. What a canonical prediction has lost (spaces) does not come back:
`python -m benchmarks.conventions` measures what a perfect reader would score.
"""

import re
from collections.abc import Sequence
from typing import Final, TypeAlias

from data.latex import normalize, tokenize
from data.latex_rules import LIMIT_OPERATORS, MATRICES, OPERATORS

Tree: TypeAlias = list['str | Tree']

_RENAMED: Final = {
    r'\overset': [r'\stackrel'], r'\text': [r'\mathrm'], r'\textnormal': [r'\mathrm'], r'\mbox': [r'\mathrm'],
    r'\hbox': [r'\mathrm'], r'\setminus': [r'\backslash'], r'\notin': [r'\not', r'\in'], r'\dfrac': [r'\frac'],
    r'\tfrac': [r'\frac'], r'\dbinom': [r'\binom'], r'\tbinom': [r'\binom'], "'": ['^', '{', r'\prime', '}'],
}  # fmt: skip
_SWITCHES: Final = {r'\mathcal': r'\cal', r'\mathbf': r'\bf', r'\mathit': r'\it'}
# These have a second pair of braces in the labels.
_DOUBLED: Final = frozenset({r'\overline', r'\underline'})
_WITH_ARGUMENT: Final = frozenset({'_', '^', r'\sqrt', r'\hat', r'\bar', r'\tilde', r'\vec', r'\dot', r'\ddot'})
# Environments that become arrays, and the columns they have.
_TABLES: Final = {
    'cases': 'l',
    'rcases': 'l',
    'aligned': 'rl',
    'gathered': 'c',
    'array': '',
    'smallmatrix': 'c',
} | dict.fromkeys(MATRICES, 'c')
# What stands around these arrays.
_DELIMITERS: Final = MATRICES | {'cases': (r'\{', '.'), 'rcases': ('.', r'\}')}
_DEPTH: Final = 200
_LENGTH: Final = re.compile(r'(\\[hv]space\s*\*?\s*)\{([^{}]*)\}')


def tokens(latex: str) -> list[str]:
    r"""The tokens of a label as published scores count them, for one with spaces between them those it has."""
    return _join_delimiters([token.strip() for token in tokenize(latex)])


def convert(latex: str) -> list[str]:
    """The tokens of any LaTeX brought to the convention of the labels. Never raises: braces that do not match stay."""
    return _join_delimiters(spell(latex))


def typesettable(latex: str) -> str:
    r"""A label as TeX takes it: `\hspace { 1 c m }` is no length to it, `\hspace {1cm}` is."""
    return _LENGTH.sub(lambda match: f'{match[1]}{{{"".join(match[2].split())}}}', latex)


def spell(latex: str) -> list[str]:
    r"""What `convert` gives, with `\left` and its delimiter still apart."""
    found = tokenize(latex)
    if r'\over' in found or r'\choose' in found:
        found = tokenize(normalize(latex))  # `a \over b` takes a parser; few predictions have it, and no labels
    found = [token.strip() for token in found]
    tree = _parse(found)
    return found if tree is None else _write(tree)


def _join_delimiters(found: Sequence[str]) -> list[str]:
    joined: list[str] = []
    for token in found:
        if joined and joined[-1] in {r'\left', r'\right'}:
            joined[-1] += token
        else:
            joined.append(token)
    return joined


def _parse(found: Sequence[str]) -> Tree | None:
    """Groups as lists; None if braces do not match or are nested deeper than any formula's."""
    stack: list[Tree] = [[]]
    for token in found:
        if token == '{' and len(stack) < _DEPTH:
            stack.append([])
        elif token == '}' and len(stack) > 1:
            group = stack.pop()
            stack[-1].append(group)
        elif token in {'{', '}'}:
            return None
        else:
            stack[-1].append(token)
    return stack[0] if len(stack) == 1 else None


def _write(tree: Tree) -> list[str]:
    out: list[str] = []
    position = 0
    while position < len(tree):
        item = tree[position]
        position += 1
        if isinstance(item, list):
            out += ('{', *_write(item), '}')
            continue
        following = tree[position] if position < len(tree) else None
        if item[1:] in OPERATORS and item[0] == '\\':
            star = '*' if item[1:] in LIMIT_OPERATORS else ''
            out += (rf'\operatorname{star}', '{', *item[1:], '}')
        elif item in _SWITCHES and isinstance(following, list):
            out += ('{', _SWITCHES[item], *_write(following), '}')
            position += 1
        elif item == r'\boldsymbol' and isinstance(following, list):
            out += (r'\mathrm', '{', r'\boldmath', '~', *_write(following), '~', '}')
            position += 1
        elif item in _DOUBLED and isinstance(following, list) and not _is_group(following):
            out += (item, '{', '{', *_write(following), '}', '}')
            position += 1
        elif item in _WITH_ARGUMENT and isinstance(following, str) and following != '[':
            out += (item, '{', *_write([following]), '}')
            position += 1
        elif item.startswith(r'\begin{') and item[7:-1] in _TABLES and (end := _end(tree, position)) is not None:
            out += _table(item[7:-1], tree[position:end])
            position = end + 1
        else:
            out += _RENAMED.get(item, [item])
    return out


def _is_group(tree: Tree) -> bool:
    """Whether it holds one group and nothing else."""
    return len(tree) == 1 and isinstance(tree[0], list)


def _end(tree: Tree, position: int) -> int | None:
    r"""Where the `\end` is of the environment whose body begins here."""
    level = 1
    for index in range(position, len(tree)):
        item = tree[index]
        if isinstance(item, str):
            level += item.startswith(r'\begin{') - item.startswith(r'\end{')
            if not level:
                return index
    return None


def _table(name: str, body: Tree) -> list[str]:
    """An environment as an array with braces around its cells and an end to every row."""
    columns: list[str] = []
    if name == 'array':
        if not body or not isinstance(body[0], list):
            return [r'\begin{array}', *_write(body), r'\end{array}']
        columns, body = _write(body[0]), body[1:]
    rows: list[list[Tree]] = [[[]]]
    level = 0
    for item in body:
        level += (str(item)[:7] == r'\begin{') - (str(item)[:5] == r'\end{') if isinstance(item, str) else 0
        if level == 0 and item == '&':
            rows[-1].append([])
        elif level == 0 and item == r'\\':
            rows.append([[]])
        else:
            rows[-1][-1].append(item)
    if rows[-1] == [[]]:
        rows.pop()
    kinds = _TABLES[name]
    count = max((len(row) for row in rows), default=1)
    out = [r'\begin{array}', '{', *(columns or (kinds * count)[: max(count, len(kinds))]), '}']
    for row in rows:
        for number, cell in enumerate(row):
            lines = [item for item in cell if item == r'\hline']
            inner = [item for item in cell if item != r'\hline']
            out += ['&'] if number else []
            out += (*lines, *(_write(inner) if _is_group(inner) else ['{', *_write(inner), '}']))
        out.append(r'\\')
    out.append(r'\end{array}')
    opening, closing = _DELIMITERS.get(name, ('', ''))
    return [r'\left', opening, *out, r'\right', closing] if opening else out
