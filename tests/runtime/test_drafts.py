"""Guesses at what comes next."""

from runtime.drafts import MOST_OF_FORMULA, MOST_OF_READING, Drafts

START = 1


def test_another_reading_goes_on_where_it_was_left() -> None:
    drafts = Drafts([START, 5, 6, 7, 5, 6, 8, 2])
    assert drafts([START]) == [5, 6, 7, 5, 6, 8, 2]
    assert drafts([START, 5, 6]) == [7, 5, 6, 8, 2]
    assert drafts([START, 9, 9, 5, 6]) == [8, 2]  # of two places the nearer
    assert drafts([START, 9]) == []
    assert len(Drafts([START, *range(3, 99)])([START])) == MOST_OF_READING


def test_a_formula_repeats_itself() -> None:
    drafts = Drafts()
    assert drafts([START]) == drafts([START, 5]) == drafts([START, 5, 6]) == []
    assert drafts([START, 5, 6, 7, 8, 9, 3, 4, 5, 6]) == [7, 8, 9, 3][:MOST_OF_FORMULA]
    assert drafts([START, 5, 6, 7, 4, 6, 7, 5, 6, 7]) == [4, 6, 7, 5]  # three in a row say more than the last two


def test_what_is_certain() -> None:
    drafts = Drafts(certain={7: 8})
    assert drafts([START, 7]) == [8] and drafts([START, 8]) == []
