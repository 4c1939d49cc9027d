r"""Keeps decoding to LaTeX that TeX can set: a mask of the tokens that may come next.

    nesting = Nesting(tokenizer.get_vocab(), end='</s>')
    allowed = nesting.allowed(tokens)           # (..., length) token ids -> (..., vocabulary) bool

- `}`, `\right` and `\end{...}` may come only where their partner was opened last, and the formula may end only where
  nothing is open.
- `&` may come only in a table, and no more often in a row than its columns allow; `\\` in a group, too (`\substack`).
- An index or an exponent is a group, and no atom has two of a kind. After `\left` and its like comes a delimiter.

All else is left to the model. numpy and the standard library only.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

_BEGIN, _END = r'\begin{', r'\end{'
# Kinds of what can be open; environments follow, one kind each.
_NOTHING, _GROUP, _DELIMITERS = range(3)
_TWO_COLUMNS = ('cases', 'rcases')
_SIZED = (r'\left', r'\right', r'\middle', r'\big', r'\Big', r'\bigg', r'\Bigg')
_SIZABLE = (
    *'()[]|/.<>', r'\{', r'\}', r'\|', r'\langle', r'\rangle', r'\lfloor', r'\rfloor', r'\lceil', r'\rceil',
    r'\llbracket', r'\rrbracket', r'\ulcorner', r'\urcorner', r'\uparrow', r'\downarrow', r'\updownarrow', r'\Uparrow',
    r'\Downarrow', r'\setminus',
)  # fmt: skip
_MANY = 1000


class Nesting:
    """The rules for one vocabulary.

    Args:
        vocabulary: the id of every token.
        end: the token that ends a formula.
    """

    def __init__(self, vocabulary: Mapping[str, int], end: str):
        size = max(vocabulary.values()) + 1
        names = sorted({token[len(_BEGIN) : -1] for token in vocabulary if token.startswith(_BEGIN)})
        environments = {name: _DELIMITERS + 1 + i for i, name in enumerate(names)}
        tables = set(environments.values())
        openers = {'{': _GROUP, r'\left': _DELIMITERS} | {f'{_BEGIN}{name}}}': k for name, k in environments.items()}
        closers = {'}': _GROUP, r'\right': _DELIMITERS} | {f'{_END}{name}}}': k for name, k in environments.items()}
        # Where a token may come that does not open anything: the kinds of what was opened last.
        places = {token: {kind} for token, kind in closers.items()}
        places |= {end: {_NOTHING}, r'\middle': {_DELIMITERS}, '&': tables, r'\\': tables | {_GROUP}}
        self._change = np.zeros(size, np.int16)
        self._opens = np.zeros(size, np.int16)
        self._may_follow = np.ones((_DELIMITERS + 1 + len(names), size), bool)
        for token, position in vocabulary.items():
            if token in openers:
                self._change[position], self._opens[position] = 1, openers[token]
            elif token in closers:
                self._change[position] = -1
            if token in places or token.startswith(_END):  # an end without a beginning in the vocabulary: never
                self._may_follow[:, position] = False
                self._may_follow[sorted(places.get(token, ())), position] = True
        self._array = environments.get('array', -1)
        self._columns = np.full(len(self._may_follow), _MANY)
        self._columns[[environments[name] for name in _TWO_COLUMNS if name in environments]] = 2
        self._is_column = np.isin(np.arange(size), [vocabulary[token] for token in 'lcr' if token in vocabulary])
        self._is_sized, self._is_sizable = (
            np.isin(np.arange(size), [vocabulary[token] for token in some if token in vocabulary])
            for some in (_SIZED, _SIZABLE)
        )
        # Ids that no token has, -1, stand for those that the vocabulary lacks.
        self._group, self._close, self._sub, self._sup, self._cell, self._row = (
            vocabulary.get(token, -1) for token in ('{', '}', '_', '^', '&', r'\\')
        )

    @property
    def certain(self) -> dict[int, int]:
        """Tokens that only one can follow, and that one."""
        return {script: self._group for script in (self._sub, self._sup) if script >= 0 and self._group >= 0}

    def allowed(self, tokens: np.ndarray) -> np.ndarray:
        """Which tokens may come after those so far.

        Args:
            tokens: ids, (..., length), the start token first; special tokens count for nothing. For what did not keep
                to the rules so far the answer means little.

        Returns:
            bool, (..., vocabulary).
        """
        rows = tokens.reshape(-1, tokens.shape[-1])
        opens = self._change[rows] > 0
        level = self._change[rows].cumsum(axis=1)
        here = level[:, -1:]
        # The last token that opened this level; what opened it before was closed.
        opener = _last(opens & (level == here))
        opened = np.where(here[:, 0] > 0, self._opens[_at(rows, opener)], _NOTHING)
        allowed = self._may_follow[opened]
        last = rows[:, -1]

        allowed[self._is_sized[last]] &= self._is_sizable
        script = np.flatnonzero((last == self._sub) | (last == self._sup))
        allowed[script] &= np.arange(allowed.shape[1]) == self._group
        for i in np.flatnonzero(last == self._close):
            groups = np.flatnonzero(opens[i, 1:] & (level[i, 1:] == here[i] + 1))
            before = rows[i, groups[-1]] if len(groups) else self._group  # of the group that ends here
            if before in (self._sub, self._sup):
                # Canonical LaTeX has the index first: after an exponent there may have been one.
                allowed[i, [before, self._sub]] = False
        for i in np.flatnonzero(opened > _DELIMITERS):
            start = opener[i] + 1
            inside, depth = rows[i, start:], level[i, start:] - here[i]
            columns = self._columns[opened[i]]
            if opened[i] == self._array:
                ended = np.flatnonzero(depth == 0)
                columns = self._is_column[inside[: ended[0]]].sum() if len(ended) else 0
            ends = np.flatnonzero((inside == self._row) & (depth == 0))
            row = slice(ends[-1] + 1 if len(ends) else 0, None)
            if np.count_nonzero((inside[row] == self._cell) & (depth[row] == 0)) >= columns - 1:
                allowed[i, self._cell] = False
        return allowed.reshape(*tokens.shape[:-1], -1)


class NestingLogitsProcessor:
    """The same for `generate` in transformers: `logits_processor=[NestingLogitsProcessor(nesting)]`."""

    def __init__(self, nesting: Nesting):
        self.nesting = nesting

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Tensors of the tokens so far, (rows, length), and of the next ones' scores, (rows, vocabulary)."""
        allowed = self.nesting.allowed(input_ids.cpu().numpy())
        return scores.masked_fill(~scores.new_tensor(allowed).bool(), float('-inf'))


def _last(mask: np.ndarray) -> np.ndarray:
    """The last place in each row where it holds; the row's last place if it never does."""
    return mask.shape[1] - 1 - mask[:, ::-1].argmax(axis=1)


def _at(rows: np.ndarray, places: np.ndarray) -> np.ndarray:
    return rows[np.arange(len(rows)), places]


__all__ = ['Nesting', 'NestingLogitsProcessor']
