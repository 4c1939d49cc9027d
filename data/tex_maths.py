r"""Cuts the formulas out of expanded LaTeX: display and inline maths, without labels and numbers.

    cut(Expander().expand(r'Let $x>0$. \begin{equation} x^2 \label{a} \end{equation}'))   # 'x>0', 'x^2'

A display of several lines gives the whole, as `aligned` or `gathered`, and each of its rows. What is found stands by
itself inside of `\[ \]`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .tex_macros import join

LIMIT = 4000
"""most tokens of a formula"""
_SINGLE = {'equation', 'displaymath', 'math'}
_ROWS = {'align': 'aligned', 'alignat': 'aligned', 'flalign': 'aligned', 'eqnarray': 'aligned', 'gather': 'gathered'}
_ROWS |= {'multline': '', 'xalignat': 'aligned', 'xxalignat': 'aligned'}
_INNER = {'split': 'aligned'}  # which may stand in `equation` only
_CLOSING = {'$': '$', '$$': '$$', r'\(': r'\)', r'\[': r'\]'}
_CLOSING |= {f'\\begin{{{name}{star}}}': f'\\end{{{name}{star}}}' for name in {*_SINGLE, *_ROWS} for star in ('', '*')}
# Without any trace on the page, or with one that the formula is not about.
_DROPPED = {r'\nonumber', r'\notag', r'\qedhere', r'\allowdisplaybreaks', r'\displaybreak', r'\pagebreak', r'\nobreak'}
_DROPPED_WITH_ARGUMENT = {r'\label', r'\tag', r'\vspace', r'\raisetag'}
_FOREIGN = re.compile(
    r'\\(?:ref|eqref|cref|Cref|autoref|pageref|cite[a-z]*|footnote[a-z]*|intertext|shortintertext|includegraphics|epsf[a-z]*'
    r'|psfig|item|par|section|caption|marginpar|href|url|index|verb|parbox|minipage)(?![A-Za-z])'
    r'|\\begin\{(?:tikzpicture|picture|tabular|figure|itemize|enumerate|minipage|xy|tikzcd)'
)
_ROW_END = '\\\\'


@dataclass(frozen=True, slots=True)
class Formula:
    """kind: 'display', 'inline', 'aligned' (a whole display of several rows) or 'row' (one of them)."""

    latex: str
    kind: str


def cut(tokens: Iterator[str]) -> Iterator[Formula | str]:
    """The formulas of a document; in place of one that cannot stand by itself, the reason why."""
    again: list[str] = []
    for token in _chained(tokens, again):
        if token not in _CLOSING:
            continue
        body, problem = _body(_chained(tokens, again), token, again)
        if problem:
            yield problem
        elif body:
            yield from _formulas(token, body)


def _chained(tokens: Iterator[str], again: list[str]) -> Iterator[str]:
    while True:
        if again:
            yield again.pop()
        elif (token := next(tokens, None)) is not None:
            yield token
        else:
            return


def _body(tokens: Iterator[str], opening: str, again: list[str]) -> tuple[list[str], str]:
    """The tokens up to the end of a formula, or why there is none."""
    closing, depth = _CLOSING[opening], 0
    body: list[str] = []
    for token in tokens:
        if depth == 0 and token == closing:
            return body, ''
        if depth == 0 and opening == '$' and token == '$$':  # the next formula follows at once
            again.append('$')
            return body, ''
        depth += (token == '{') - (token == '}')
        if depth < 0:
            return [], 'formula: a brace is closed too often'
        if token.isspace() and token.count('\n') > 1:
            return [], 'formula: a paragraph ends in it'
        body.append(token)
        if len(body) > LIMIT:
            return [], f'formula: more than {LIMIT} tokens'
    return [], 'formula: without end'


def _formulas(opening: str, body: list[str]) -> Iterator[Formula | str]:
    body = _cleaned(body)
    if _FOREIGN.search(join(body)):
        yield 'formula: with references, text or pictures of the paper'
        return
    environment = opening[len(r'\begin{') : -1].rstrip('*') if opening.startswith(r'\begin') else ''
    if environment not in _ROWS:
        yield from _formula(body, 'inline' if opening in ('$', r'\(') or environment == 'math' else 'display')
        return
    if environment.endswith('alignat'):
        body = _without_group(body)
    rows = [row for row in _split(body, _ROW_END) if ''.join(row).strip()]
    if environment == 'eqnarray':
        rows = [_two_columns(row) for row in rows]
    if len(rows) > 1 and (whole := _ROWS[environment]):
        lines = rf' {_ROW_END} '.join(join(row).strip() for row in rows)
        yield Formula(rf'\begin{{{whole}}} {lines} \end{{{whole}}}', 'aligned')
    for row in rows:
        columns = [token for column in _split(row, '&') for token in column]
        yield from _formula(columns, 'row' if len(rows) > 1 else 'display')


def _formula(tokens: Sequence[str], kind: str) -> Iterator[Formula]:
    latex = join(tokens).strip()
    while latex.endswith(_ROW_END):
        latex = latex[: -len(_ROW_END)].rstrip()
    if latex:
        yield Formula(latex, kind)


def _cleaned(body: Sequence[str]) -> list[str]:
    """Without labels, numbers and what acts on the page; the ends of rows without their options."""
    kept: list[str] = []
    position = 0
    while position < len(body):
        token = body[position]
        position += 1
        if token in _DROPPED_WITH_ARGUMENT:
            position = _behind_argument(body, position)
        elif token in (r'\eqno', r'\leqno'):
            break
        elif token == _ROW_END:
            position = _behind_option(body, position)
            kept.append(token)
        elif token not in _DROPPED:
            name = _INNER.get(token.partition('{')[2].rstrip('}'), '') if token.startswith((r'\begin', r'\end')) else ''
            kept.append(f'{token.partition("{")[0]}{{{name}}}' if name else token)
    return kept


def _behind_argument(body: Sequence[str], position: int) -> int:
    """The position behind a star and a group, if they stand there."""
    while position < len(body) and (body[position].isspace() or body[position] == '*'):
        position += 1
    depth = 0
    for index in range(position, len(body)):
        depth += (body[index] == '{') - (body[index] == '}')
        if depth <= 0:
            return index + 1
    return position


def _behind_option(body: Sequence[str], position: int) -> int:
    """The position behind `*` and `[2mm]`."""
    if body[position : position + 1] == ['*']:
        position += 1
    if body[position : position + 1] == ['['] and ']' in body[position : position + 5]:
        return body.index(']', position) + 1
    return position


def _split(tokens: Sequence[str], separator: str) -> list[list[str]]:
    """The parts between separators outside of groups and environments."""
    parts: list[list[str]] = [[]]
    depth = 0
    for token in tokens:
        if depth == 0 and token == separator:
            parts.append([])
            continue
        depth += (token == '{' or token.startswith(r'\begin{')) - (token == '}' or token.startswith(r'\end{'))
        parts[-1].append(token)
    return parts


def _without_group(body: list[str]) -> list[str]:
    return body[_behind_argument(body, 0) :]


def _two_columns(row: Sequence[str]) -> list[str]:
    """A row of `eqnarray` for `aligned`: the relation stands at the beginning of the second column."""
    left, *rest = _split(row, '&')
    return [*left, *(['&'] if rest else []), *(token for column in rest for token in column)]
