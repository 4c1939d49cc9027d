"""Greedy and beam search over a `DecoderBatch`: the rules are those of `generate` in transformers 5."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from modeling.nesting_im2latex import Nesting

from .model import DecoderBatch, Model

# Rows of pictures that are done are dropped once they are so large a part: dropping copies all the others.
DONE_SHARE = 0.25
NEVER = np.float32(-1e9)


@dataclass(frozen=True)
class Decoded:
    """A formula found in a picture."""

    tokens: list[int]
    """without the start token; the last is the end token unless the formula was cut off"""
    log_probabilities: list[float]
    """of each of them after those before it"""

    @property
    def log_probability(self) -> float:
        """Sum over the tokens."""
        return math.fsum(self.log_probabilities)


def greedy(batch: DecoderBatch, start: int, end: int, limit: int, nesting: Nesting | None = None) -> list[Decoded]:
    """The likeliest token at every step.

    Args:
        batch: of one beam.
        start, end: tokens that begin and end a formula.
        limit: most tokens of a formula, its end included.
        nesting: which tokens may follow which; all if it is None.
    Returns:
        One result a picture, in order.
    """
    count = batch.shape[0]
    tokens = np.full((count, limit + 1), start)
    logs = np.zeros((count, limit), np.float32)
    lengths = np.zeros(count, np.int64)
    rows = np.arange(count)  # the picture that each row of the batch decodes
    last = np.full(count, start)
    for step in range(limit):
        log_probabilities = batch.step(last[:, None])[:, 0]
        last = _possible(log_probabilities, tokens[rows, : step + 1], nesting).argmax(axis=1)
        going = lengths[rows] == step  # rows whose picture has not ended yet
        open_rows = rows[going]
        tokens[open_rows, step + 1] = last[going]
        logs[open_rows, step] = log_probabilities[going, last[going]]
        lengths[open_rows[last[going] != end]] += 1
        going &= last != end
        left = np.count_nonzero(going)
        if not left:
            break
        if left <= (1 - DONE_SHARE) * len(rows):
            keep = np.flatnonzero(going)
            batch.keep(keep)
            rows, last = rows[keep], last[keep]
    lengths = np.minimum(lengths + 1, limit)
    return [Decoded(tokens[i, 1 : length + 1].tolist(), logs[i, :length].tolist()) for i, length in enumerate(lengths)]


def greedy_with_drafts(
    batch: DecoderBatch,
    start: int,
    end: int,
    limit: int,
    draft: Callable[[list[int]], list[int]],
    nesting: Nesting | None = None,
) -> Decoded:
    """What `greedy` finds in one picture, in fewer steps: guesses are fed along, and count as far as they are right.

    The tokens are the same whatever is guessed, but for what rounding does to a tie (Yang et al., arXiv 2304.04487).

    Args:
        batch: of one picture and one beam.
        start, end, limit, nesting: as for `greedy`.
        draft: guesses what follows the tokens so far, the start included.
    """
    tokens: list[int] = [start]
    logs: list[float] = []
    while len(logs) < limit and (tokens[-1] != end or not logs):
        guessed = draft(tokens)[: limit - len(logs) - 1]
        for place, log_probabilities in enumerate(batch.steps(np.array([[tokens[-1:] + guessed]]))[0, 0]):
            token = int(_possible(log_probabilities, np.array(tokens), nesting).argmax())
            tokens.append(token)
            logs.append(float(log_probabilities[token]))
            if guessed[place : place + 1] != [token]:
                batch.forget(len(guessed) - place)
                break
            if token == end:
                break
    return Decoded(tokens[1:], logs)


def beam_search(
    batch: DecoderBatch,
    start: int,
    end: int,
    limit: int,
    length_penalty: float = 1.0,
    n_best: int = 1,
    nesting: Nesting | None = None,
) -> list[list[Decoded]]:
    """The best of several hypotheses kept at every step.

    Args:
        batch: of as many beams as hypotheses are to be kept.
        start, end, limit, nesting: as for `greedy`.
        length_penalty: a finished formula's score is its log-probability divided by its length to this power.
        n_best: formulas of a picture to return, at most as many as there are beams.
    Returns:
        The best formulas of each picture, the best first; the pictures in order.
    """
    count, beams = batch.shape
    results: list[list[Decoded]] = [[] for _ in range(count)]
    rows = np.arange(count)
    running = np.full((count, beams, limit + 1), start)
    running_logs = np.zeros(running.shape, np.float32)
    scores = np.full((count, beams), NEVER)
    scores[:, 0] = 0  # at first all beams are the same: one may go on
    # What is finished: score (log-probability by length), tokens with their log-probabilities, and where it ended.
    best_scores = np.full((count, beams), NEVER)
    best_tokens = np.full_like(running, end)
    best_logs = np.zeros_like(running_logs)
    best_lengths = np.zeros((count, beams), np.int64)
    for length in range(1, limit + 1):
        log_probabilities = _possible(batch.step(running[:, :, length - 1]), running[:, :, :length], nesting)
        totals = (log_probabilities + scores[:, :, None]).reshape(len(rows), -1)
        # As many again, so that enough go on if all the first end here.
        chosen = _top(totals, 2 * beams)
        sums = np.take_along_axis(totals, chosen, axis=1)
        parents, tokens = np.divmod(chosen, log_probabilities.shape[2])
        hypotheses = _taken(running, parents)
        hypotheses[:, :, length] = tokens
        logs = _taken(running_logs, parents)
        logs[:, :, length] = np.take_along_axis(log_probabilities.reshape(totals.shape), chosen, axis=1)
        ended = (tokens == end) | (length == limit)

        finished = np.where(ended & (np.arange(2 * beams) < beams), sums / length**length_penalty, NEVER)
        all_scores = np.concatenate([best_scores, finished], axis=1)
        order = _top(all_scores, beams)
        best_scores = np.take_along_axis(all_scores, order, axis=1)
        lengths = np.concatenate([best_lengths, np.full_like(parents, length)], axis=1)
        best_lengths = np.take_along_axis(lengths, order, axis=1)
        best_tokens = _taken(np.concatenate([best_tokens, hypotheses], axis=1), order)
        best_logs = _taken(np.concatenate([best_logs, logs], axis=1), order)

        order = _top(sums + ended * NEVER, beams)
        scores = np.take_along_axis(sums + ended * NEVER, order, axis=1)
        running, running_logs = _taken(hypotheses, order), _taken(logs, order)
        parents = np.take_along_axis(parents, order, axis=1)

        # A picture is done when no running beam could still beat the worst of as many finished ones.
        worst = best_scores.min(axis=1)
        going = (worst <= NEVER) | (scores[:, 0] / length**length_penalty > worst)
        if length == limit:
            going[:] = False
        for row in np.flatnonzero(~going):
            if not results[rows[row]]:
                results[rows[row]] = [
                    Decoded(best_tokens[row, i, 1:after].tolist(), best_logs[row, i, 1:after].tolist())
                    for i, after in enumerate(best_lengths[row, :n_best] + 1)
                ]
        if not going.any():
            break
        if np.count_nonzero(going) <= (1 - DONE_SHARE) * len(rows):
            keep = np.flatnonzero(going)
            batch.keep(keep)
            rows, scores, parents = rows[keep], scores[keep], parents[keep]
            running, running_logs = running[keep], running_logs[keep]
            best_scores, best_lengths = best_scores[keep], best_lengths[keep]
            best_tokens, best_logs = best_tokens[keep], best_logs[keep]
        batch.reorder(parents)
    return results


def forced(model: Model, ink: np.ndarray, rows: Sequence[Sequence[int]]) -> list[list[float]]:
    """Log-probabilities of given tokens, all fed in one step.

    Args:
        ink: the picture, (height, width), ink 1 and paper 0.
        rows: formulas, the start token first.
    Returns:
        For each formula those of all its tokens but the start.
    """
    length = max(map(len, rows)) - 1
    tokens = np.zeros((1, len(rows), length), np.int64)
    for row, ids in enumerate(rows):
        tokens[0, row, : len(ids) - 1] = ids[:-1]
    found = DecoderBatch(model, [model.encode(ink)], len(rows), length).steps(tokens)[0]
    return [found[row, range(len(ids) - 1), ids[1:]].tolist() for row, ids in enumerate(rows)]


def _possible(log_probabilities: np.ndarray, tokens: np.ndarray, nesting: Nesting | None) -> np.ndarray:
    """The same, with `NEVER` for what must not follow the tokens so far."""
    return log_probabilities if nesting is None else np.where(nesting.allowed(tokens), log_probabilities, NEVER)


def _taken(hypotheses: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Of each picture the hypotheses, (pictures, hypotheses, positions), at these places."""
    return np.take_along_axis(hypotheses, places[:, :, None], axis=1)


def _top(values: np.ndarray, count: int) -> np.ndarray:
    """Places of the `count` largest of each row, the largest first."""
    places = np.argpartition(-values, count - 1, axis=1)[:, :count]
    order = np.argsort(-np.take_along_axis(values, places, axis=1), axis=1, kind='stable')
    return np.take_along_axis(places, order, axis=1)
