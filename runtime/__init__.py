"""Reads pictures with the ONNX graphs of a checkpoint: onnxruntime, numpy, Pillow and tokenizers, no torch.

    from runtime.generation import load, predict
    model, processor = load('checkpoints/base')
    [prediction] = predict(model, processor, [Image.open('formula.png')])

The calls and the answers are those of `modeling.generation_im2latex`.
"""
