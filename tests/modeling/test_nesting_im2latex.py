r"""Whatever the model would like to write, what comes out nests."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from modeling.nesting_im2latex import Nesting, NestingLogitsProcessor

ROOT = Path(__file__).resolve().parents[2]

TOKENS = (
    '<s>', '</s>', '{', '}', r'\left', r'\right', r'\middle', '(', 'x', '&', r'\\', r'\begin{matrix}', r'\end{matrix}',
    r'\begin{cases}', r'\end{cases}', r'\end{aligned}', r'\begin{array}', r'\end{array}', 'l', '_', '^',
)  # fmt: skip
VOCABULARY = {token: i for i, token in enumerate(TOKENS)}
NESTING = Nesting(VOCABULARY, '</s>')
PARTNERS = {'{': '}', r'\left': r'\right'} | {
    rf'\begin{{{name}}}': rf'\end{{{name}}}' for name in ('matrix', 'cases', 'array')
}


def following(tokens: str) -> set[str]:
    """What may come after these tokens, which have spaces between them."""
    ids = np.array([VOCABULARY[token] for token in ['<s>', *tokens.split()]])
    return {token for token, allowed in zip(TOKENS, NESTING.allowed(ids), strict=True) if allowed}


SCRIPTS = {'_', '^'}
ALWAYS = {'<s>', 'x', '(', 'l', *PARTNERS}


@pytest.mark.parametrize(
    ('tokens', 'others'),
    [
        ('', {'</s>'}),
        ('x { x }', {'</s>'}),
        ('{', {'}', r'\\'}),
        (r'{ \left (', {r'\right', r'\middle'}),
        (r'\left ( { x }', {r'\right', r'\middle'}),
        (r'\begin{matrix} x &', {r'\end{matrix}', '&', r'\\'}),
        (r'\begin{matrix} \begin{cases} \end{cases}', {r'\end{matrix}', '&', r'\\'}),
        (r'\begin{matrix} { x', {'}', r'\\'}),
        (r'\begin{cases} x', {r'\end{cases}', '&', r'\\'}),
        (r'\begin{cases} x & x', {r'\end{cases}', r'\\'}),
        (r'\begin{cases} x & x \\ { x }', {r'\end{cases}', '&', r'\\'}),
        (r'\begin{array} { l l', {'}', r'\\'}),
        (r'\begin{array} { l l } l', {r'\end{array}', '&', r'\\'}),
        (r'\begin{array} { l l } x & \begin{array} { l } x \end{array}', {r'\end{array}', r'\\'}),
        (r'\begin{array} { l } \begin{matrix} & \\ \end{matrix}', {r'\end{array}', r'\\'}),
    ],
)
def test_what_may_come(tokens: str, others: set[str]) -> None:
    assert following(tokens) == ALWAYS | SCRIPTS | others


@pytest.mark.parametrize(
    ('tokens', 'scripts'),
    [
        ('x _ { x }', {'^'}),
        ('x ^ { x }', set()),
        ('x _ { x } ^ { x }', set()),
        ('x _ { x _ { x } }', {'^'}),
        ('x _ { x } { }', {'_', '^'}),
        ('x _ { x } x', {'_', '^'}),
    ],
)
def test_an_atom_has_one_script_of_a_kind(tokens: str, scripts: set[str]) -> None:
    assert following(tokens) & SCRIPTS == scripts


@pytest.mark.parametrize('tokens', [r'\left', r'{ \left ( x \right', r'\left ( \middle'])
def test_a_delimiter_follows(tokens: str) -> None:
    assert following(tokens) == {'('}


@pytest.mark.parametrize('tokens', ['x _', r'\begin{matrix} x ^'])
def test_a_script_is_a_group(tokens: str) -> None:
    assert following(tokens) == {'{'}


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6))
def test_any_walk_that_ends_nests(seed: int) -> None:
    rng = np.random.default_rng(seed)
    tokens = [VOCABULARY['<s>']]
    while tokens[-1] != VOCABULARY['</s>'] and len(tokens) < 60:
        tokens.append(int(rng.choice(np.flatnonzero(NESTING.allowed(np.array(tokens))))))
    opened = []
    for token in (TOKENS[i] for i in tokens):
        if token in PARTNERS:
            opened.append(PARTNERS[token])
        elif token in PARTNERS.values():
            assert opened.pop() == token
        elif token in ('&', r'\\'):
            assert opened[-1].startswith(r'\end') or (token == r'\\' and opened[-1] == '}')
    assert not opened or TOKENS[tokens[-1]] != '</s>'


def test_rows_do_not_depend_on_each_other_and_need_not_keep_to_the_rules() -> None:
    rows = np.array([list(row) for row in itertools.product(range(len(TOKENS)), repeat=2)]).reshape(3, -1, 2)
    allowed = NESTING.allowed(rows)
    assert allowed.shape == (*rows.shape[:2], len(TOKENS))
    for place in np.ndindex(rows.shape[:2]):
        assert (NESTING.allowed(rows[place]) == allowed[place]).all()


def test_logits_processor() -> None:
    ids = torch.tensor([[0, VOCABULARY['{']], [0, VOCABULARY['x']]])
    scores = NestingLogitsProcessor(NESTING)(ids, torch.zeros(2, len(TOKENS)))
    assert torch.equal(scores == 0, torch.from_numpy(NESTING.allowed(ids.numpy())))
    assert scores[scores != 0].eq(-torch.inf).all()


@pytest.mark.parametrize('folder', sorted(path.parent for path in ROOT.glob('checkpoints/*/tokenizer.json')), ids=str)
def test_every_token_of_a_shipped_vocabulary_has_a_partner(folder: Path) -> None:
    vocabulary = json.loads((folder / 'tokenizer.json').read_text(encoding='utf-8'))['model']['vocab']
    nesting = Nesting(vocabulary, '<|eos|>')
    for token, position in vocabulary.items():
        if token.startswith(r'\begin{'):
            closed = vocabulary[token.replace('begin', 'end')]
            assert nesting.allowed(np.array([position]))[closed]
            assert not nesting.allowed(np.array([vocabulary['x']]))[closed]
