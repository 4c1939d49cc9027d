"""Fine-tuning as docs/fine_tuning.md says: a folder of one's own pictures, one command, fewer mistakes."""

import contextlib
import itertools
import json
import random
import re
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from PIL import Image

import train
from data.dataset import load as load_data
from data.render import rasterize, typeset
from data.sampler import BucketSampler
from hub_card.export import export_model
from metrics.score import picture_batches, score
from metrics.text import TextScores
from modeling import Im2LatexImageProcessor
from modeling.generation_im2latex import load, predict
from training.args import parse_args

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def my_formulas(tmp_path: Path) -> Path:
    r"""Eighty pictures with bold letters that the house writes as \vec, which no model can know; a quarter held out."""
    triples = [(a, b, i) for a in 'xyzu' for b in 'abcd' for i in range(2, 7)]
    shown = [
        rf'\mathbf{{{a}}}_{{{i}}}\pm\sqrt{{{b}}}' if n % 2 else rf'\frac{{\mathbf{{{a}}}\pm {b}}}{{{i}}}'
        for n, (a, b, i) in enumerate(triples)
    ]
    random.Random(0).shuffle(shown)
    pages = typeset(shown)
    assert not pages.errors
    folder = tmp_path / 'my-formulas'
    with contextlib.closing(pypdfium2.PdfDocument(pages.pdf)) as document:
        for split, numbers in (('train', range(60)), ('validation', range(60, 80))):
            (folder / split).mkdir(parents=True)
            lines = []
            for number in numbers:
                rasterize(document, pages.pages[number], 100).save(folder / split / f'{number}.png')
                latex = shown[number].replace('mathbf', 'vec')
                lines.append(json.dumps({'file_name': f'{number}.png', 'latex': latex}) + '\n')
            (folder / split / 'labels.jsonl').write_text(''.join(lines))
    return folder


def test_nearly_half_is_ones_own_beside_general_data(tmp_path: Path) -> None:
    """With the sources and the limit of the document's last command, in as many batches as the configuration says."""
    document = (ROOT / 'docs' / 'fine_tuning.md').read_text(encoding='utf-8')
    (flags,) = re.findall(r'`(--data my-formulas \S+ [^`]+)`', document)
    args = parse_args(['--config', f'{ROOT}/configs/finetune.yaml', *flags.split()])
    folders = {'my-formulas': 60, 'yuntian-deng/im2latex-100k': 1000}
    assert set(args.data) == folders.keys()
    for name, count in folders.items():
        folder = tmp_path / name / 'train'
        folder.mkdir(parents=True)
        rows = [{'file_name': f'{n % 10}.png', 'latex': 'x'} for n in range(count)]
        (folder / 'labels.jsonl').write_text(''.join(json.dumps(row) + '\n' for row in rows))
        for n in range(10):
            page = Image.new('L', (80 + 30 * n, 60), 255)
            page.paste(0, (10, 10, 70 + 30 * n, 50))
            page.save(folder / f'{n}.png')
    sources = [load_data(tmp_path / name, args.split, limit=args.limit) for name in args.data]
    sizes = np.concatenate([source.sizes(Im2LatexImageProcessor()) for source in sources])
    owner = np.repeat(args.data, [len(source) for source in sources])
    sampler = BucketSampler(sizes, args.batch_pixels, args.max_batch)
    endless = itertools.chain.from_iterable(sampler.batches(epoch) for epoch in itertools.count())
    drawn = [owner[draw.index] for batch in itertools.islice(endless, args.max_steps) for draw in batch]
    assert 0.4 < drawn.count('my-formulas') / len(drawn) < 0.5


@pytest.mark.parametrize('value', ['no', "'no'"])
def test_a_file_may_turn_mixed_precision_off(tmp_path: Path, value: str) -> None:
    config = tmp_path / 'mine.yaml'
    config.write_text(f'mixed_precision: {value}\nlabel_smoothing: 0\n')
    args = parse_args(['--config', str(config)])
    assert (args.mixed_precision, args.label_smoothing) == ('no', 0)


def test_on_a_downloaded_model(my_formulas: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    downloaded = tmp_path / 'im2latex-small'
    export_model(ROOT / 'checkpoints' / 'small', downloaded, 'someone/im2latex-small')

    def held_out(checkpoint: Path) -> TextScores:
        pictures = load_data(my_formulas, 'validation')
        batches = picture_batches(pictures, range(len(pictures)), 20)
        return score(*load(checkpoint, device='cpu'), batches, predict=predict).normalised

    before = held_out(downloaded)
    command = f'--config {ROOT}/configs/finetune.yaml --init-from {downloaded} --data {my_formulas}'
    command += f' --validation {my_formulas} --run-dir {tmp_path}/run --max-steps 60'
    assert train.main([*command.split(), '--workers', '0', '--tracker', 'none', '--cpu']) == 0
    assert capsys.readouterr().out == '', 'nobody is asked whether to run code'
    after = held_out(tmp_path / 'run' / 'best')
    assert before.exact_match == 0 and after.exact_match >= 0.5, (before.summary(), after.summary())
    assert after.edit_similarity > max(0.9, before.edit_similarity)
