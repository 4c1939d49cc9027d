"""Examples to one batch of tensors: every picture somewhere on a canvas that holds the largest."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .dataset import Example
from .sampler import GRID
from .training_set import UnreadableExample

TOKEN_STEP = 16


class Collator:
    """Pads pictures and labels into a batch.

    Args:
        processor: an `Im2LatexProcessor`; injected, since this package imports nothing of the model's.
        place_at_random: put each picture at a random place of the canvas, in steps that keep it on the encoder's
            grid; otherwise at the top left.
        max_tokens: longer labels are cut.
    """

    def __init__(self, processor: Any, place_at_random: bool = True, max_tokens: int | None = None):
        self.processor = processor
        self.place_at_random = place_at_random
        self.max_tokens = max_tokens

    def __call__(self, examples: Sequence[Example | UnreadableExample]) -> dict[str, Any]:
        """Returns a batch.

        Returns:
            `pixel_values` (B, 1, H, W), `pixel_mask` (B, H, W), `decoder_input_ids` and `labels` (B, T), and `latex`,
            the B labels as strings. H and W are multiples of `GRID`. A picture that is None, or that the image
            processor refuses, is left out; if none is left, the batch is one blank picture with an empty label, since
            a run of days, or of several processes in step, must not end for want of a picture.
        """
        image_processor = self.processor.image_processor
        arrays, texts = [], []
        for example in examples:
            if example['image'] is None:
                continue
            try:
                enlarge, fit = example.get('enlarge', 1.0), example.get('fit', True)
                arrays.append(image_processor.prepare(example['image'], enlarge, fit))
            except ValueError:  # blank: augmentation can wipe out a speck of a formula
                continue
            texts.append(example['latex'])
        if not arrays:
            arrays, texts = [np.zeros(GRID, np.float32)], ['']
        shapes = np.array([array.shape for array in arrays])
        canvas = np.ceil(shapes.max(axis=0) / GRID).astype(int) * GRID
        offsets = [(0, 0)] * len(arrays)
        if self.place_at_random:
            step = image_processor.size_divisor
            # Seeded by what is placed: a batch must come out the same in whichever process it is made.
            rng = np.random.default_rng([len(arrays), *shapes.ravel().tolist()])
            places = rng.integers(0, (canvas - shapes) // step, endpoint=True) * step
            offsets = [(int(y), int(x)) for y, x in places]
        height, width = (int(side) for side in canvas)
        batch = image_processor.pad(arrays, offsets=offsets, canvas=(height, width), return_tensors='pt')
        tokens = self.processor.encode(texts, max_length=self.max_tokens, pad_to_multiple_of=TOKEN_STEP)
        return {**batch, **tokens, 'latex': texts}
