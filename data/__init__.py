"""What happens before a tensor exists: LaTeX, rendering, data sets, augmentation, the tokenizer."""
