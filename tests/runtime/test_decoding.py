"""The searches alone, on a language whose probabilities are a table: every formula can be tried."""

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.decoding import Decoded, beam_search, greedy, greedy_with_drafts

START, END, LIMIT = 1, 2, 4


class TableBatch:
    """Stands in for `DecoderBatch`: what comes next depends on all tokens so far, through the rows it is given."""

    def __init__(self, tables: np.ndarray, beams: int):
        """Tables: log-probabilities (pictures, steps, token before, next token)."""
        self.tables = tables
        self.shape = len(tables), beams
        self.past = np.zeros((len(tables), beams, 0), np.int64)
        self.fed: list[int] = []

    def step(self, tokens: np.ndarray) -> np.ndarray:
        self.fed.append(len(tokens))
        self.past = np.concatenate([self.past, tokens[:, :, None]], axis=2)
        return np.array(
            [[after(table, past) for past in row] for table, row in zip(self.tables, self.past, strict=True)]
        )

    def steps(self, tokens: np.ndarray) -> np.ndarray:
        return np.stack([self.step(tokens[:, :, i]) for i in range(tokens.shape[2])], axis=2)

    def forget(self, count: int) -> None:
        self.past = self.past[:, :, : self.past.shape[2] - count]

    def keep(self, pictures: np.ndarray) -> None:
        self.tables, self.past = self.tables[pictures], self.past[pictures]
        self.shape = len(pictures), self.shape[1]

    def reorder(self, parents: np.ndarray) -> None:
        self.past = np.take_along_axis(self.past, parents[:, :, None], axis=1)


def after(table: np.ndarray, past: np.ndarray) -> np.ndarray:
    """Log-probabilities after these tokens: all of them count, so that a wrong history shows."""
    shift = int(past.sum()) % table.shape[-1]
    return np.roll(table[len(past) - 1, past[-1]], shift).astype(np.float32)


def tables(seed: int, pictures: int, vocabulary: int = 5) -> np.ndarray:
    logits = np.random.default_rng(seed).normal(scale=2, size=(pictures, LIMIT, vocabulary, vocabulary))
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


def formulas(table: np.ndarray) -> Iterator[Decoded]:
    """Every formula there is: up to its end or to the limit."""
    vocabulary = table.shape[-1]
    for length in range(1, LIMIT + 1):
        for tokens in itertools.product(range(vocabulary), repeat=length):
            if END in tokens[:-1] or (tokens[-1] != END and length < LIMIT):
                continue
            past = np.array([START, *tokens])
            yield Decoded(list(tokens), [float(after(table, past[: i + 1])[token]) for i, token in enumerate(tokens)])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 6))
def test_greedy_takes_the_likeliest_token(seed: int, pictures: int) -> None:
    found = greedy(TableBatch(tables(seed, pictures), 1), START, END, LIMIT)  # type: ignore[arg-type]
    for table, item in zip(tables(seed, pictures), found, strict=True):
        past, logs = [START], []
        while len(past) <= LIMIT and past[-1] != END:
            following = after(table, np.array(past))
            past.append(int(following.argmax()))
            logs.append(float(following.max()))
        assert item.tokens == past[1:]
        assert item.log_probabilities == pytest.approx(logs, abs=1e-4)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.integers(0, 4), max_size=6), st.integers(0, 3))
def test_drafts_change_nothing(seed: int, guesses: list[int], right: int) -> None:
    """Guesses that are right for a while, then anything, also beyond the end of the formula."""
    [wanted] = greedy(TableBatch(tables(seed, 1), 1), START, END, LIMIT)  # type: ignore[arg-type]
    batch = TableBatch(tables(seed, 1), 1)

    def draft(tokens: list[int]) -> list[int]:
        assert tokens == [START, *wanted.tokens][: len(tokens)]
        return [*wanted.tokens[len(tokens) - 1 :][:right], *guesses]

    found = greedy_with_drafts(batch, START, END, LIMIT, draft)  # type: ignore[arg-type]
    assert found.tokens == wanted.tokens
    assert found.log_probabilities == pytest.approx(wanted.log_probabilities, abs=1e-5)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 3), st.sampled_from([0.0, 1.0, 2.0]))
def test_a_wide_enough_beam_finds_the_best_of_all_in_order(seed: int, pictures: int, penalty: float) -> None:
    batch = TableBatch(tables(seed, pictures), 130)  # at most 4 ** 3 open formulas, and half as many again to spare
    found = beam_search(batch, START, END, LIMIT, penalty, n_best=5)  # type: ignore[arg-type]
    for table, items in zip(tables(seed, pictures), found, strict=True):
        best = sorted(formulas(table), key=lambda one: -one.log_probability / len(one.tokens) ** penalty)[:5]
        assert [item.tokens for item in items] == [item.tokens for item in best]
        for item, wanted in zip(items, best, strict=True):
            assert item.log_probabilities == pytest.approx(wanted.log_probabilities, abs=1e-4)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 3))
def test_pictures_do_not_disturb_each_other(seed: int, beams: int) -> None:
    together = beam_search(TableBatch(tables(seed, 5), beams), START, END, LIMIT, n_best=beams)  # type: ignore
    for i, items in enumerate(together):
        alone = TableBatch(tables(seed, 5)[i : i + 1], beams)
        assert beam_search(alone, START, END, LIMIT, n_best=beams) == [items]  # type: ignore[arg-type]


def test_finished_rows_are_no_longer_computed() -> None:
    """Of four formulas three end at once."""
    table = np.full((4, LIMIT, 5, 5), -9.0)
    table[:3, ..., END] = 0
    table[3, ..., 4] = 0

    class Plain(TableBatch):
        def step(self, tokens: np.ndarray) -> np.ndarray:
            self.fed.append(len(tokens))
            return self.tables[:, :1, 0].repeat(tokens.shape[1], axis=1).astype(np.float32)

    batch = Plain(table, 1)
    assert [len(item.tokens) for item in greedy(batch, START, END, LIMIT)] == [1, 1, 1, LIMIT]  # type: ignore[arg-type]
    assert batch.fed == [4, 1, 1, 1]
