"""The model card: `README.md`, a template, filled from what a checkpoint's folder records and from what it reads.

Nothing in a card is written by hand: scores come from scores.json, training from train_args.json, sizes from the files,
and what stands beside a picture is what the checkpoint reads in it.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path, PureWindowsPath
from typing import Any

import jinja2
import yaml
from huggingface_hub import EvalResult, ModelCardData
from PIL import Image
from safetensors import safe_open

from data.latex import normalize

from .model_folder import HERE, ROOT, TASK, ExportError, check_repo_id, read_json, templates

# Of all scores those in the card's front matter, which the Hub shows beside the card: kind, name, title, and the Hub's
# own name of the metric, where it has one.
HEADLINES = (
    ('normalised', 'exact_match', 'Exact match, canonical LaTeX', 'exact_match'),
    ('normalised', 'edit_similarity', 'Edit similarity, canonical LaTeX', None),
    ('as_given', 'bleu', 'BLEU-4, labels as given', 'bleu'),
    ('pictures', 'cdm', 'CDM', None),
    ('pictures', 'cdm_exp_rate', 'ExpRate@CDM', None),
)
KINDS = {'as_given': 'as given', 'normalised': 'canonical', 'mathnet': 'MathNet'}
IM2LATEX = 'yuntian-deng/im2latex-100k'
DATA_FILES = ('.parquet', '.jsonl', '.jsonl.xz')
# Entries of the weights that are statistics, not parameters.
STATISTICS = ('running_mean', 'running_var', 'num_batches_tracked')


@dataclass(frozen=True)
class Reading:
    """A picture of the card."""

    file: str
    """path in the repository"""
    about: str
    latex: str
    """what it says"""
    read: str
    """what the model reads"""

    @property
    def is_right(self) -> bool:
        return normalize(self.latex) == normalize(self.read)


class Results:
    """A scores.json, as `evaluate.py` writes it.

    Raises:
        ExportError: a key that the card needs is missing.
    """

    def __init__(self, record: Mapping[str, Any]):
        self.record = record
        for key in ('data', 'split', 'samples', 'split_samples', 'num_beams', 'definitions', 'scores'):
            self._need(record, key, key)
        for kind, name, _, metric in HEADLINES:
            if metric is not None or kind == 'normalised':
                self._need(self.scores.get('all', {}).get(kind, {}), name, f'scores.all.{kind}.{name}')

    @staticmethod
    def _need(values: Mapping[str, Any], key: str, name: str) -> None:
        if key not in values:
            raise ExportError(f'scores.json has no {name}; write it again with evaluate.py --out')

    @property
    def scores(self) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
        """By part of the data set, kind of comparison and name."""
        return self.record['scores']

    @cached_property
    def data_name(self) -> str:
        """The data set, never where it lay: of a file or folder the name, without the ending of a file."""
        data = str(self.record['data'])
        if 'im2latex-100k' in data:
            return 'im2latex-100k'
        if _is_on_the_hub(data):
            return data
        name = PureWindowsPath(data).name  # takes both kinds of slashes: scores.json may be from another system
        return next((name.removesuffix(ending) for ending in DATA_FILES if name.endswith(ending)), name)

    @property
    def samples(self) -> list[str]:
        """How many pictures each part has."""
        return self._numbers('normalised', 'samples')

    @property
    def headlines(self) -> list[tuple[str, list[str]]]:
        """Title and a number for each part."""
        return [(title, self._numbers(kind, name)) for kind, name, title, _ in HEADLINES if self._has(kind, name)]

    @property
    def rows(self) -> list[tuple[str, str, list[str]]]:
        """Every score: kind, name, and a number for each part; empty where a part has none."""
        parts = self.scores.values()
        keys = {(kind, name): None for part in parts for kind, scores in part.items() for name in scores}
        return [(KINDS.get(kind, kind), _words(name), self._numbers(kind, name)) for kind, name in keys]

    @property
    def definitions(self) -> list[tuple[str, str]]:
        """Name and meaning. evaluate.py groups them: those of text, those of pictures and what is compared."""
        found: list[tuple[str, str]] = []
        for name, meaning in self.record['definitions'].items():
            prefix = 'pictures: ' if name == 'pictures' else ''
            group = meaning.items() if isinstance(meaning, Mapping) else [(name, meaning)]
            found += [(prefix + KINDS.get(key, _words(key)), text) for key, text in group]
        return found

    def _has(self, kind: str, name: str) -> bool:
        return name in self.scores['all'].get(kind, {})

    def _numbers(self, kind: str, name: str) -> list[str]:
        return [_number(part.get(kind, {}).get(name)) for part in self.scores.values()]

    def eval_results(self) -> list[EvalResult]:
        """The headlines as the Hub takes them."""
        is_im2latex = self.data_name == 'im2latex-100k'
        return [
            EvalResult(
                task_type=TASK,
                task_name='Picture of a formula to LaTeX',
                dataset_type=IM2LATEX if is_im2latex else self.data_name,
                dataset_name=self.data_name,
                dataset_split=self.record['split'],
                metric_type=metric or name,
                metric_name=title,
                metric_value=round(self.scores['all'][kind][name], 4),
            )
            for kind, name, title, metric in HEADLINES
            if self._has(kind, name)
        ]


def write_card(folder: Path, repo_id: str, readings: Mapping[str, Sequence[Reading]]) -> None:
    """Writes README.md.

    Args:
        folder: a model folder that is complete but for its card.
        repo_id: `owner/name` on the Hub, which the snippets name.
        readings: the pictures, under `examples` and `limits`.

    Raises:
        ExportError: scores.json or train_args.json lacks something.
    """
    results = Results(read_json(folder / 'scores.json')) if (folder / 'scores.json').is_file() else None
    training = read_json(folder / 'train_args.json') if (folder / 'train_args.json').is_file() else None
    sources = yaml.safe_load((HERE / 'sources.yaml').read_text(encoding='utf-8'))
    trained_on = list(dict.fromkeys(training.get('args', {}).get('data', []))) if training else []
    graphs = sorted(f'onnx/{path.name}' for path in (folder / 'onnx').glob('*.onnx'))
    metadata = front_matter(repo_id, results, [name for name in trained_on if '/' in name], bool(graphs))
    needed = (ROOT / 'requirements-model.txt').read_text(encoding='utf-8').splitlines()
    environment = templates()
    environment.filters['code'] = code
    environment.filters['words'] = _words
    values = {
        'front_matter': metadata.to_yaml(),
        'repo_id': repo_id,
        'name': repo_id.split('/')[-1],
        'results': results,
        'training': training,
        'sources': {
            name: next((about for pattern, about in sources.items() if fnmatchcase(name, pattern)), None)
            for name in trained_on
        },
        'config': read_json(folder / 'config.json'),
        'generation': read_json(folder / 'generation_config.json'),
        'processor': read_json(folder / 'processor_config.json')['image_processor'],
        'parameters': count_parameters(folder),
        'size': lambda name: f'{(folder / name).stat().st_size / 1e6:.1f} MB',
        'graphs': graphs,
        'readings': readings,
        'transformers': next(line for line in needed if line.startswith('transformers')),
    }
    try:
        card = environment.get_template('README.md').render(values)
    except (jinja2.UndefinedError, TypeError) as error:  # TypeError: a number is missing where one is formatted
        raise ExportError(f'scores.json or train_args.json lacks what the card says: {error}') from error
    (folder / 'README.md').write_text(card, encoding='utf-8')


def front_matter(repo_id: str, results: Results | None, datasets: Sequence[str], has_graphs: bool) -> ModelCardData:
    """The card's metadata; `datasets` are those of the Hub that the model was trained on."""
    tags = ['image-to-latex', 'formula-recognition', 'ocr', 'latex', 'vision-encoder-decoder', 'custom_code']
    scored = results.eval_results() if results else []
    optional = {
        'datasets': list(datasets) or None,
        'metrics': [metric for *_, metric in HEADLINES if metric] if scored else None,
        'model_name': repo_id.split('/')[-1] if scored else None,
        'eval_results': scored or None,
    }
    return ModelCardData(
        library_name='transformers',
        pipeline_tag=TASK,
        license='mit',
        tags=[*tags, 'onnx'] if has_graphs else tags,
        **{key: value for key, value in optional.items() if value},
    )


def count_parameters(folder: Path) -> int:
    """Numbers in the weights of a model folder that training changes; a tied output layer is no second one."""
    tied = read_json(folder / 'config.json')['decoder']['tie_word_embeddings']
    left_out = (*STATISTICS, 'lm_head.weight') if tied else STATISTICS
    with safe_open(folder / 'model.safetensors', framework='numpy') as file:
        names = [name for name in file.keys() if not name.endswith(left_out)]  # noqa: SIM118
        return sum(math.prod(file.get_slice(name).get_shape()) for name in names)


def read_pictures(checkpoint: Path) -> dict[str, list[Reading]]:
    """Reads the pictures of pictures.yaml, in the groups that it puts them in.

    Raises:
        CheckpointError: the checkpoint cannot be loaded.
    """
    groups = yaml.safe_load((HERE / 'pictures.yaml').read_text(encoding='utf-8'))
    predict = _reader(checkpoint)
    found = {}
    for group, items in groups.items():
        texts = predict([Image.open(picture(item['file'])) for item in items])
        found[group] = [
            Reading(item['file'], item.get('about', ''), item['latex'], text)
            for item, text in zip(items, texts, strict=True)
        ]
    return found


def picture(file: str) -> Path:
    """Where a picture of the card lies in the project; in the exported folder it is at `file`."""
    return (HERE if file.startswith('limits/') else ROOT) / file


def _reader(checkpoint: Path) -> Any:
    """Pictures to LaTeX, by the graphs of a checkpoint or, where there are none, by torch."""
    from runtime import generation as graphs

    try:
        model, processor = graphs.load(checkpoint)
        return lambda images: [item.latex for item in graphs.predict(model, processor, images)]
    except graphs.NoGraphsError:
        from modeling import generation_im2latex as torch_model

        loaded = torch_model.load(checkpoint, device='cpu')
        return lambda images: [item.latex for item in torch_model.predict(*loaded, images)]


def _is_on_the_hub(data: str) -> bool:
    """Whether a data set is named as on the Hub, `owner/name`, and not as a file in a folder."""
    try:
        check_repo_id(data)
    except ExportError:
        return False
    return not data.endswith(DATA_FILES)


def _words(key: str) -> str:
    return key.replace('_', ' ')


def code(latex: str) -> str:
    """As code in a cell of a Markdown table. A bar would end the cell, and `\\|` is read in more than one way."""
    if '|' in latex or '`' in latex:
        return '<code>' + re.sub(r'[^A-Za-z0-9\s]', lambda found: f'&#{ord(found[0])};', latex) + '</code>'
    return f'`{latex}`' if latex else ''


def _number(value: float | int | None) -> str:
    if value is None:
        return ''
    return f'{value:,}' if isinstance(value, int) else f'{value:.4g}'
