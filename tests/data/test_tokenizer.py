"""Tests of data/tokenizer.py: special tokens, exact round trips, what a minimum count leaves out, the command line."""

import json
import lzma
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from data.latex import detokenize, normalize, tokenize
from data.latex_symbols import STANDARD
from data.tokenizer import SPECIAL_TOKENS, build_tokenizer, inexact, main

FORMULAS = [
    r'\frac{1}{2}\sin x',
    r'\begin{aligned} &a&=b\\{}[c]&=d\end{aligned}',
    r'\text{for~all}x\in\{1,\ldots,n\}',
    r'(\begin{matrix}a&b\\c&d\end{matrix})^{\prime}',
    r'\alpha\beta\%\_\&\|x\|<|y|>',
]


@pytest.fixture(scope='module')
def tokenizer():
    return build_tokenizer(FORMULAS, always=STANDARD)


def test_special_tokens(tokenizer):
    assert tokenizer.convert_ids_to_tokens(range(4)) == list(SPECIAL_TOKENS)
    assert (tokenizer.pad_token_id, tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.unk_token_id) == (
        0,
        1,
        2,
        3,
    )
    ids = tokenizer('x')['input_ids']
    assert (ids[0], len(ids), ids[-1]) == (1, 3, 2)
    assert tokenizer(['x', 'xx'], padding=True)['input_ids'][0][-1] == 0


@pytest.mark.parametrize('formula', FORMULAS)
def test_one_id_a_token(tokenizer, formula: str):
    ids = tokenizer(formula)['input_ids']
    assert tokenizer.convert_ids_to_tokens(ids[1:-1]) == tokenize(formula)
    assert tokenizer.decode(ids, skip_special_tokens=True) == formula


@given(st.lists(st.sampled_from(sorted(STANDARD)), max_size=30))
@settings(max_examples=500, deadline=None)
def test_round_trip(tokenizer, tokens: list[str]):
    formula = detokenize(tokens)
    assert tokenizer.decode(tokenizer(formula)['input_ids'], skip_special_tokens=True) == formula


@given(st.lists(st.sampled_from([*sorted(STANDARD), '{', '}', '_', '^', r'\text', r'\left', '~', ' ']), max_size=30))
@settings(max_examples=500, deadline=None)
def test_round_trip_of_what_normalize_gives(tokenizer, pieces: list[str]):
    formula = normalize(' '.join(pieces))
    ids = tokenizer(formula)['input_ids']
    if tokenizer.unk_token_id not in ids:
        assert tokenizer.decode(ids, skip_special_tokens=True) == formula


def test_ids_fall_with_frequency_and_do_not_depend_on_order():
    first, second = build_tokenizer(['a', 'ab', 'abc']), build_tokenizer(['abc', 'ab', 'a'])
    assert first.get_vocab() == second.get_vocab()
    assert first.convert_ids_to_tokens([4, 5, 6]) == ['a', 'b', 'c']


def test_min_count_counts_formulas():
    tokenizer = build_tokenizer(['aab', 'bcc', 'd'], min_count=2)
    assert set(tokenizer.get_vocab()) == {*SPECIAL_TOKENS, 'b'}
    assert tokenizer('abc')['input_ids'] == [1, 3, 4, 3, 2]
    assert set(build_tokenizer(['a'], 2, always=['z']).get_vocab()) == {*SPECIAL_TOKENS, 'z'}


def test_saved_tokenizer_needs_no_code(tokenizer, tmp_path: Path):
    tokenizer.save_pretrained(tmp_path)
    loaded = AutoTokenizer.from_pretrained(tmp_path)
    for formula in FORMULAS:
        ids = loaded(formula)['input_ids']
        assert ids == tokenizer(formula)['input_ids']
        assert loaded.decode(ids, skip_special_tokens=True) == formula


def test_inexact(tokenizer):
    unknown, special = r'\unheard{x}', 'x<|pad|>'
    assert inexact(tokenizer, [*FORMULAS, unknown, special]) == [False] * len(FORMULAS) + [True, True]
    assert inexact(tokenizer, []) == []


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    lines = ''.join(json.dumps({'latex': f}) + '\n' for f in ['{ x } ^ 2', 'x + y', r'x \le y'])
    (tmp_path / 'a.jsonl').write_text(lines)
    (tmp_path / 'b.jsonl.xz').write_bytes(lzma.compress(lines.encode()))
    (tmp_path / 'c.lst').write_bytes(b'x\rz\nx\n')
    files = [str(tmp_path / name) for name in ('a.jsonl', 'b.jsonl.xz', 'c.lst')]
    out = tmp_path / 'tokenizer'
    assert main([*files, '--out', str(out), '--min-count', '2', '--only-corpus', '--processes', '1']) == 0
    report = capsys.readouterr().out
    assert '8 formulas, vocabulary of 12 tokens' in report
    assert 'left out: 1 tokens, in 1 formulas (12.500%)' in report
    assert 'no exact round trip: 1 formulas, 0 of them' in report
    assert json.loads((out / 'tokenizer_config.json').read_text())['tokenizer_class'] == 'PreTrainedTokenizerFast'
    assert set(AutoTokenizer.from_pretrained(out).get_vocab()) == {*SPECIAL_TOKENS, *'x^{}2+y', r'\leq'}


def test_command_line_counts_formulas_that_do_not_come_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / 'a.lst').write_text('x\nx\nx<|pad|>\nx<|pad|>\ny\n')
    assert main([str(tmp_path / 'a.lst'), '--out', str(tmp_path), '--min-count', '2', '--processes', '1']) == 0
    assert 'no exact round trip: 2 formulas, 2 of them' in capsys.readouterr().out


@pytest.mark.parametrize(
    ('name', 'content'), [('a.jsonl', '{"formula": 1}\n'), ('a.jsonl', 'x\n'), ('a.jsonl.xz', 'x')]
)
def test_a_bad_file_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: str):
    (tmp_path / name).write_text(content)
    for file in (tmp_path / name, tmp_path / 'missing.jsonl'):
        with pytest.raises(SystemExit) as stop:
            main([str(file), '--out', str(tmp_path / 'out'), '--processes', '1'])
        assert stop.value.code == 2
        assert file.name in capsys.readouterr().err.splitlines()[-1]
