r"""Builds the tokenizer: one token for each LaTeX command, delimiter, letter and digit of the canonical formulas.

    python -m data.tokenizer formulas.jsonl.xz more.jsonl --out tokenizer --min-count 20

Files are JSON lines with the key `latex` (`.jsonl`, `.jsonl.xz`), parquet, or one formula a line (`.lst`, Latin-1, as
im2latex-100k is distributed). The result needs no code of ours: `AutoTokenizer.from_pretrained('tokenizer')` loads it.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from .formulas import formulas_of
from .latex import normalize, tokenize
from .latex_symbols import STANDARD

SPECIAL_TOKENS = ('<|pad|>', '<|bos|>', '<|eos|>', '<|unk|>')
_PIECE = r'\\(?:begin|end)\{[A-Za-z]*\*?\}|\\[A-Za-z]+|\\[^A-Za-z]|[^\s\\]'
_MARK = '\ue000'  # a private character, after control words while tokens are joined


def build_tokenizer(formulas: Iterable[str], min_count: int = 1, always: Iterable[str] = ()) -> PreTrainedTokenizerFast:
    """A word-level tokenizer over the tokens that at least `min_count` of the canonical `formulas` hold.

    Ids are by falling frequency after the special tokens `<|pad|>` 0, `<|bos|>` 1, `<|eos|>` 2, `<|unk|>` 3; tokens of
    `always` are in the vocabulary whatever their count. Encoding adds bos and eos; `decode(ids,
    skip_special_tokens=True)` gives a canonical formula back exactly.
    """
    return tokenizer_of(count_tokens(formulas), min_count, always)


def count_tokens(formulas: Iterable[str]) -> Counter[str]:
    """How many formulas hold each token."""
    counts: Counter[str] = Counter()
    for formula in formulas:
        counts.update(set(tokenize(formula)))
    return counts


def tokenizer_of(counts: Counter[str], min_count: int = 1, always: Iterable[str] = ()) -> PreTrainedTokenizerFast:
    """The tokenizer of `build_tokenizer` from token counts."""
    tokens = {token for token, count in counts.items() if count >= min_count}.union(always)
    kept = sorted(tokens, key=lambda token: (-counts[token], token))
    vocabulary = {token: index for index, token in enumerate((*SPECIAL_TOKENS, *kept))}
    pad, bos, eos, unk = SPECIAL_TOKENS
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=unk))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PIECE), 'isolated'),
            pre_tokenizers.Split(Regex(r'^\s+$'), 'removed'),
        ]
    )
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace(Regex(r'^\\[A-Za-z]+\K$'), _MARK),
            decoders.Fuse(),
            decoders.Replace(Regex(_MARK + '(?![A-Za-z])'), ''),
            decoders.Replace(_MARK, ' '),
            decoders.Replace(r'\begin{aligned}&', r'\begin{aligned} &'),  # as in detokenize
        ]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f'{bos} $A {eos}', special_tokens=[(bos, vocabulary[bos]), (eos, vocabulary[eos])]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=pad,
        bos_token=bos,
        eos_token=eos,
        unk_token=unk,
        clean_up_tokenization_spaces=False,
        padding_side='right',
    )


def inexact(tokenizer: PreTrainedTokenizerFast, formulas: Sequence[str]) -> list[bool]:
    """For each formula whether encoding and decoding changes it."""
    if not formulas:
        return []
    decoded = tokenizer.batch_decode(tokenizer(list(formulas))['input_ids'], skip_special_tokens=True)
    return [before != after for before, after in zip(formulas, decoded, strict=True)]


def _count_chunk(formulas: Sequence[str]) -> tuple[Counter[str], Counter[tuple[tuple[str, ...], bool]]]:
    """Formulas by token; by their set of tokens and whether their round trip fails with all of these known."""
    canonical = [normalize(formula) for formula in formulas]
    found = [set(tokenize(formula)) for formula in canonical]
    tokens = Counter(token for each in found for token in each)
    # What decoding gives depends on the vocabulary only through the tokens it lacks, which are counted at the end.
    failed = inexact(tokenizer_of(tokens), canonical)
    return tokens, Counter((tuple(sorted(each)), fails) for each, fails in zip(found, failed, strict=True))


def _chunks(formulas: Iterator[str], size: int = 2000) -> Iterator[list[str]]:
    while chunk := list(islice(formulas, size)):
        yield chunk


def main(argv: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog='python -m data.tokenizer', description='Builds the tokenizer of a corpus.')
    parser.add_argument('files', nargs='+', type=Path, metavar='FILE', help='.jsonl, .jsonl.xz (key latex) or .lst')
    parser.add_argument('--out', type=Path, required=True, help='folder to write')
    parser.add_argument('--min-count', type=int, default=1, help='formulas a token must occur in (default 1)')
    parser.add_argument('--only-corpus', action='store_true', help='leave out standard symbols the files do not hold')
    parser.add_argument('--processes', type=int, default=2)
    args = parser.parse_args(argv)

    counts: Counter[str] = Counter()
    sets: Counter[tuple[tuple[str, ...], bool]] = Counter()
    try:
        with get_context('spawn').Pool(args.processes) as pool:
            formulas = (formula for path in args.files for formula in formulas_of(path))
            for tokens, found in pool.imap_unordered(_count_chunk, _chunks(formulas)):
                counts.update(tokens)
                sets.update(found)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    always = () if args.only_corpus else STANDARD
    tokenizer = tokenizer_of(counts, args.min_count, always)
    tokenizer.save_pretrained(args.out)
    config = args.out / 'tokenizer_config.json'
    # transformers 4 does not know the class name that transformers 5 writes.
    config.write_text(
        json.dumps(json.loads(config.read_text()) | {'tokenizer_class': 'PreTrainedTokenizerFast'}, indent=2) + '\n'
    )

    dropped = set(counts) - set(tokenizer.get_vocab())
    touched = sum(count for (found, _), count in sets.items() if not dropped.isdisjoint(found))
    failed = sum(count for (found, fails), count in sets.items() if fails and dropped.isdisjoint(found))
    total = sum(sets.values())
    print(f'{total} formulas, vocabulary of {len(tokenizer)} tokens in {args.out}')
    print(f'left out: {len(dropped)} tokens, in {touched} formulas ({touched / max(total, 1):.3%})')
    print(f'no exact round trip: {touched + failed} formulas, {failed} of them with every token in the vocabulary')
    for token in sorted(dropped, key=lambda token: (-counts[token], token))[:50]:
        print(f'{counts[token]:8} {token}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
