"""Text scores of predicted LaTeX against its labels: pure functions on lists of tokens.

    scores = text_scores(predictions, references)   # lists of token lists
    scores.exact_match, scores.bleu, (scores + more_scores).edit_similarity

`TextScores` holds sums only and takes ratios at the end, so the scores of parts (batches, processes, subsets) add up
to the scores of the whole. Nothing here tokenises or normalises: the caller decides which strings are compared.
The file imports nothing of the project: `hub_card/metric` ships it as it is.
"""

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

try:
    from rapidfuzz.distance import Levenshtein
except ImportError:  # a few hundred times slower, and equal
    Levenshtein = None  # type: ignore[assignment,misc]

MAX_ORDER = 4

NEAR = 3

DEFINITIONS = {
    'samples': 'number of pictures',
    'exact_match': 'share of pictures whose token list equals the label',
    'within_1': 'share of pictures at a token Levenshtein distance of at most 1',
    'within_2': 'the same, at most 2',
    'within_3': 'the same, at most 3',
    'edit_similarity': '1 - sum(token Levenshtein distance) / sum(max(tokens predicted, tokens in the label))',
    'edit_similarity_macro': 'mean over pictures of 1 - token Levenshtein distance / max(tokens of either)',
    'character_edit_similarity': 'as edit_similarity, on characters: tokens joined without spaces',
    'character_edit_similarity_macro': 'as edit_similarity_macro, on characters',
    'character_error_rate': (
        'mean over pictures of token Levenshtein distance / max(tokens predicted, tokens in the label), '
        'as in kingyiusuen/image-to-latex; 1 - edit_similarity_macro'
    ),
    'bleu': "corpus BLEU-4 on tokens, 0 to 100, as sacrebleu corpus_bleu(tokenize='none'), exponential smoothing",
    'multi_bleu': 'the same without smoothing: 0 if an order has no match, as multi-bleu.perl (Moses) of Deng et al.',
}
"""What each key of `TextScores.summary` means, for reports that must be readable on their own."""


def edit_distance(first: Sequence[Hashable], second: Sequence[Hashable]) -> int:
    """Levenshtein distance: the least number of tokens to insert, delete or replace to turn one list into the other."""
    if isinstance(first, str) and isinstance(second, str):
        return _levenshtein(first, second) if Levenshtein is None else Levenshtein.distance(first, second)
    # rapidfuzz compares hashes, which may collide; small numbers of our own are exact.
    numbers: dict[Hashable, int] = {}
    a = [numbers.setdefault(token, len(numbers)) for token in first]
    b = [numbers.setdefault(token, len(numbers)) for token in second]
    return _levenshtein(a, b) if Levenshtein is None else Levenshtein.distance(a, b)


def _levenshtein(a: Sequence[Hashable], b: Sequence[Hashable]) -> int:
    """Wagner and Fischer's algorithm (1974), one row at a time."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        diagonal, row[0] = row[0], i
        for j, y in enumerate(b, start=1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (x != y))
    return row[-1]


def _ngrams(tokens: Sequence[Hashable], order: int) -> Counter[tuple[Hashable, ...]]:
    return Counter(tuple(tokens[i : i + order]) for i in range(len(tokens) - order + 1))


def _relative(distance: int, first: Sequence[Hashable], second: Sequence[Hashable]) -> float:
    """Distance in parts of the longer one's length."""
    return distance / max(len(first), len(second), 1)


def _add(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(x + y for x, y in zip(a, b, strict=True))


@dataclass(frozen=True)
class TextScores:
    """Sums over a corpus, and the scores that follow from them. `a + b` is the score of both corpora together.

    The ratios raise ValueError while there are no samples: no picture has no score, not a score of 0.
    """

    samples: int = 0
    """number of pictures"""
    near: tuple[int, ...] = (0,) * (NEAR + 1)
    """pictures at a token distance of at most 0, 1, 2 and 3"""
    distance: int = 0
    """token Levenshtein distances, summed"""
    longest: int = 0
    """max(tokens predicted, tokens in the label), summed"""
    error: float = 0.0
    """distance / max(...) of each picture, summed; 0 for two empty lists"""
    character_distance: int = 0
    character_longest: int = 0
    character_error: float = 0.0
    """the three sums above, on characters"""
    predicted_tokens: int = 0
    reference_tokens: int = 0
    matches: tuple[int, ...] = (0,) * MAX_ORDER
    """n-grams found in the label too (clipped by their count there), for n = 1 to 4"""
    ngrams: tuple[int, ...] = (0,) * MAX_ORDER
    """n-grams predicted, for n = 1 to 4"""

    def __add__(self, other: 'TextScores') -> 'TextScores':
        if not isinstance(other, TextScores):
            return NotImplemented
        return TextScores(
            samples=self.samples + other.samples,
            near=_add(self.near, other.near),
            distance=self.distance + other.distance,
            longest=self.longest + other.longest,
            error=self.error + other.error,
            character_distance=self.character_distance + other.character_distance,
            character_longest=self.character_longest + other.character_longest,
            character_error=self.character_error + other.character_error,
            predicted_tokens=self.predicted_tokens + other.predicted_tokens,
            reference_tokens=self.reference_tokens + other.reference_tokens,
            matches=_add(self.matches, other.matches),
            ngrams=_add(self.ngrams, other.ngrams),
        )

    def _require_samples(self) -> None:
        if not self.samples:
            raise ValueError('no samples were scored')

    @property
    def exact_match(self) -> float:
        """Share of pictures whose token list equals the label, 0 to 1."""
        return self._within(0)

    @property
    def within_1(self) -> float:
        """Share of pictures at most 1 token away from the label, 0 to 1."""
        return self._within(1)

    @property
    def within_2(self) -> float:
        """Share of pictures at most 2 tokens away from the label, 0 to 1."""
        return self._within(2)

    @property
    def within_3(self) -> float:
        """Share of pictures at most 3 tokens away from the label, 0 to 1."""
        return self._within(3)

    def _within(self, distance: int) -> float:
        self._require_samples()
        return self.near[distance] / self.samples

    @property
    def edit_similarity(self) -> float:
        """1 - sum(distances) / sum(max lengths), 0 to 1: the "edit" of Deng et al. and MathNet. 1 if all is empty."""
        self._require_samples()
        return 1 - self.distance / self.longest if self.longest else 1.0

    @property
    def edit_similarity_macro(self) -> float:
        """Mean over pictures of 1 - distance / max(lengths), 0 to 1; a long formula weighs no more than a short one."""
        return 1 - self.character_error_rate

    @property
    def character_edit_similarity(self) -> float:
        """`edit_similarity` on characters."""
        self._require_samples()
        return 1 - self.character_distance / self.character_longest if self.character_longest else 1.0

    @property
    def character_edit_similarity_macro(self) -> float:
        """`edit_similarity_macro` on characters: the edit distance of UniMERNet and Sumen, taken from 1."""
        self._require_samples()
        return 1 - self.character_error / self.samples

    @property
    def character_error_rate(self) -> float:
        """Mean over pictures of distance / max(lengths), on tokens despite its name; 0 to 1, less is better.

        The figure of kingyiusuen/image-to-latex (`CharacterErrorRate`).
        """
        self._require_samples()
        return self.error / self.samples

    @property
    def bleu(self) -> float:
        """Corpus BLEU-4 (Papineni et al. 2002), 0 to 100.

        Equal to `sacrebleu.corpus_bleu(predictions, [references], tokenize='none', force=True)` on tokens joined by
        spaces, if no token holds a space. Smoothing is sacrebleu's default, 'exp' (Chen and Cherry 2014, method 3, as
        in NIST mteval-v13a): the k-th order without a match counts 1 / 2**k matches. On a corpus of any size all
        orders match and nothing is smoothed. 0 if no token matches or no prediction has 4 tokens.
        """
        self._require_samples()
        if not any(self.matches) or not all(self.ngrams):
            return 0.0
        smoothing, log_precision = 1.0, 0.0
        for matches, ngrams in zip(self.matches, self.ngrams, strict=True):
            if not matches:
                smoothing *= 2
            log_precision += math.log((matches or 1 / smoothing) / ngrams)
        brevity = min(0.0, 1 - self.reference_tokens / self.predicted_tokens)
        return 100 * math.exp(brevity + log_precision / MAX_ORDER)

    @property
    def multi_bleu(self) -> float:
        """Corpus BLEU-4 without smoothing, 0 to 100: `multi-bleu.perl`, by which Deng et al. report, to all digits."""
        bleu = self.bleu
        return bleu if all(self.matches) else 0.0

    def summary(self) -> dict[str, Any]:
        """The scores by their full names, the keys of `DEFINITIONS`; ready for JSON."""
        return {name: getattr(self, name) for name in DEFINITIONS}


def text_scores(
    predictions: Sequence[Sequence[str]],
    references: Sequence[Sequence[str]],
) -> TextScores:
    """Score a corpus of token lists, `predictions[i]` against the one label `references[i]`.

    Empty lists are fine on either side: an empty prediction of a label is all wrong, and right if the label is empty.

    Raises:
        ValueError: the two sides differ in length.
    """
    if len(predictions) != len(references):
        raise ValueError(f'{len(predictions)} predictions, but {len(references)} references')
    return sum(map(pair_scores, predictions, references), start=TextScores())


def pair_scores(prediction: Sequence[str], reference: Sequence[str]) -> TextScores:
    """The scores of one picture, which add up to those of a corpus."""
    distance = edit_distance(prediction, reference)
    characters = ''.join(prediction), ''.join(reference)
    character_distance = edit_distance(*characters)
    orders = range(1, MAX_ORDER + 1)
    return TextScores(
        samples=1,
        near=tuple(int(distance <= limit) for limit in range(NEAR + 1)),
        distance=distance,
        longest=max(len(prediction), len(reference)),
        error=_relative(distance, prediction, reference),
        character_distance=character_distance,
        character_longest=max(map(len, characters)),
        character_error=_relative(character_distance, *characters),
        predicted_tokens=len(prediction),
        reference_tokens=len(reference),
        matches=tuple((_ngrams(prediction, n) & _ngrams(reference, n)).total() for n in orders),
        ngrams=tuple(max(0, len(prediction) - n + 1) for n in orders),
    )
