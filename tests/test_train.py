"""Training from the command line: it learns, stops when told, and goes on exactly where it was."""

import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from PIL import Image
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast

import train
from modeling.generation_im2latex import load, predict
from training.args import ArgumentError, TrainArgs, parse_args
from training.precision import resolved
from training.run import Run

ROOT = Path(__file__).parent.parent
TINY = {
    'hidden_size': 32,
    'decoder_layers': 1,
    'attention_heads': 2,
    'ffn_size': 64,
    'max_tokens': 64,
    'max_train_tokens': 32,
    'batch_pixels': 20_000,
    'max_batch': 4,
    'workers': 0,
    'warmup_steps': 2,
    'log_every': 1,
    'eval_every': 100,
    'save_every': 2,
    'validation_tokens': 8,
    'validation_batch': 4,
    'tracker': 'none',
    'cpu': True,
}


@pytest.fixture(scope='module')
def formulas_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp('data') / 'formulas.jsonl'
    formulas = [rf'{a}_{i}+\frac{{{b}}}{{{i}}}' for i in range(4) for a in 'xyz' for b in 'ab']
    path.write_text(''.join(json.dumps({'latex': formula}) + '\n' for formula in formulas))
    return path


@pytest.fixture
def config(tmp_path: Path, formulas_file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A YAML file of a tiny run; the cache of typeset formulas is a folder of the test's own."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(formulas_file.parent / 'cache'))
    path = tmp_path / 'tiny.yaml'
    settings = {**TINY, 'data': [str(formulas_file)], 'validation': str(formulas_file), 'validation_limit': 6}
    path.write_text('\n'.join(f'{key}: {json.dumps(value)}' for key, value in settings.items()))
    return path


def command(config: Path, run_dir: Path, *flags: object) -> list[str]:
    return ['--config', str(config), '--run-dir', str(run_dir), *map(str, flags)]


def losses(run_dir: Path) -> dict[int, float]:
    lines = [json.loads(line) for line in (run_dir / 'log.jsonl').read_text().splitlines()]
    return {line['step']: line['loss'] for line in lines if 'loss' in line}


def log_of(run_dir: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run_dir / 'log.jsonl').read_text().splitlines()]


def test_two_steps_and_on(config: Path, tmp_path: Path) -> None:
    whole, parts = tmp_path / 'whole', tmp_path / 'parts'
    assert train.main(command(config, whole, '--max-steps', 6)) == 0
    assert train.main(command(config, parts, '--max-steps', 6, '--eval-every', 3)) == 0
    assert losses(whole) == losses(parts), 'validation in between changes nothing'
    settings = json.loads((whole / 'final' / 'train_args.json').read_text())['args']
    assert settings['mixed_precision'] == resolved('auto', cpu=True), 'what it was, not that it was left open'

    stopped = tmp_path / 'stopped'
    environment = {**os.environ, 'PYTHONPATH': str(ROOT)}
    script = (
        'import sys, train\n'
        'from training.run import Run\n'
        'step = Run.train_step\n'
        'def dying(self, batches):\n'
        '    if self.step == 5:\n'
        '        import os, signal; os.kill(os.getpid(), signal.SIGKILL)\n'
        '    return step(self, batches)\n'
        'Run.train_step = dying\n'
        'train.main(sys.argv[1:])\n'
    )
    arguments = command(config, stopped, '--max-steps', 6)
    start = [sys.executable, '-c', script, *arguments]
    killed = subprocess.run(start, env=environment, capture_output=True, timeout=120)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert max(losses(stopped)) == 5
    assert train.main(arguments) == 0
    assert losses(stopped) == losses(whole), 'the step after the checkpoint is the step it was'


@pytest.mark.skipif(shutil.which('g++') is None, reason='torch.compile needs a C++ compiler')
def test_compiled(config: Path, tmp_path: Path) -> None:
    plain, compiled = tmp_path / 'plain', tmp_path / 'compiled'
    for run_dir, flags in ((plain, []), (compiled, ['--compile'])):
        # No dropout: compiled, it draws other numbers. A process of its own: Accelerate has one precision in a process.
        arguments = command(config, run_dir, '--max-steps', 3, '--dropout', 0, '--mixed-precision', 'no', *flags)
        subprocess.run([sys.executable, str(ROOT / 'train.py'), *arguments], check=True, timeout=400)
    assert losses(compiled) == pytest.approx(losses(plain), rel=1e-3)
    load(compiled / 'final')


def test_no_loader_outlives_a_run(config: Path, tmp_path: Path) -> None:
    training = Run(parse_args(command(config, tmp_path / 'run', '--max-steps', 2, '--workers', 1)))
    training.fit()
    assert not multiprocessing.active_children()


def test_sigterm_saves_and_says_so(config: Path, tmp_path: Path) -> None:
    """The signal goes to the whole process group, loader processes included, as a batch system sends it."""
    arguments = command(config, tmp_path / 'run', '--max-steps', 100_000, '--save-every', 100_000, '--workers', 1)
    process = subprocess.Popen(
        [sys.executable, str(ROOT / 'train.py'), *arguments], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    log = tmp_path / 'run' / 'log.jsonl'
    deadline = time.monotonic() + 120
    while not log.exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    os.killpg(process.pid, signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM, errors
    assert 'the same command goes on from here' in errors
    saved = torch.load(tmp_path / 'run' / 'last.pt', weights_only=True)['progress']['step']
    assert saved == max(losses(tmp_path / 'run'))


def test_what_a_run_leaves(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_dir = tmp_path / 'run'
    assert train.main(command(config, run_dir, '--max-steps', 2, '--eval-every', 2)) == 0
    model, processor = load(run_dir / 'best')
    assert model.config.decoder.d_model == TINY['hidden_size']
    assert model.generation_config.max_new_tokens == TINY['max_tokens'] - 2
    validation = json.loads((run_dir / 'best' / 'validation_scores.json').read_text())
    assert validation['step'] == 2
    logged = next(line for line in log_of(run_dir) if 'validation/edit_similarity' in line)
    assert logged['validation/edit_similarity'] == validation['normalised']['edit_similarity']
    assert isinstance(predict(model, processor, [None])[0].error, str)

    warm = tmp_path / 'warm'
    assert train.main(command(config, warm, '--init-from', run_dir / 'final', '--max-steps', 1)) == 0
    cold = losses(run_dir)[1]
    assert losses(warm)[1] < cold
    assert train.main(command(config, tmp_path / 'other', '--init-from', run_dir / 'final', '--ffn-size', 128)) == 2
    assert 'ffn_size=128, but that of' in capsys.readouterr().err

    grown, begin = tmp_path / 'grown', ('--init-from', run_dir / 'final', '--grow', '--hidden-size', 64)
    assert train.main(command(config, grown, *begin, '--attention-heads', 4, '--max-steps', 2)) == 0
    assert load(grown / 'final')[0].config.decoder.d_model == 64
    assert losses(grown)[1] == pytest.approx(losses(warm)[1], rel=0.02)  # of the first batch, perhaps in bf16
    assert train.main(command(config, grown, *begin, '--attention-heads', 4, '--max-steps', 3)) == 0  # goes on
    assert train.main(command(config, tmp_path / 'wrong', *begin, '--attention-heads', 8)) == 2
    assert 'grow: from' in (error := capsys.readouterr().err) and 'attention_heads must be 4' in error


def test_a_model_to_start_from_keeps_its_sizes_and_looks(config: Path, tmp_path: Path) -> None:
    run_dir, tuned = tmp_path / 'run', tmp_path / 'tuned'
    assert train.main(command(config, run_dir, '--max-steps', 1)) == 0
    described = run_dir / 'final' / 'config.json'
    first = json.loads(described.read_text()) | {'looks': [{'below': 0.9, 'enlarge': 1.4}]}
    described.write_text(json.dumps(first))

    settings = {key: value for key, value in yaml.safe_load(config.read_text()).items() if key not in TrainArgs.SIZES}
    plain = tmp_path / 'plain.yaml'
    plain.write_text(yaml.safe_dump(settings))
    assert train.main(command(plain, tuned, '--init-from', run_dir / 'final', '--max-steps', 1, '--dropout', 0.25)) == 0
    second = json.loads((tuned / 'final' / 'config.json').read_text())
    assert second['decoder'].pop('dropout') == 0.25 != first['decoder'].pop('dropout')
    assert second['looks'] == first['looks']
    for part in ('encoder', 'decoder'):  # of which the second may name the type of its weights
        assert {key: second[part][key] for key in first[part]} == first[part]


def test_pictures_are_prepared_as_for_the_model_to_start_from(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def prepared(name: str, *flags: object) -> tuple[float, float | None, float | None]:
        assert train.main(command(config, tmp_path / name, '--max-steps', 1, *flags)) == 0
        images = load(tmp_path / name / 'final')[1].image_processor
        return images.scale, images.min_dpi, images.max_dpi

    first = tmp_path / 'first' / 'final'
    assert prepared('new') == (1.25, 100, 120)
    assert prepared('first', '--picture-scale', 1.5, '--max-dpi', 0) == (1.5, 100, None)
    assert prepared('same', '--init-from', first) == (1.5, 100, None)
    assert prepared('other', '--init-from', first, '--min-dpi', 0, '--max-dpi', 150) == (1.5, None, 150)
    assert train.main(command(config, tmp_path / 'wrong', '--max-dpi', 50)) == 2
    assert 'min_dpi at most max_dpi' in capsys.readouterr().err


# With --cpu, accelerate launch starts one process whatever it is told; this is its way to several on a CPU.
@pytest.mark.parametrize(
    'launcher',
    [
        ['torch.distributed.run', '--standalone', '--nproc-per-node', '2'],
        ['accelerate.commands.launch', '--multi_gpu', '--num_processes', '2', '--main_process_port', '0'],
    ],
    ids=['torchrun', 'accelerate'],
)
def test_several_processes(config: Path, tmp_path: Path, launcher: list[str]) -> None:
    run_dir = tmp_path / 'run'
    start = [sys.executable, '-m', *launcher]
    environment = {**os.environ, 'ACCELERATE_USE_CPU': 'true'}
    arguments = [str(ROOT / 'train.py'), *command(config, run_dir, '--max-steps', 2, '--eval-every', 2)]
    done = subprocess.run([*start, *arguments], env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    assert sorted(losses(run_dir)) == [1, 2]
    validated = next(line for line in log_of(run_dir) if 'validation/samples' in line)
    assert validated['validation/samples'] == 6
    single = tmp_path / 'single'
    assert train.main(command(config, single, '--max-steps', 2)) == 0
    assert log_of(run_dir)[-1]['pictures'] > log_of(single)[-1]['pictures']


def test_flags_win_over_the_file(config: Path) -> None:
    args = parse_args(['--config', str(config), '--learning-rate', '0.5', '--stride', '8', '16', '--no-cpu'])
    assert (args.learning_rate, args.stride, args.cpu, args.hidden_size) == (0.5, [8, 16], False, 32)
    everything = parse_args(['--config', str(config), '--validation-limit', 'none', '--validation', 'none'])
    assert (everything.validation_limit, everything.validation) == (None, None)


@pytest.mark.parametrize('name', ['small', 'base'])
def test_shipped_configurations(name: str) -> None:
    from modeling import Im2LatexConfig, Im2LatexModel

    args = parse_args(['--config', str(ROOT / 'configs' / f'{name}.yaml')])
    sizes = {
        key: getattr(args, key)
        for key in ('backbone', 'hidden_size', 'decoder_layers', 'attention_heads', 'ffn_size', 'dropout')
    }
    with torch.device('meta'):
        model = Im2LatexModel(Im2LatexConfig.from_sizes(500, stride=tuple(args.stride), **sizes))
    millions = sum(parameter.numel() for parameter in model.parameters()) / 1e6
    assert millions < {'small': 4, 'base': 25}[name]


@pytest.mark.parametrize(
    ('flags', 'message'),
    [
        (['--data', 'nowhere.jsonl'], 'nowhere.jsonl: no such file'),
        (['--max-steps', '0'], 'max_steps must be above 0'),
        (['--mixed-precision', 'fp8'], 'mixed_precision must be one of'),
        (['--backbone', 'resnet50'], 'backbone must be one of resnet18, resnet34'),
        (['--scale-uniform', '40'], 'scale_uniform is a share'),
        (['--tracker', 'wandb'], 'not installed'),
        (['--init-from', 'nowhere'], 'init_from: nowhere'),
        (['--max-train-tokens', '65'], 'above max_tokens'),
        (['--validation-tokens', '65'], 'above max_tokens'),
        (['--stride', '8'], 'stride must be two numbers'),
        (['--hidden-size', '33'], 'multiple of 4'),
        (['--validation-limit', '0'], 'validation_limit must be above 0'),
        (['--seed', '-1'], 'seed must be 0 or more'),
        (['--grow'], 'grow needs init_from'),
    ],
)
def test_mistakes(config: Path, tmp_path: Path, flags: list[str], message: str, capsys: Any) -> None:
    assert train.main(command(config, tmp_path / 'run', *flags)) == 2
    assert message in capsys.readouterr().err


def test_compiling_needs_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('PATH', '')
    with pytest.raises(ArgumentError, match=r'apt-get install g\+\+'):
        TrainArgs(compile=True)


def test_a_run_keeps_its_shape(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_dir = tmp_path / 'run'
    assert train.main(command(config, run_dir, '--max-steps', 1)) == 0
    assert train.main(command(config, run_dir, '--max-steps', 2, '--decoder-layers', 2)) == 2
    assert 'decoder_layers=1' in capsys.readouterr().err
    assert train.main(command(config, run_dir, '--max-steps', 2, '--picture-scale', 2)) == 2
    assert 'picture_scale=None' in capsys.readouterr().err


def test_a_run_needs_a_folder(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / 'file').touch()
    assert train.main(command(config, tmp_path / 'file')) == 2
    assert 'run_dir: ' in capsys.readouterr().err


def test_a_tokenizer_needs_its_special_tokens(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = Tokenizer(WordLevel({'?': 0, 'x': 1}, unk_token='?'))
    PreTrainedTokenizerFast(tokenizer_object=words, unk_token='?').save_pretrained(tmp_path / 'words')
    assert train.main(command(config, tmp_path / 'run', '--tokenizer', tmp_path / 'words')) == 2
    expected = f'tokenizer: the tokenizer of {tmp_path}/words has no pad_token, bos_token, eos_token'
    assert expected in capsys.readouterr().err


def test_a_folder_is_not_its_own_validation(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = Image.new('L', (60, 40), 255)
    picture.paste(0, (20, 10, 40, 30))
    picture.save(tmp_path / 'one.png')
    (tmp_path / 'labels.jsonl').write_text('{"file_name": "one.png", "latex": "x"}\n')
    flags = ('--data', tmp_path, '--validation', tmp_path)
    assert train.main(command(config, tmp_path / 'run', *flags)) == 2
    assert 'holds the training pictures as well' in capsys.readouterr().err


def test_a_validation_that_was_killed_is_made_up(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(self: Run) -> None:
        raise KeyboardInterrupt

    arguments = command(config, tmp_path / 'run', '--max-steps', 2)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Run, 'validate', killed)
        train.main(arguments)
    assert not (tmp_path / 'run' / 'best').exists()
    assert train.main(arguments) == 0
    assert (tmp_path / 'run' / 'best').exists()
    count = len(log_of(tmp_path / 'run'))
    assert train.main(arguments) == 0
    assert len(log_of(tmp_path / 'run')) == count, 'once is enough'


def test_the_best_of_other_validation_pictures_is_no_measure(config: Path, tmp_path: Path) -> None:
    run_dir = tmp_path / 'run'
    assert train.main(command(config, run_dir, '--max-steps', 1)) == 0
    state = torch.load(run_dir / 'last.pt')
    state['progress']['best'] = 2.0
    torch.save(state, run_dir / 'last.pt')
    shutil.rmtree(run_dir / 'best')
    assert train.main(command(config, run_dir, '--max-steps', 2)) == 0
    assert not (run_dir / 'best').exists()
    assert train.main(command(config, run_dir, '--max-steps', 3, '--validation-limit', 4)) == 0
    assert (run_dir / 'best').exists()


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('hidden: 3', "unknown setting 'hidden'"),
        ('a: [', 'not a YAML file'),
        ('- a', 'expected lines'),
        ('hidden_size: wide', '--hidden-size: invalid int'),
        ('cpu: maybe', 'cpu must be true or false'),
        ('stride: [a, b]', '--stride: invalid int'),
        ('learning_rate: fast', '--learning-rate: invalid float'),
    ],
)
def test_broken_files(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / 'broken.yaml'
    path.write_text(text)
    with pytest.raises(ArgumentError, match=message):
        parse_args(['--config', str(path)])
