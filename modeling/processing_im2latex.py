"""The processor: pictures (and LaTeX) to tensors, token ids back to LaTeX."""

import os
from collections.abc import Sequence
from typing import Any

import torch
from transformers import BatchFeature, PreTrainedTokenizerBase, PreTrainedTokenizerFast, ProcessorMixin

from .image_processing_im2latex import Im2LatexImageProcessor
from .nesting_im2latex import Nesting


class Im2LatexProcessor(ProcessorMixin):
    """`Im2LatexImageProcessor` and the LaTeX tokenizer in one.

    Args:
        image_processor: makes `pixel_values` and `pixel_mask`.
        tokenizer: stock fast tokenizer over LaTeX tokens; it adds bos and eos.
    """

    def __init__(self, image_processor: Im2LatexImageProcessor, tokenizer: PreTrainedTokenizerBase, **kwargs):
        super().__init__(image_processor, tokenizer, **kwargs)

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: str | os.PathLike, **kwargs) -> 'Im2LatexProcessor':
        """Loads both parts from a folder or a Hub repository, without looking our classes up in a global registry.

        The Auto classes would ask at the terminal whether to run the code of an exported folder, which is this code.
        """
        return cls(
            Im2LatexImageProcessor.from_pretrained(pretrained_model_name_or_path, **kwargs),
            PreTrainedTokenizerFast.from_pretrained(pretrained_model_name_or_path, **kwargs),
        )

    @property
    def nesting(self) -> Nesting:
        """The rules that keep what is generated to LaTeX that nests."""
        return Nesting(self.tokenizer.get_vocab(), self.tokenizer.eos_token)

    def __call__(
        self, images: Any = None, text: str | Sequence[str] | None = None, return_tensors: str = 'pt', **kwargs
    ) -> BatchFeature:
        """Prepares pictures, labels or both.

        Args:
            images: one picture or a list, as the image processor takes them.
            text: one LaTeX string or a list, one a picture.
        Returns:
            `pixel_values`, (batch, 1, height, width), and `pixel_mask`, (batch, height, width), for pictures;
            `decoder_input_ids` (bos and tokens) and `labels` (tokens and eos, padding -100), both (batch, length),
            for LaTeX.
        Raises:
            ValueError: neither is given; a picture is blank or unreadable.
        """
        if images is None and text is None:
            raise ValueError('give pictures (images=), LaTeX (text=) or both')
        output = BatchFeature()
        if images is not None:
            output.update(self.image_processor(images, return_tensors=return_tensors, **kwargs))
        if text is not None:
            output.update(self.encode([text] if isinstance(text, str) else list(text)))
        return output

    def encode(
        self, texts: Sequence[str], max_length: int | None = None, pad_to_multiple_of: int | None = None
    ) -> dict[str, torch.Tensor]:
        """Returns the teacher-forcing pair of a batch of LaTeX strings.

        Args:
            texts: labels without special tokens.
            max_length: most tokens of a label, bos and eos included; longer ones are cut.
            pad_to_multiple_of: makes the lengths of batches come in few values, which kernels are prepared for once.
        Returns:
            `decoder_input_ids` and `labels`, each (batch, length).
        """
        ids = self.tokenizer(
            list(texts),
            padding=True,
            truncation=max_length is not None,
            max_length=max_length,
            return_tensors='pt',
        )['input_ids']
        if pad_to_multiple_of is not None:
            missing = -(ids.shape[1] - 1) % pad_to_multiple_of
            ids = torch.nn.functional.pad(ids, (0, missing), value=self.tokenizer.pad_token_id)
        labels = ids[:, 1:]
        return {
            'decoder_input_ids': ids[:, :-1],
            'labels': labels.masked_fill(labels == self.tokenizer.pad_token_id, -100),
        }

    def post_process(self, generated_ids: torch.Tensor | Sequence[Sequence[int]]) -> list[str]:
        """Turns what `generate` returned, (batch, length), into LaTeX strings."""
        return self.tokenizer.batch_decode(generated_ids, skip_special_tokens=True)


__all__ = ['Im2LatexProcessor']
