"""What a vocabulary covers, and how many decoder steps BPE merges would save.

    python -m benchmarks.vocabulary checkpoints/small arxiv.jsonl.xz validation.parquet --limit 20000 --merges 250 1000

Two tables: for each file its formulas, those without a canonical form, tokens a formula, tokens outside of the
tokenizer's vocabulary and formulas that hold one; then tokens a formula after BPE (Sennrich et al. 2016) over whole
commands, trained on half of the first file, counted on the other half and on the other files.
"""

import argparse
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer, models, trainers
from transformers import AutoTokenizer

from data.formulas import formulas_of
from data.latex import canonicalize, tokenize
from data.latex_form import LatexError

_FIRST = 0xE000  # private characters stand for tokens


def canonical_tokens(path: Path, limit: int) -> tuple[list[list[str]], int]:
    """The tokens of a sample of canonical formulas, and how many formulas have no canonical form."""
    formulas = list(formulas_of(path))
    chosen = random.Random(0).sample(formulas, min(limit, len(formulas)))
    found, failed = [], 0
    for formula in chosen:
        try:
            found.append(tokenize(canonicalize(formula)))
        except LatexError:
            failed += 1
    return found, failed


def merged_lengths(train: list[list[str]], others: list[list[list[str]]], merges: int) -> list[float]:
    """Mean tokens a formula of each of `others` after that many merges learnt from `train`."""
    alphabet = {token: chr(_FIRST + i) for i, token in enumerate(sorted({t for f in train for t in f}))}
    unknown = chr(_FIRST + len(alphabet))
    text = [''.join(alphabet[token] for token in formula) for formula in train]
    tokenizer = Tokenizer(models.BPE())
    size = len(alphabet) + 1 + merges
    trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=[*alphabet.values(), unknown], show_progress=False)
    tokenizer.train_from_iterator(text, trainer)
    lengths = []
    for formulas in others:
        encoded = tokenizer.encode_batch([''.join(alphabet.get(t, unknown) for t in formula) for formula in formulas])
        lengths.append(sum(len(each.ids) for each in encoded) / len(formulas))
    return lengths


def main(argv: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog='python -m benchmarks.vocabulary', description=__doc__.splitlines()[0])
    parser.add_argument('checkpoint', help='folder with a tokenizer')
    parser.add_argument('files', nargs='+', type=Path, metavar='FILE')
    parser.add_argument('--limit', type=int, default=20_000, help='formulas of each file (20000)')
    parser.add_argument('--merges', type=int, nargs='+', default=[250, 500, 1000, 2000])
    args = parser.parse_args(argv)
    vocabulary = set(AutoTokenizer.from_pretrained(args.checkpoint).get_vocab())
    corpora = []
    print(f'vocabulary: {len(vocabulary)} tokens\n')
    print('| formulas of | taken | no canonical form | tokens a formula | unknown tokens | formulas with one |')
    print('| --- | ---: | ---: | ---: | ---: | ---: |')
    for path in args.files:
        formulas, failed = canonical_tokens(path, args.limit)
        unknown = Counter(token for formula in formulas for token in formula if token not in vocabulary)
        touched = sum(not vocabulary.issuperset(formula) for formula in formulas) / len(formulas)
        mean = sum(map(len, formulas)) / len(formulas)
        print(
            f'| {path.name} | {len(formulas) + failed} | {failed} | {mean:.1f} | {unknown.total()} | {touched:.3%} |'
            + (f' {", ".join(f"`{token}` {count}" for token, count in unknown.most_common(5))}' if unknown else '')
        )
        corpora.append(formulas)
    half = len(corpora[0]) // 2
    train, others = corpora[0][:half], [corpora[0][half:], *corpora[1:]]
    print('\n| merges | ' + ' | '.join(path.name for path in args.files) + ' |')
    print('| ---: |' + ' ---: |' * len(args.files))
    print('| 0 | ' + ' | '.join(f'{sum(map(len, f)) / len(f):.1f}' for f in others) + ' |')
    for merges in args.merges:
        print(f'| {merges} | ' + ' | '.join(f'{length:.1f}' for length in merged_lengths(train, others, merges)) + ' |')


if __name__ == '__main__':
    main()
