"""What a training run can be told: one dataclass, read from a YAML file and overridden by flags."""

import argparse
import importlib.util
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar, NoReturn, get_args, get_origin

import yaml

from data.augment import DEFAULT, Augmentation
from data.files import shareable


class ArgumentError(ValueError):
    """A setting that cannot work; the message says which and why."""


def setting(default: Any, text: str) -> Any:
    """A field with its help text."""
    if isinstance(default, list):
        return field(default_factory=lambda: list(default), metadata={'help': text})
    return field(default=default, metadata={'help': text})


@dataclass
class TrainArgs:
    """All settings of a run; the architecture among them is saved in the checkpoint's own config.json."""

    # What decides the model and the order of the pictures: a run cannot go on with another value.
    MUST_NOT_CHANGE: ClassVar[tuple[str, ...]] = (
        'data', 'split', 'limit', 'tokenizer', 'min_count', 'max_tokens', 'max_train_tokens', 'max_height', 'max_width',
        'scale_range', 'scale_sigma', 'scale_uniform', 'picture_scale', 'min_dpi', 'max_dpi', 'init_from', 'grow',
        'backbone', 'stride', 'hidden_size', 'decoder_layers', 'attention_heads', 'ffn_size', 'batch_pixels',
        'max_batch', 'bucket', 'seed',
    )  # fmt: skip

    # Data
    data: list[str] = setting(['yuntian-deng/im2latex-100k'], 'training sources: Hub data sets, files or folders')
    split: str = setting('train', 'split of the training sources')
    limit: int | None = setting(None, 'use the first so many pictures of each training source')
    validation: str | None = setting('yuntian-deng/im2latex-100k', 'validation source; "none" for no validation')
    validation_split: str = setting('validation', 'split of the validation source')
    validation_limit: int | None = setting(512, 'use the first so many validation pictures')
    tokenizer: str | None = setting(
        None, "folder of a tokenizer (default: init_from's, or one built from the training labels)"
    )
    min_count: int = setting(1, 'rarest token that a new tokenizer keeps')
    max_tokens: int = setting(512, 'longest label the model can read, bos and eos included')
    max_train_tokens: int | None = setting(256, 'longest label trained on')
    max_height: int = setting(256, 'highest picture trained on, in pixels at scale 1')
    max_width: int = setting(800, 'widest picture trained on, in pixels at scale 1')
    workers: int = setting(2, 'processes that draw pictures')

    # Looks
    augment: float = setting(1.0, 'strength of the augmentation, 0 for none')
    scale_range: list[float] = setting([0.75, 1.5], 'smallest and largest size of the letters; 1 is 10 pt at 100 dpi')
    scale_sigma: float = setting(0.15, "standard deviation of the logarithm of the letters' size")
    scale_uniform: float = setting(0.4, "share of pictures whose letters' size is drawn evenly over the whole range")

    picture_scale: float | None = setting(None, "factor to enlarge pictures by (default: init_from's, or 1.25)")
    min_dpi: float | None = setting(
        None, "pictures with letters as small as 10 pt type at fewer dpi are enlarged, 0 for none (init_from's, or 100)"
    )
    max_dpi: float | None = setting(
        None, "pictures with letters as large as at more dpi are scaled down, 0 for none (init_from's, or 120)"
    )

    # Model
    init_from: str | None = setting(None, 'checkpoint folder whose weights and tokenizer to start from')
    grow: bool = setting(False, 'bring the model of init_from to the sizes below, if they are larger than its own')
    backbone: str | None = setting(None, "timm ResNet of basic blocks (default: init_from's, or resnet18)")
    stride: list[int] | None = setting(
        None, "pixels a cell stands for, vertically and horizontally (default: init_from's, or 16 8)"
    )
    hidden_size: int | None = setting(None, "width of the decoder (default: init_from's, or 256)")
    decoder_layers: int | None = setting(None, "layers of the decoder (default: init_from's, or 4)")
    attention_heads: int | None = setting(None, "attention heads of the decoder (default: init_from's, or 8)")
    ffn_size: int | None = setting(None, "width of the decoder's feed-forward layers (default: init_from's, or 1024)")
    dropout: float = setting(0.1, 'dropout of the decoder')
    attention: str = setting('eager', 'attention kernels in training: sdpa or eager')
    compile: bool = setting(False, 'compile the decoder: its first step takes minutes, the others less')

    # Optimisation
    batch_pixels: int = setting(600_000, 'most pixels of a batch on one process')
    max_batch: int = setting(128, 'most pictures of a batch on one process')
    bucket: bool = setting(True, 'pictures of like size share a batch; otherwise sampling is uniform')
    gradient_accumulation: int = setting(1, 'batches a step')
    max_steps: int = setting(100_000, 'length of the run')
    learning_rate: float = setting(1e-3, 'highest learning rate')
    warmup_steps: int = setting(500, 'steps of linear warm-up')
    beta2: float = setting(0.98, "Adam's second moment")
    weight_decay: float = setting(0.01, 'decoupled weight decay')
    clip: float = setting(1.0, 'greatest norm of the gradient')
    label_smoothing: float = setting(0.0, 'share of the probability spread over all tokens')
    ema_decay: float = setting(0.999, 'decay of the averaged weights, which are the ones validated and released')
    mixed_precision: str = setting('auto', 'bf16, no, or auto: bf16 on a device that computes in it')
    cpu: bool = setting(False, 'train on the CPU even where there is a GPU')
    seed: int = setting(0, 'seed of everything')

    # Reporting
    run_dir: str = setting('runs/default', 'folder of checkpoints and logs')
    log_every: int = setting(50, 'steps between log lines')
    eval_every: int = setting(1000, 'steps between validations')
    save_every: int = setting(500, 'steps between checkpoints to go on from')
    validation_batch: int = setting(32, 'validation pictures a batch')
    validation_tokens: int = setting(256, 'most tokens generated in validation')
    tracker: str = setting('tensorboard', 'tensorboard, wandb or none')
    push_to_hub: str | None = setting(None, 'OWNER/NAME of the Hub, where the best checkpoint goes at the end')

    # Of new models: `configs/base.yaml`.
    SIZES: ClassVar[dict[str, Any]] = {
        'backbone': 'resnet18', 'stride': [16, 8], 'hidden_size': 256, 'decoder_layers': 4, 'attention_heads': 8,
        'ffn_size': 1024,
    }  # fmt: skip

    def __post_init__(self) -> None:
        if self.init_from is None:
            for name, size in self.SIZES.items():
                if getattr(self, name) is None:
                    setattr(self, name, size)
        above_zero = (
            'max_steps', 'batch_pixels', 'max_batch', 'gradient_accumulation', 'log_every', 'eval_every', 'save_every',
            'learning_rate', 'validation_batch', 'validation_tokens', 'min_count', 'clip', 'decoder_layers',
            'attention_heads', 'ffn_size', 'max_tokens', 'limit', 'validation_limit', 'max_train_tokens',
        )  # fmt: skip
        for name in above_zero:
            if getattr(self, name) is not None and getattr(self, name) <= 0:
                raise ArgumentError(f'{name} must be above 0, not {getattr(self, name)}')
        for name in ('seed', 'workers', 'warmup_steps', 'augment', 'weight_decay', 'scale_sigma'):
            if getattr(self, name) < 0:
                raise ArgumentError(f'{name} must be 0 or more, not {getattr(self, name)}')
        for name in ('dropout', 'label_smoothing', 'ema_decay', 'beta2'):
            if not 0 <= getattr(self, name) < 1:
                raise ArgumentError(f'{name} must be from 0 up to, not including, 1, not {getattr(self, name)}')
        if not 0 <= self.scale_uniform <= 1:
            raise ArgumentError(f'scale_uniform is a share, from 0 to 1, not {self.scale_uniform}')
        choices = {
            'mixed_precision': ('auto', 'bf16', 'no'),
            'attention': ('sdpa', 'eager'),
            'tracker': ('tensorboard', 'wandb', 'none'),
            'backbone': (None, 'resnet18', 'resnet34'),
        }
        for name, allowed in choices.items():
            if (value := getattr(self, name)) not in allowed:
                raise ArgumentError(f'{name} must be one of {", ".join(filter(None, allowed))}, not {value!r}')
        if len(self.scale_range) != 2 or not 0 < self.scale_range[0] <= self.scale_range[1]:
            raise ArgumentError(f'scale_range must be two numbers above 0, the smaller first, not {self.scale_range}')
        if self.stride is not None and (len(self.stride) != 2 or any(step not in (8, 16) for step in self.stride)):
            raise ArgumentError(f'stride must be two numbers, each 8 or 16, not {self.stride}')
        if self.hidden_size is not None and (
            self.hidden_size < 4 or self.hidden_size % 4 or self.hidden_size % (self.attention_heads or 1)
        ):
            raise ArgumentError(f'hidden_size={self.hidden_size} must be a multiple of 4 and of attention_heads')
        if self.compile and not any(map(shutil.which, (os.environ.get('CXX', 'g++'), 'clang++'))):
            raise ArgumentError('compile needs a C++ compiler: on Debian or Ubuntu, apt-get install g++')
        if self.grow and self.init_from is None:
            raise ArgumentError('grow needs init_from, the model that is to grow')
        for name in ('max_train_tokens', 'validation_tokens'):
            if (getattr(self, name) or 0) > self.max_tokens:
                raise ArgumentError(f'{name}={getattr(self, name)} is above max_tokens={self.max_tokens}')

    def augmentation(self) -> Augmentation:
        """The table of looks at the strength asked for."""
        return DEFAULT.scaled(self.augment)

    def shareable(self) -> dict[str, Any]:
        """The settings as they go into a checkpoint: of files and folders the names, not where they lie."""

        def name(value: Any) -> Any:
            if isinstance(value, list):
                return [name(item) for item in value]
            return shareable(value) if isinstance(value, str) else value

        return {key: name(value) for key, value in asdict(self).items() if key != 'run_dir'}

    def flat(self) -> dict[str, str | int | float | bool]:
        """Every setting as a tracker can store it."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {
            key: value if isinstance(value, (int, float, str, bool)) else str(value) for key, value in values.items()
        }


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        raise ArgumentError(message)


def parse_args(argv: list[str] | None = None) -> TrainArgs:
    """Reads the YAML file, then the flags, which win.

    Raises:
        ArgumentError: the file cannot be read; a setting is unknown, not of its type, or cannot work.
    """
    parser = _Parser(prog='train.py', description='Train an image-to-LaTeX model.', allow_abbrev=False)
    parser.add_argument('--config', type=Path, help='YAML file of settings')
    defaults = TrainArgs()
    for item in fields(TrainArgs):
        default = getattr(defaults, item.name)
        text = item.metadata['help']
        if '(default: ' not in text:
            text += f' (default: {"none" if default is None else default})'
        options: dict[str, Any] = {'help': text, 'default': argparse.SUPPRESS}
        if item.type is bool:
            parser.add_argument(_flag(item.name), action=argparse.BooleanOptionalAction, **options)
        elif (member := _member(item.type)) is not None:
            parser.add_argument(_flag(item.name), nargs='+', type=member, **options)
        else:
            parser.add_argument(_flag(item.name), type=_kind(item.type), **options)
    given = vars(parser.parse_args(argv))
    config = given.pop('config')
    if config is not None:
        given = {**vars(parser.parse_args(_as_flags(config))), **given}
        del given['config']
    args = TrainArgs(**given)
    if args.tracker != 'none' and importlib.util.find_spec(args.tracker) is None:
        raise ArgumentError(f'tracker: {args.tracker} is not installed (pip install {args.tracker})')
    return args


def _flag(name: str) -> str:
    return '--' + name.replace('_', '-')


def _member(annotation: Any) -> Callable[[str], Any] | None:
    """What turns one of a flag's texts into a member of the field's list; None where it is no list."""
    kinds = [kind for kind in (annotation, *get_args(annotation)) if get_origin(kind) is list]
    return get_args(kinds[0])[0] if kinds else None


def _kind(annotation: Any) -> Callable[[str], Any]:
    """What turns a flag's text into a value of the field's type; `none` where the field may be None."""
    kinds = get_args(annotation) or (annotation,)
    kind = next(kind for kind in kinds if kind is not type(None))
    if type(None) not in kinds:
        return kind

    def optional(text: str) -> Any:
        return None if text == 'none' else kind(text)

    optional.__name__ = kind.__name__  # argparse names it: invalid int value
    return optional


def _as_flags(path: Path) -> list[str]:
    """The settings of a YAML file as flags, so that they are read and refused as flags are."""
    try:
        settings = yaml.safe_load(path.read_text(encoding='utf-8')) or {}
    except (OSError, UnicodeDecodeError) as error:
        raise ArgumentError(f'{path}: cannot be read: {error}') from error
    except yaml.YAMLError as error:
        raise ArgumentError(f'{path}: not a YAML file: {error}') from error
    if not isinstance(settings, dict):
        raise ArgumentError(f'{path}: expected lines of "setting: value"')
    types = {item.name: item.type for item in fields(TrainArgs)}
    flags: list[str] = []
    for key, value in settings.items():
        if key not in types:
            raise ArgumentError(f'{path}: unknown setting {key!r}')
        if types[key] is bool:
            if not isinstance(value, bool):
                raise ArgumentError(f'{path}: {key} must be true or false, not {value!r}')
            flags.append(_flag(key) if value else _flag('no_' + key))
        else:
            values = value if isinstance(value, list) else [value]
            flags += [_flag(key), *map(_word, values)]
    return flags


def _word(value: Any) -> str:
    """A value of YAML as it is typed behind a flag; YAML takes a bare `no` for false."""
    if value is None:
        return 'none'
    return 'no' if value is False else str(value)
