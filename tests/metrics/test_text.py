"""Text scores: truth tables, equality with sacrebleu and jiwer, symmetries, errors."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu import corpus_bleu

from metrics import text
from metrics.text import DEFINITIONS, TextScores, edit_distance, text_scores

TOKENS = st.lists(st.sampled_from(['a', 'b', '\\frac', '{', '}', '^']), max_size=12)
PAIRS = st.lists(st.tuples(TOKENS, TOKENS), min_size=1, max_size=6)


def scores_of(*pairs: tuple[str, str]) -> TextScores:
    return text_scores([prediction.split() for prediction, _ in pairs], [reference.split() for _, reference in pairs])


@pytest.mark.parametrize(
    ('prediction', 'reference', 'distance'),
    [
        ('', '', 0),
        ('a', '', 1),
        ('', 'a b', 2),
        ('a b c', 'a b c', 0),
        ('a b c', 'a x c', 1),
        ('a b c', 'a c', 1),
        ('b a', 'a b', 2),
        ('\\frac { a }', '\\sqrt { a }', 1),
        ('k i t t e n', 's i t t i n g', 3),
    ],
)
def test_edit_distance(prediction: str, reference: str, distance: int) -> None:
    assert edit_distance(prediction.split(), reference.split()) == distance


@given(TOKENS, TOKENS)
def test_edit_distance_without_rapidfuzz(a: list[str], b: list[str]) -> None:
    fast = edit_distance(a, b)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, 'Levenshtein', None)
        assert edit_distance(a, b) == fast


@given(TOKENS, TOKENS, TOKENS)
def test_edit_distance_is_a_metric(a: list[str], b: list[str], c: list[str]) -> None:
    assert edit_distance(a, b) == edit_distance(b, a)
    assert (edit_distance(a, b) == 0) == (a == b)
    assert edit_distance(a, c) <= edit_distance(a, b) + edit_distance(b, c)
    assert abs(len(a) - len(b)) <= edit_distance(a, b) <= max(len(a), len(b))


def test_edit_distance_tells_a_letter_from_its_number() -> None:
    assert edit_distance(['a'], [ord('a')]) == 1


@pytest.mark.parametrize(
    ('pairs', 'exact_match', 'edit_similarity', 'character_error_rate'),
    [
        ([('a b', 'a b')], 1, 1, 0),
        ([('a b', 'c d')], 0, 0, 1),
        ([('', '')], 1, 1, 0),
        ([('', 'a b')], 0, 0, 1),
        ([('a b', '')], 0, 0, 1),
        # The two averages differ: one token wrong of one, and none of three.
        ([('x', 'a'), ('a b c', 'a b c')], 1 / 2, 3 / 4, 1 / 2),
        ([('a b c d', 'a b'), ('a', 'a'), ('', '')], 2 / 3, 3 / 5, 1 / 6),
    ],
)
def test_truth_table(
    pairs: list[tuple[str, str]], exact_match: float, edit_similarity: float, character_error_rate: float
) -> None:
    scores = scores_of(*pairs)
    assert scores.samples == len(pairs)
    assert scores.exact_match == pytest.approx(exact_match)
    assert scores.edit_similarity == pytest.approx(edit_similarity)
    assert scores.character_error_rate == pytest.approx(character_error_rate)


@pytest.mark.parametrize(
    ('prediction', 'reference', 'bleu'),
    [
        ('a b c d e', 'a b c d e', 100),
        ('a b c d', 'a b c d e', 100 * math.exp(1 - 5 / 4)),
        ('a b c', 'a b c', 0),  # no 4-gram at all
        ('', 'a b c d', 0),
        ('', '', 0),
        ('w x y z', 'a b c d', 0),
        ('a b c x', 'a b c d', 100 * (3 / 4 * 2 / 3 * 1 / 2 * 1 / 2) ** 0.25),  # one order smoothed
    ],
)
def test_bleu_truth_table(prediction: str, reference: str, bleu: float) -> None:
    assert scores_of((prediction, reference)).bleu == pytest.approx(bleu)


@given(PAIRS)
def test_bleu_equals_sacrebleu(pairs: list[tuple[list[str], list[str]]]) -> None:
    predictions, references = [p for p, _ in pairs], [r for _, r in pairs]
    expected = corpus_bleu(
        [' '.join(tokens) for tokens in predictions],
        [[' '.join(tokens) for tokens in references]],
        tokenize='none',
        force=True,
    )
    assert text_scores(predictions, references).bleu == pytest.approx(expected.score, abs=1e-9)


@given(PAIRS)
def test_multi_bleu_is_bleu_without_smoothing(pairs: list[tuple[list[str], list[str]]]) -> None:
    predictions, references = [p for p, _ in pairs], [r for _, r in pairs]
    expected = corpus_bleu(
        [' '.join(tokens) for tokens in predictions],
        [[' '.join(tokens) for tokens in references]],
        tokenize='none',
        force=True,
        smooth_method='none',
    )
    assert text_scores(predictions, references).multi_bleu == pytest.approx(expected.score, abs=1e-9)


@given(TOKENS, TOKENS.filter(bool))
def test_edit_distance_equals_jiwer(prediction: list[str], reference: list[str]) -> None:
    jiwer = pytest.importorskip('jiwer')
    found = jiwer.process_words(' '.join(reference), ' '.join(prediction))
    assert edit_distance(prediction, reference) == found.substitutions + found.deletions + found.insertions


@pytest.mark.parametrize(
    ('pairs', 'within', 'macro', 'characters', 'characters_macro'),
    [
        ([('a b', 'a b')], (1, 1, 1), 1, 1, 1),
        ([('', 'a b c d')], (0, 0, 0), 0, 0, 0),
        ([('a b c', 'a x y')], (0, 1, 1), 1 / 3, 1 / 3, 1 / 3),
        ([(r'\alphb a', r'\alpha a')], (1, 1, 1), 1 / 2, 6 / 7, 6 / 7),
        ([('a', 'b'), ('a b c d', 'a b c d')], (1, 1, 1), 1 / 2, 4 / 5, 1 / 2),
        ([('a b c', 'x y z'), ('a', 'a')], (1 / 2, 1 / 2, 1), 1 / 2, 1 / 4, 1 / 2),
    ],
)
def test_truth_table_of_near_misses_and_characters(
    pairs: list[tuple[str, str]],
    within: tuple[float, float, float],
    macro: float,
    characters: float,
    characters_macro: float,
) -> None:
    scores = scores_of(*pairs)
    assert (scores.within_1, scores.within_2, scores.within_3) == pytest.approx(within)
    assert scores.edit_similarity_macro == pytest.approx(macro)
    assert scores.character_edit_similarity == pytest.approx(characters)
    assert scores.character_edit_similarity_macro == pytest.approx(characters_macro)


@given(PAIRS)
def test_sides_can_be_swapped_for_all_but_bleu(pairs: list[tuple[list[str], list[str]]]) -> None:
    one = text_scores([p for p, _ in pairs], [r for _, r in pairs])
    other = text_scores([r for _, r in pairs], [p for p, _ in pairs])
    assert one.exact_match == other.exact_match
    assert one.edit_similarity == other.edit_similarity
    assert one.character_error_rate == pytest.approx(other.character_error_rate)


@given(PAIRS)
def test_scores_do_not_depend_on_the_order_and_stay_in_range(pairs: list[tuple[list[str], list[str]]]) -> None:
    one = text_scores([p for p, _ in pairs], [r for _, r in pairs]).summary()
    other = text_scores([p for p, _ in pairs[::-1]], [r for _, r in pairs[::-1]]).summary()
    assert one == pytest.approx(other)
    assert all(0 <= one[name] <= (100 + 1e-9 if 'bleu' in name else 1) for name in one if name != 'samples')


@given(PAIRS, PAIRS)
def test_scores_of_parts_add_up(
    first: list[tuple[list[str], list[str]]], second: list[tuple[list[str], list[str]]]
) -> None:
    def of(pairs: list[tuple[list[str], list[str]]]) -> TextScores:
        return text_scores([p for p, _ in pairs], [r for _, r in pairs])

    assert (of(first) + of(second)).summary() == pytest.approx(of(first + second).summary())
    assert of(first) + TextScores() == of(first)


def test_perfect_predictions() -> None:
    corpus = [list('abcdef'), list('ab')]
    summary = text_scores(corpus, corpus).summary()
    assert summary == pytest.approx(dict.fromkeys(DEFINITIONS, 1) | {
        'samples': 2, 'character_error_rate': 0, 'bleu': 100, 'multi_bleu': 100
    })  # fmt: skip
    assert list(summary) == list(DEFINITIONS)


def test_length_mismatch() -> None:
    with pytest.raises(ValueError, match='2 predictions, but 1 references'):
        text_scores([['a'], ['b']], [['a']])


@pytest.mark.parametrize('name', [name for name in DEFINITIONS if name != 'samples'])
def test_no_samples_have_no_score(name: str) -> None:
    with pytest.raises(ValueError, match='no samples'):
        getattr(text_scores([], []), name)


def test_adding_something_else() -> None:
    with pytest.raises(TypeError):
        TextScores() + 1  # type: ignore[operator]
