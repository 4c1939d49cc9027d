r"""Pictures of im2latex-100k show `\sin` as letters."""

import json
from pathlib import Path

import pytest

from data.italic_operators import italic_operators, main
from data.render import typeset


@pytest.mark.parametrize(
    ('formula', 'drawn'),
    [
        (r'\sin x', '{sin} x'),
        (r'\sinh^2\!x+\ln y', r'{sinh}^2\!x+{ln} y'),
        (r'\lim_{x\to0}f', r'*{lim}_{x\to0}f'),
        (r'x^\sin', 'x^{sin}'),
        (r'x^\max', r'x^\max'),
        (r'\lim\limits_x', r'\lim\limits_x'),
        (r'\singular\alpha', r'\singular\alpha'),
    ],
)
def test_operators_become_letters(formula: str, drawn: str) -> None:
    assert italic_operators(formula) == drawn


def test_they_can_be_typeset() -> None:
    formulas = [r'\frac{\sin x}{\cos^{2}\theta}', r'\max_{i}\det A', r'x_{\ln y}', r'\sqrt\exp']
    assert not typeset([italic_operators(formula) for formula in formulas]).errors


def test_lines_hold_both(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = tmp_path / 'f.jsonl', tmp_path / 'out.jsonl'
    source.write_text('{"latex": "x"}\n{"latex": "\\\\ln x"}\n', encoding='utf-8')
    assert main([str(source), '--out', str(out)]) == 0
    assert [json.loads(line) for line in out.read_text().splitlines()] == [{'latex': '{ln} x', 'label': r'\ln x'}]
    assert '1 formulas' in capsys.readouterr().out
    assert main([str(tmp_path / 'none.jsonl'), '--out', str(out)]) == 2
