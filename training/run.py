"""A training run: its data, model and state, and the loop that Accelerate spreads over processes."""

import contextlib
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Generator, Iterator
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import torch
from accelerate import Accelerator
from accelerate.utils import InitProcessGroupKwargs, broadcast, gather_object, set_seed
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader
from tqdm import tqdm

from data.collator import Collator
from data.dataset import load
from data.sampler import BucketSampler
from data.tables import labels_file
from data.training_set import TrainingSet, normalized_labels
from metrics.score import Batch, Scores, picture_batches, score
from modeling import Im2LatexModel, Im2LatexProcessor
from modeling.generation_im2latex import predict

from .args import ArgumentError, TrainArgs
from .build import build_model, build_optimizer, build_processor, learning_rate
from .precision import resolved

# Of a run what it goes on with, besides weights and optimiser; and what makes scores of two validations differ.
PROGRESS = ('step', 'epoch', 'batch', 'pictures', 'validated', 'best')
OF_VALIDATION = ('validation', 'validation_split', 'validation_limit', 'validation_tokens')


def leave_signals_to_the_parent(worker: int) -> None:
    """A stop is often sent to the whole process group: the loader must outlive it, for the run to end in order."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class Run:
    """One training run: everything that has a state, and the loop over it."""

    def __init__(self, args: TrainArgs):
        # What is saved says what was computed with, not that it was left open.
        self.args = args = replace(args, mixed_precision=resolved(args.mixed_precision, args.cpu))
        self.run_dir = Path(args.run_dir)
        self.accelerator = Accelerator(
            mixed_precision=args.mixed_precision,
            cpu=args.cpu,
            log_with=None if args.tracker == 'none' else args.tracker,
            project_dir=str(self.run_dir),
            # The others wait for the first process to typeset and normalise.
            kwargs_handlers=[InitProcessGroupKwargs(timeout=timedelta(hours=4))],
        )
        self.is_main = self.accelerator.is_main_process
        try:
            self.run_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ArgumentError(f'run_dir: {self.run_dir} cannot be a folder: {error.strerror}') from error
        set_seed(args.seed)
        self.train_set, self.processor = self._load_training_set()
        self.validation_batches = self._load_validation()
        model = build_model(args, self.processor).to(memory_format=torch.channels_last)
        self.model = model
        self.ema = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(args.ema_decay)).eval()
        self.ema.to(self.accelerator.device)
        self.wrapped, self.optimizer = self.accelerator.prepare(model, build_optimizer(model, args))
        if args.compile:  # the decoder alone: with the encoder it takes longer than many a run
            model.decoder.compile(dynamic=True)
        self.step = self.epoch = self.batch = self.pictures = 0
        self.validated = 0  # the step of the last validation that came to its end
        self.best = -1.0
        self.stopped_by: int | None = None
        """the signal that told the run to stop"""
        self._resume()

    def _load_training_set(self) -> tuple[TrainingSet, Im2LatexProcessor]:
        args = self.args
        with self.accelerator.main_process_first():
            sources = [load(source, args.split, limit=args.limit) for source in args.data]
            labels = [normalized_labels(source) for source in sources]
        with self.accelerator.main_process_first():
            processor = build_processor(args, labels)
            if self.is_main:
                processor.save_pretrained(self.run_dir / 'processor')
            sizes = [source.sizes(processor.image_processor) for source in sources]
        train_set = TrainingSet(
            sources,
            labels,
            sizes,
            processor.tokenizer,
            seed=args.seed,
            augmentation=args.augmentation(),
            max_tokens=args.max_train_tokens or args.max_tokens,
            max_size=(args.max_height, args.max_width),
        )
        if not len(train_set):
            raise ArgumentError(f'no training picture is left: {dict(train_set.dropped)}')
        self.print(f'{len(train_set)} training pictures, left out: {dict(+train_set.dropped)}')
        return train_set, processor

    def _load_validation(self) -> list[Batch]:
        """Validation pictures in batches, nothing left out; each process gets its share."""
        args = self.args
        if args.validation is None:
            return []
        trained_on = {labels_file(Path(source).expanduser(), args.split) for source in args.data} - {None}
        if (file := labels_file(Path(args.validation).expanduser(), args.validation_split)) in trained_on:
            raise ArgumentError(
                f'validation: {file} holds the training pictures as well; put some of them aside, in '
                f'{args.validation}/{args.validation_split}, or give --validation none'
            )
        with self.accelerator.main_process_first():
            source = load(args.validation, args.validation_split, limit=args.validation_limit)
        mine = range(self.accelerator.process_index, len(source), self.accelerator.num_processes)
        return list(picture_batches(source, mine, args.validation_batch))

    # -- state ---------------------------------------------------------------------------------------------------

    def save(self) -> None:
        """Writes what the run goes on from; a kill at any moment leaves the old file or the new one."""
        if not self.is_main:
            return
        state = {
            'model': self.model.state_dict(),
            'ema': self.ema.state_dict(),
            'optimizer': self.optimizer.state_dict(),
            'progress': {key: getattr(self, key) for key in PROGRESS},
            'args': asdict(self.args),
            'num_processes': self.accelerator.num_processes,
        }
        path = self.run_dir / 'last.pt'
        partial = path.with_suffix('.partial')
        with open(partial, 'wb') as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)

    def _resume(self) -> None:
        path = self.run_dir / 'last.pt'
        if not path.exists():
            return
        state = torch.load(path, map_location='cpu', weights_only=True)
        for field, old in state['args'].items():
            if field in TrainArgs.MUST_NOT_CHANGE and getattr(self.args, field) != old:
                raise ArgumentError(
                    f'{self.run_dir} holds a run with {field}={old}, now it is {getattr(self.args, field)}: '
                    'use another --run-dir, with --init-from to start from its weights'
                )
        if state['num_processes'] != self.accelerator.num_processes:
            raise ArgumentError(
                f'{self.run_dir} holds a run of {state["num_processes"]} processes, now there are '
                f'{self.accelerator.num_processes}: use as many, or another --run-dir with --init-from'
            )
        self.model.load_state_dict(state['model'])
        self.ema.load_state_dict(state['ema'])
        self.optimizer.load_state_dict(state['optimizer'])
        for key, value in state['progress'].items():
            setattr(self, key, value)
        if any(getattr(self.args, field) != state['args'][field] for field in OF_VALIDATION):
            self.best = -1.0  # of other pictures: no measure for these
        self.print(f'going on from step {self.step}')

    def export(self, folder: Path, scores: Scores | None = None) -> None:
        """Writes the averaged weights as a checkpoint folder that every script takes, replacing it as a whole."""
        target, folder = folder, folder.with_name(folder.name + '.partial')
        shutil.rmtree(folder, ignore_errors=True)
        model = cast(Im2LatexModel, self.ema.module)
        model.save_pretrained(
            folder,
            state_dict={k: v.to(torch.bfloat16) if v.is_floating_point() else v for k, v in model.state_dict().items()},
        )
        self.processor.save_pretrained(folder)
        record = {'args': self.args.shareable(), 'step': self.step, 'pictures': self.pictures}
        (folder / 'train_args.json').write_text(json.dumps(record, indent=2) + '\n')
        if scores is not None:
            summary = {'step': self.step, 'validation': self.args.shareable()['validation'], **scores.summary()}
            (folder / 'validation_scores.json').write_text(json.dumps(summary, indent=2) + '\n')
        shutil.rmtree(target, ignore_errors=True)
        folder.rename(target)

    # -- loop ----------------------------------------------------------------------------------------------------

    def batches(self) -> Generator[dict[str, Any], None, None]:
        """Training batches without end, from the run's place in the current epoch on."""
        args, accelerator = self.args, self.accelerator
        sampler = BucketSampler(
            self.train_set.sizes * self.processor.image_processor.scale,
            batch_pixels=args.batch_pixels,
            max_batch=args.max_batch,
            scale_range=(args.scale_range[0], args.scale_range[1]),
            scale_sigma=args.scale_sigma,
            scale_uniform=args.scale_uniform,
            bucket=args.bucket,
            seed=args.seed,
            rank=accelerator.process_index,
            world=accelerator.num_processes,
        )
        collator = Collator(self.processor, max_tokens=args.max_tokens)
        while True:
            loader: DataLoader[Any] = DataLoader(
                self.train_set,  # type: ignore[arg-type]
                batch_sampler=sampler.batches(self.epoch, start=self.batch),  # type: ignore[arg-type]
                collate_fn=collator,
                num_workers=args.workers,
                prefetch_factor=4 if args.workers else None,
                worker_init_fn=leave_signals_to_the_parent,
                # A new loader draws a seed: from the global generator, it would change this step's dropout.
                generator=torch.Generator().manual_seed(args.seed),
                pin_memory=accelerator.device.type == 'cuda',
            )
            empty = True
            for batch in loader:
                empty = False
                self.batch += 1
                yield batch
            if empty and self.batch == 0:
                raise ArgumentError('an epoch has fewer batches than processes: give more data or smaller batches')
            self.epoch, self.batch = self.epoch + 1, 0

    def train_step(self, batches: Iterator[dict[str, Any]]) -> tuple[torch.Tensor, int]:
        """One step of the optimiser; returns the mean of its batches' losses a token and its number of pictures."""
        args, accelerator = self.args, self.accelerator
        # Dropout must not depend on what ran before this step, or a run could not be continued exactly.
        torch.manual_seed((args.seed * 1_000_003 + self.step) * accelerator.num_processes + accelerator.process_index)
        for group in self.optimizer.param_groups:
            group['lr'] = learning_rate(self.step, args)
        total, pictures = torch.zeros((), device=accelerator.device), 0
        for part in range(args.gradient_accumulation):
            batch = next(batches)
            last = part == args.gradient_accumulation - 1
            with contextlib.nullcontext() if last else accelerator.no_sync(self.wrapped):
                loss = self._loss(batch) / args.gradient_accumulation
                accelerator.backward(loss)
            total += loss.detach()
            pictures += len(batch['latex'])
        accelerator.clip_grad_norm_(self.model.parameters(), args.clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.ema.update_parameters(self.model)
        self.step += 1
        if accelerator.num_processes > 1:
            sums = accelerator.reduce(torch.stack((total, torch.tensor(float(pictures), device=total.device))))
            total, pictures = sums[0] / accelerator.num_processes, int(sums[1])
        self.pictures += pictures
        return total, pictures

    def _loss(self, batch: dict[str, Any]) -> torch.Tensor:
        device = self.accelerator.device
        output = self.wrapped(
            pixel_values=batch['pixel_values']
            .to(device, non_blocking=True)
            .contiguous(memory_format=torch.channels_last),
            pixel_mask=batch['pixel_mask'].to(device, non_blocking=True),
            decoder_input_ids=batch['decoder_input_ids'].to(device, non_blocking=True),
            use_cache=False,
        )
        return torch.nn.functional.cross_entropy(
            output.logits.flatten(0, 1).float(),
            batch['labels'].to(device, non_blocking=True).flatten(),
            label_smoothing=self.args.label_smoothing,
        )

    def validate(self) -> Scores | None:
        """Generates for the validation pictures with the averaged weights; keeps the best checkpoint."""
        if self.args.validation is None:
            return None
        if self.accelerator.num_processes > 1:  # normalisation layers count what their own process saw
            for buffer in self.ema.module.buffers():
                broadcast(buffer)
        scores = score(
            self.ema.module,
            self.processor,
            self.validation_batches,
            predict=predict,
            num_beams=1,
            max_new_tokens=self.args.validation_tokens,
            gather=gather_object,
        )
        self.validated = self.step
        value = scores.normalised.edit_similarity
        if value > self.best:
            self.best = value
            if self.is_main:
                self.export(self.run_dir / 'best', scores)
                self.save()  # what is best now must be known after a kill
        return scores

    def fit(self) -> None:
        """Trains to `max_steps`, or until the run is told to stop (SIGTERM or Ctrl-C): then after the current step."""
        before = {number: signal.signal(number, self._stop) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            self._fit()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _fit(self) -> None:
        args = self.args
        if args.tracker != 'none':
            self.accelerator.init_trackers('im2latex', config=args.flat())
        bar = tqdm(total=args.max_steps, initial=self.step, disable=not self.is_main, unit='step')
        losses: list[torch.Tensor] = []
        seen, clock = 0, time.perf_counter()
        # Closed here: a loader left to the interpreter's end would wait for a worker that heeds no signal.
        with contextlib.closing(self.batches()) as batches:
            if self._is_due() and self.validated < self.step:  # the run was killed meanwhile
                self._validate()
            while self.step < args.max_steps and not self._told_to_stop():
                loss, pictures = self.train_step(batches)
                losses.append(loss)
                seen += pictures
                bar.update()
                if self.step % args.log_every == 0 or self.step == args.max_steps:
                    rate = seen / (time.perf_counter() - clock)
                    mean = torch.stack(losses).mean().item()
                    bar.set_postfix(loss=f'{mean:.3f}', pictures_s=f'{rate:.0f}')
                    self.log(loss=mean, learning_rate=learning_rate(self.step - 1, args), pictures_per_second=rate)
                    losses, seen, clock = [], 0, time.perf_counter()
                if self._is_due() or self.step % args.save_every == 0:
                    self.save()
                if self._is_due():
                    started = time.perf_counter()
                    self._validate()
                    clock += time.perf_counter() - started
        bar.close()
        self.save()
        if self.is_main:
            self.export(self.run_dir / 'final')
        if self.step < args.max_steps:
            self.print(f'stopped at step {self.step}; the same command goes on from here')
        if args.tracker != 'none':
            self.accelerator.end_training()

    def _is_due(self) -> bool:
        return self.step > 0 and (self.step % self.args.eval_every == 0 or self.step == self.args.max_steps)

    def _validate(self) -> None:
        if (scores := self.validate()) is not None:
            self.log(**{f'validation/{k}': v for k, v in scores.normalised.summary().items()})
            self.print(f'step {self.step}: validation {scores.normalised.summary()}')

    def _stop(self, number: int, frame: Any) -> None:
        self.stopped_by = number
        signal.signal(number, signal.SIG_DFL)  # the second one ends the process at once

    def _told_to_stop(self) -> bool:
        """Whether any process was told to stop: all must leave the loop at the same step."""
        if self.accelerator.num_processes == 1:
            return self.stopped_by is not None
        flag = torch.tensor(int(self.stopped_by is not None), device=self.accelerator.device)
        told = bool(self.accelerator.reduce(flag).item())
        if told and self.stopped_by is None:
            self.stopped_by = signal.SIGTERM  # another process was told: this one ends as it does
        return told

    def log(self, **values: float) -> None:
        """One line in log.jsonl and one point in the tracker."""
        if self.args.tracker != 'none':
            self.accelerator.log(values, step=self.step)
        if self.is_main:
            line = {'step': self.step, 'epoch': self.epoch, 'pictures': self.pictures, **values}
            with open(self.run_dir / 'log.jsonl', 'a') as file:
                file.write(json.dumps(line) + '\n')

    def print(self, text: str) -> None:
        if self.is_main:
            tqdm.write(text, file=sys.stderr)
