import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks import chromium, robustness
from benchmarks.robustness import choose, compare, main, pages, read
from data.fonts import Font
from data.latex import canonicalize, tokenize
from metrics.score import ScoredPrediction, Scores
from runtime.backends import load


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    latex = ['x^2', 'x^{2}', r'a\over b', r'\frac{a}{b}', r'\sin x', r'\unheardof', '}', '+'.join('abcdefgh')]
    path = tmp_path / 'formulas.jsonl'
    path.write_text(''.join(json.dumps({'latex': formula}) + '\n' for formula in latex))
    return path


def test_chooses_different_canonical_formulas(lines: Path) -> None:
    chosen = choose(lines, limit=10, max_tokens=10, seed=0)
    assert sorted(chosen) == sorted([canonicalize('x^2'), canonicalize(r'\frac{a}{b}'), canonicalize(r'\sin x')])
    assert choose(lines, limit=10, max_tokens=10, seed=0) == chosen
    assert choose(lines, limit=2, max_tokens=10, seed=0) == chosen[:2]
    assert max(len(tokenize(latex)) for latex in choose(lines, limit=10, max_tokens=20, seed=0)) == 15
    with pytest.raises(ValueError, match='no formulas of at most 1 tokens'):
        choose(lines, limit=10, max_tokens=1, seed=0)


def test_a_font_shows_what_it_can() -> None:
    with pages([r'\alpha', 'x', r'\unheardof'], Font('CM', confused=frozenset({r'\alpha'}))) as found:
        assert list(found) == [1]
        assert found[1](200).width > found[1](100).width
    with pages([r'\unheardof'], Font('CM')) as found:
        assert found == {}


def test_compares_on_the_same_formulas() -> None:
    clean = Scores.of(ScoredPrediction.of(i, 'a+b', read) for i, read in enumerate(['a+b', 'a+b', 'x', 'a+c']))
    dark = Scores.of(ScoredPrediction.of(i, 'a+b', read) for i, read in ((0, 'a+b'), (3, 'c+a')))
    row = compare(dark, clean, np.random.default_rng(0))
    assert row['formulas'] == 2
    assert row['edit_similarity'] == pytest.approx(4 / 6)
    assert row['edit_similarity_to_clean'] == pytest.approx(4 / 6 - 5 / 6)
    assert (row['exact_match'], row['exact_match_to_clean']) == (0.5, 0)
    assert row['half_interval'] > 0
    assert compare(clean, clean, np.random.default_rng(0))['half_interval'] == 0


def test_reads_with_graphs_or_torch(
    tiny_checkpoint: Path, exported_checkpoint: Path, formulas: list[str], formula_images: list[Image.Image]
) -> None:
    pictures = dict(enumerate(formula_images))
    found = [read(load(path), pictures, formulas) for path in (tiny_checkpoint, exported_checkpoint)]
    assert [item.prediction for item in found[0].predictions] == [item.prediction for item in found[1].predictions]


def test_one_command_one_table(
    exported_checkpoint: Path, lines: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, kept = tmp_path / 'scores.json', tmp_path / 'kept'
    groups = ['--only', 'crop', '--only', 'transparent PNG', '--no-browsers']
    assert main([str(exported_checkpoint), str(lines), *groups, '--out', str(out), '--pictures', str(kept)]) == 0
    rows = json.loads(out.read_text())['conditions']
    assert [row['group'] for row in rows] == ['clean', *['transparent PNG'] * 2, *['crop'] * 4]
    assert all(row['formulas'] == 4 and row['edit_similarity_to_clean'] == 0 for row in rows)
    table = [line for line in capsys.readouterr().out.splitlines() if line.startswith('|')]
    assert len(table) == 2 + len(rows) and len({line.count('|') for line in table}) == 1
    assert len(list(kept.rglob('*.png'))) == 4 * len(rows)


def test_mistakes_are_told(
    exported_checkpoint: Path,
    lines: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert main([str(tmp_path / 'none'), str(lines), '--no-browsers']) == 2
    assert main([str(exported_checkpoint), str(tmp_path / 'none.jsonl'), '--no-browsers']) == 2
    monkeypatch.setattr(chromium.shutil, 'which', lambda name: None)
    assert main([str(exported_checkpoint), str(lines), '--only', 'KaTeX']) == 2
    messages = capsys.readouterr().err.splitlines()
    assert len(messages) == 3 and all(message.startswith('benchmarks.robustness: ') for message in messages)
    assert 'apt-get install' in messages[2] and '--no-browsers' in messages[2]
    with pytest.raises(SystemExit):
        robustness.main([str(exported_checkpoint), str(lines), '--limit', '0'])
