r"""Keeps decoding to LaTeX that nests: a mask of the tokens that may come next.

    nesting = Nesting(tokenizer.get_vocab(), end='</s>')
    allowed = nesting.allowed(tokens)           # (..., length) token ids -> (..., vocabulary) bool

A `}`, `\right` or `\end{...}` may come only where its partner was opened last, `&` and `\\` only in a table (`\\` in a
group too, for `\substack`), and the formula may end only where nothing is open. All else is left to the model. numpy
and the standard library only.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

_BEGIN, _END = r'\begin{', r'\end{'
# Kinds of what can be open; environments follow, one kind each.
_NOTHING, _GROUP, _DELIMITERS = range(3)


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

    def allowed(self, tokens: np.ndarray) -> np.ndarray:
        """Which tokens may come after those so far.

        Args:
            tokens: ids, (..., length), of formulas that nest so far; special tokens among them count for nothing.

        Returns:
            bool, (..., vocabulary).
        """
        change = self._change[tokens]
        level = change.cumsum(axis=-1)
        here = level[..., -1:]
        # The last token that opened this level; what opened it before was closed.
        opener = (change > 0) & (level == here)
        last = tokens.shape[-1] - 1 - opener[..., ::-1].argmax(axis=-1)
        opened = self._opens[np.take_along_axis(tokens, last[..., None], axis=-1)[..., 0]]
        return self._may_follow[np.where(here[..., 0] > 0, opened, _NOTHING)]


class NestingLogitsProcessor:
    """The same for `generate` in transformers: `logits_processor=[NestingLogitsProcessor(nesting)]`."""

    def __init__(self, nesting: Nesting):
        self.nesting = nesting

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Tensors of the tokens so far, (rows, length), and of the next ones' scores, (rows, vocabulary)."""
        allowed = self.nesting.allowed(input_ids.cpu().numpy())
        return scores.masked_fill(~scores.new_tensor(allowed).bool(), float('-inf'))


__all__ = ['Nesting', 'NestingLogitsProcessor']
