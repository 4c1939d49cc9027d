"""Splits, duplicates and the journal."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from data.candidates import Row, Task
from data.plan import Plan, Seen, split_of


def row(latex: str, paper: str = '', split: str = '') -> Row:
    return Row(latex=latex, label=latex, source='s', paper=paper, kind='', split=split, picture=None)


def tasks() -> list[Task]:
    return [Task('s', [row(f'x_{{{10 * piece + n}}}', f'p{piece}') for n in range(10)]) for piece in range(20)]


def extended(path: Path, pieces: list[Task], excluded: Seen | None = None, duplicates: bool = False) -> Plan:
    plan = Plan(path, {'validation': 0.2, 'test': 0.1}, 0, excluded or Seen(), duplicates)
    with ThreadPoolExecutor(2) as pool:
        plan.extend(pieces, pool, 2, 100, lambda count: None)
    return plan


def test_no_paper_is_in_two_splits(tmp_path: Path) -> None:
    plan = extended(tmp_path / 'j', tasks())
    papers = {split: {row['paper'] for row in plan.rows(split)} for split in plan.counts}
    assert plan.complete and plan.counts.total() == 200 and set(papers) == {'train', 'validation', 'test'}
    assert sum(map(len, papers.values())) == 20


def test_splits_have_their_share_and_stay() -> None:
    rows = [row(f'{n}') for n in range(2000)]
    splits = [split_of(r, {'validation': 0.2, 'test': 0.1}, 0) for r in rows]
    assert 340 < splits.count('validation') < 460 and 150 < splits.count('test') < 250
    assert splits == [split_of(r, {'validation': 0.2, 'test': 0.1}, 0) for r in rows]
    assert splits != [split_of(r, {'validation': 0.2, 'test': 0.1}, 1) for r in rows]
    assert split_of(row('x', split='test'), {'validation': 1.0}, 0) == 'test'


def test_duplicates_and_excluded_labels(tmp_path: Path) -> None:
    excluded = Seen()
    excluded.add('b')
    pieces = [Task('s', [row('a'), row('b')]), Task('s', [row('{a}'), row('c')])]
    plan = extended(tmp_path / 'j', pieces, excluded)
    assert plan.dropped == {'label: excluded': 1, 'label: duplicate': 1} and plan.counts.total() == 2
    assert extended(tmp_path / 'k', pieces, duplicates=True).counts.total() == 4


@pytest.mark.parametrize('cut', [3, 150, 2000, 7777])
def test_goes_on_where_it_was_killed(tmp_path: Path, cut: int) -> None:
    whole = extended(tmp_path / 'whole', tasks())
    content = (tmp_path / 'whole').read_bytes()
    (tmp_path / 'j').write_bytes(content[:-cut])
    again = extended(tmp_path / 'j', tasks())
    assert (tmp_path / 'j').read_bytes() == content
    assert (again.counts, again.dropped) == (whole.counts, whole.dropped)
    assert Plan(tmp_path / 'j', {}, 0, Seen()).complete


def test_labels_without_a_place_are_counted(tmp_path: Path) -> None:
    plan = extended(tmp_path / 'j', [Task('s', [row('%'), row('x' * 101), row('y')]), Task('s', missing=3)])
    assert plan.dropped == {
        'label: EmptyFormula': 1,
        'label: more than 100 tokens': 1,
        'picture: missing, blank or broken': 3,
    }
    assert [json.loads(line)['label'] for line in (tmp_path / 'j').read_text().splitlines() if 'label"' in line] == [
        'y'
    ]


def test_seen_merges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('data.plan._MERGE', 10)
    seen = Seen()
    assert all(seen.add(str(n)) for n in range(105)) and not any(seen.add(str(n)) for n in range(105))
    assert '104' in seen and '105' not in seen
