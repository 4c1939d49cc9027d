"""Fixtures only: a model and a processor small enough to train in a test, and pictures drawn without TeX."""

import contextlib
import functools
import http.server
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata

os.environ.setdefault('OMP_NUM_THREADS', '1')  # two busy threads on a busy core run up to a hundred times slower
os.environ.setdefault('HF_HUB_OFFLINE', '1')

from pathlib import Path

import pytest
import torch
from packaging.requirements import Requirement
from PIL import Image, ImageDraw

from data.tokenizer import build_tokenizer
from export_onnx import export
from modeling import Im2LatexConfig, Im2LatexImageProcessor, Im2LatexModel, Im2LatexProcessor
from modeling.generation_im2latex import load

torch.set_num_threads(1)


@pytest.fixture(scope='session')
def formulas() -> list[str]:
    """Canonical formulas."""
    return ['x^{2}+y^{2}=z^{2}', r'\frac{a}{b}', r'\sin x', r'\alpha_{i}']


@pytest.fixture(scope='session')
def formula_images(formulas: list[str]) -> list[Image.Image]:
    """A picture for each formula, all of different sizes: black marks on white, mode L."""
    images = []
    for number, formula in enumerate(formulas):
        image = Image.new('L', (24 + 9 * len(formula), 26 + 9 * number), 255)
        draw = ImageDraw.Draw(image)
        draw.text((8, 6), formula, fill=0)
        draw.line((8, 20 + number, 8 + 3 * len(formula), 20 + number), fill=0)
        images.append(image)
    return images


@pytest.fixture(scope='session')
def tiny_processor(formulas: list[str]) -> Im2LatexProcessor:
    return Im2LatexProcessor(Im2LatexImageProcessor(), build_tokenizer(formulas))


@pytest.fixture
def tiny_config(tiny_processor: Im2LatexProcessor) -> Im2LatexConfig:
    return Im2LatexConfig.from_sizes(
        len(tiny_processor.tokenizer),
        stride=(16, 8),
        hidden_size=32,
        decoder_layers=2,
        attention_heads=2,
        ffn_size=64,
        max_length=64,
    )


def _fresh(config: Im2LatexConfig) -> Im2LatexModel:
    torch.manual_seed(0)
    model = Im2LatexModel(config).eval()
    # Statistics and weights as after some training: at their initial values half of the network would do nothing.
    for name, tensor in [*model.encoder.named_buffers(), *model.encoder.named_parameters()]:
        if 'running_mean' in name or ('.bn' in name and name.endswith('bias')):
            torch.nn.init.normal_(tensor, std=0.1)
        elif 'running_var' in name or ('.bn' in name and name.endswith('weight')):
            torch.nn.init.uniform_(tensor, 0.5, 1.5)
    return model


@pytest.fixture
def tiny_model(tiny_config: Im2LatexConfig) -> Im2LatexModel:
    """Random weights, evaluation mode."""
    return _fresh(tiny_config)


@pytest.fixture(scope='session')
def tiny_checkpoint(tiny_processor: Im2LatexProcessor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint folder as training writes it."""
    folder = tmp_path_factory.mktemp('checkpoint')
    config = Im2LatexConfig.from_sizes(
        len(tiny_processor.tokenizer), hidden_size=32, decoder_layers=2, attention_heads=2, ffn_size=64, max_length=64
    )
    model = _fresh(config)
    model.generation_config.max_new_tokens = 16
    model.save_pretrained(folder)
    tiny_processor.save_pretrained(folder)
    return folder


@pytest.fixture(scope='session')
def exported_checkpoint(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same checkpoint with its ONNX graphs."""
    folder = tmp_path_factory.mktemp('exported') / 'checkpoint'
    shutil.copytree(tiny_checkpoint, folder)
    export(*load(folder, device='cpu'), folder / 'onnx')
    return folder


@pytest.fixture
def serve() -> Iterator[Callable[[Path], str]]:
    """Puts a folder behind HTTP and returns its address."""
    with contextlib.ExitStack() as stack:

        def start(folder: Path) -> str:
            handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
            server = stack.enter_context(http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler))
            threading.Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.shutdown)
            return f'http://127.0.0.1:{server.server_port}'

        yield start


@pytest.fixture
def environment_with(tmp_path: Path) -> Callable[..., dict[str, str]]:
    """Gives the environment of a process that finds only the packages that such requirements name, or bring along."""

    def environment(requirements: Sequence[str], brought: bool = True) -> dict[str, str]:
        waiting, installed = [Requirement(line) for line in requirements], set()
        while waiting:
            item = waiting.pop()
            name = re.sub('[-_.]+', '-', item.name).lower()
            if name not in installed and (item.marker is None or item.marker.evaluate({'extra': ''})):
                installed.add(name)
                waiting += [Requirement(line) for line in metadata.requires(name) or () if brought]
        others = [
            top
            for top, names in metadata.packages_distributions().items()
            if not installed & {re.sub('[-_.]+', '-', name).lower() for name in names}
        ]
        folder = tmp_path / 'without-others'
        folder.mkdir()
        # For the import system a module that is None is not there.
        (folder / 'sitecustomize.py').write_text(f'import sys\nsys.modules.update(dict.fromkeys({others!r}))\n')
        return {**os.environ, 'PYTHONPATH': str(folder)}

    return environment
