"""Symbols are swapped whole, derivatives become partial, and what holds nothing to swap is left out."""

import json
import random
from pathlib import Path

import pytest

from data import substitute
from data.latex import tokenize


@pytest.mark.parametrize(
    ('before', 'after'),
    [
        (r'\nabla_\mu A', r'\partial_\mu A'),
        (r'\nablax', r'\nablax'),
        (r'\frac{df}{dx}', r'\frac{\partial f}{\partial x}'),
        (r'\frac{\mathrm{d}^{2}f}{\mathrm{d}x^2}', r'\frac{\partial^{2}f}{\partial x^2}'),
        (r'\frac{d}{2}', r'\frac{d}{2}'),
        (r'k_\perp', r'k_\parallel'),
    ],
)
def test_substitute(before: str, after: str) -> None:
    assert tokenize(substitute.substitute(before, random.Random(0))) == tokenize(after)


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = tmp_path / 'in.jsonl', tmp_path / 'out.jsonl'
    source.write_text(''.join(json.dumps({'latex': latex}) + '\n' for latex in ('x', r'\nabla f', r'\nabla g')))
    assert substitute.main([str(source), '--out', str(out), '--limit', '1']) == 0
    [line] = out.read_text().splitlines()
    assert tokenize(json.loads(line)['latex']) == [r'\partial', 'f']
    assert substitute.main([str(tmp_path / 'none.jsonl'), '--out', str(out)]) == 2
    assert 'none.jsonl' in capsys.readouterr().err
