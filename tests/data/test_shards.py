"""Shards, with a TeX that fails."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import datasets
import pytest

from data.candidates import Row
from data.render import RenderError, Typeset, typeset
from data.shards import FEATURES, Look, Shard, assigned, write_shard


def row(latex: str) -> Row:
    return Row(latex=latex, label=latex, source='s', paper='', kind='', split='train', picture=None)


def shard(folder: Path, formulas: Sequence[str], look: Look) -> Shard:
    return Shard(folder / 's.parquet', folder / 's.json', [row(latex) for latex in formulas], look)


def test_a_formula_that_makes_tex_give_up_costs_itself_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def moody(formulas: Sequence[str], **options: Any) -> Typeset:
        if 'poison' in formulas:
            raise RenderError('pdflatex failed')
        return typeset(formulas, **options)

    monkeypatch.setattr('data.shards.typeset', moody)
    counts = write_shard(shard(tmp_path, ['a', 'b', 'poison', 'c'], Look()))
    assert (counts['rows'], counts['dropped']) == (3, {'TeX: gives up': 1})
    table = datasets.Dataset.from_parquet(str(tmp_path / 's.parquet'), cache_dir=str(tmp_path))
    assert table['latex'][:] == ['a', 'b', 'c'] and table.features == FEATURES
    assert write_shard(shard(tmp_path, [], Look())) == counts, 'a shard that is there is not written again'


def test_what_a_font_cannot_show_goes_to_another(tmp_path: Path) -> None:
    look = Look(fonts=('cm', 'euler'))
    chosen = {latex: assigned(row(latex), look)[0][0] for latex in (rf'\hbar^{{{n}}}' for n in range(20))}
    assert set(chosen.values()) == {'cm'}
    plain = [assigned(row(f'x^{{{n}}}'), look)[0][0] for n in range(200)]
    assert 60 < plain.count('euler') < 140
    assert assigned(row(r'\hbar'), Look(fonts=('euler',))) == [('euler', 100.0)], 'there is no other'


def test_the_first_font_stands_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(formulas: Sequence[str], **options: Any) -> Typeset:
        lacks = [] if options['preamble'].count('lmodern') == 0 else ['y']
        return typeset([r'\undefined' if latex in lacks else latex for latex in formulas], **options)

    monkeypatch.setattr('data.shards.typeset', lacking)
    write_shard(shard(tmp_path, ['x', 'y'], Look(fonts=('cm', 'lm'), looks=2)))
    table = datasets.Dataset.from_parquet(str(tmp_path / 's.parquet'), cache_dir=str(tmp_path))
    assert sorted(zip(table['latex'], table['font'], strict=True)) == [('x', 'cm'), ('x', 'lm'), ('y', 'cm')]


def test_pictures_too_large_are_not_drawn(tmp_path: Path) -> None:
    counts = write_shard(shard(tmp_path, [r'a\hspace{800pt}b', r'\nosuch', 'c'], Look()))
    assert counts['dropped'] == {'picture: longer than 700 points': 1, 'TeX: Undefined control sequence': 1}
