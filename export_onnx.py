"""Writes a checkpoint as ONNX graphs, which `runtime` reads without torch: `onnx/` in the checkpoint's folder.

    python export_onnx.py checkpoints/base

encoder_model.onnx        picture -> keys and values of every cross-attention
encoder_model_int8.onnx   the same, its convolutions in 8 bits
decoder_model.onnx        tokens, one or more -> log-probabilities of those after each, with a cache
decoder_model_int8.onnx   the same, its matrix products in 8 bits

What the graphs take and give is said in `modeling/graphs_im2latex.py`.
"""

import argparse
import logging
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from command_line import Parser

OPSET = 24  # the first with TensorScatter, which writes into a cache in place
# Pictures that show which activations occur, and the sizes in which they are shown.
EXAMPLES = Path(__file__).resolve().parent / 'examples'
EXAMPLE_SCALES = (0.6, 0.8, 1.0, 1.25)
# Weights of seven bits: on x86 processors without VNNI the sum of two products of eight bits does not fit into the
# sixteen that it gets there, and what was read was another formula.
REDUCED = True


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = Parser(prog='export_onnx.py', description='Write a checkpoint as ONNX graphs.')
    parser.add_argument('checkpoint', type=Path, help='folder of the checkpoint')
    parser.add_argument('--out', type=Path, help='folder to write to (default: onnx/ in the checkpoint)')
    args = parser.parse_args(argv)
    if not args.checkpoint.is_dir():
        parser.error(f'{args.checkpoint}: no such folder')
    args.out = args.out or args.checkpoint / 'onnx'
    return args


def export(model: Any, processor: Any, out: Path) -> None:
    """Writes the graphs of an `Im2LatexModel` in evaluation mode into a folder, which is made if need be."""
    import onnx_ir

    encoder, decoder = encoder_graph(model), decoder_graph(model)
    graphs = {
        'encoder_model_int8': quantized_encoder(encoder, list(example_inks(processor.image_processor))),
        'encoder_model': encoder,
        'decoder_model_int8': quantized_decoder(decoder),
        'decoder_model': decoder,
    }
    out.mkdir(parents=True, exist_ok=True)
    for name, graph in graphs.items():
        halve(graph)
        onnx_ir.save(graph, out / f'{name}.onnx')


def encoder_graph(model: Any) -> Any:
    """`EncoderGraph` as an `onnx_ir.Model`."""
    import torch
    from torch.export import Dim

    from modeling.graphs_im2latex import EncoderGraph

    pictures, height, width = Dim('pictures'), 16 * Dim('height_16'), 16 * Dim('width_16')
    return to_onnx(
        EncoderGraph(model),
        {
            'pixel_values': (torch.zeros(2, 1, 48, 64), {0: pictures, 2: height, 3: width}),
            'pixel_mask': (torch.ones(2, 48, 64, dtype=torch.long), {0: pictures, 1: height, 2: width}),
        },
        ['cells_bias', *pairs(model, 'cross')],
    )


def decoder_graph(model: Any) -> Any:
    """`DecoderGraph` as an `onnx_ir.Model`."""
    import torch
    from torch.export import Dim

    from modeling.graphs_im2latex import DecoderGraph

    config = model.config.decoder
    heads, size = config.decoder_attention_heads, config.d_model // config.decoder_attention_heads
    pictures, beams, length, cells, capacity = map(Dim, ('pictures', 'beams', 'length', 'cells', 'capacity'))

    def each_layer(*kinds: tuple[tuple[int, ...], dict[int, Any]]) -> tuple[list[torch.Tensor], list[dict[int, Any]]]:
        examples = [torch.zeros(shape) for _ in range(config.decoder_layers) for shape, _ in kinds]
        return examples, [dimensions for _, dimensions in kinds] * config.decoder_layers

    return to_onnx(
        DecoderGraph(model),
        {
            'tokens': (torch.ones(2, 3, 5, dtype=torch.long), {0: pictures, 1: beams, 2: length}),
            'position': (torch.tensor([3]), None),
            'cells_bias': (torch.zeros(2, 1, 1, 24), {0: pictures, 3: cells}),
            'cross': each_layer(
                ((2, heads, size, 24), {0: pictures, 3: cells}), ((2, heads, 24, size), {0: pictures, 2: cells})
            ),
            'cache': each_layer(
                ((2, 3, heads, size, 16), {0: pictures, 1: beams, 4: capacity}),
                ((2, 3, heads, 16, size), {0: pictures, 1: beams, 3: capacity}),
            ),
        },
        ['log_probabilities', *pairs(model, 'next')],
        ['tokens', 'position', 'cells_bias', *pairs(model, 'cross'), *pairs(model, 'cache')],
    )


def pairs(model: Any, name: str) -> list[str]:
    """Names of the keys and values of all layers, in order."""
    layers = range(model.config.decoder.decoder_layers)
    return [f'{name}_{part}_{layer}' for layer in layers for part in ('keys', 'values')]


def to_onnx(module: Any, inputs: dict[str, tuple], outputs: list[str], names: list[str] | None = None) -> Any:
    """Traces a module; `inputs` gives an example and the dynamic dimensions of each argument."""
    import torch
    from onnx_ir.passes import Sequential, common
    from onnxscript import optimizer

    module.eval().requires_grad_(False)
    with warnings.catch_warnings(action='ignore'):  # that a name of a dimension is used twice
        program = torch.onnx.export(
            module,
            tuple(example for example, _ in inputs.values()),
            dynamic_shapes=tuple(dimensions for _, dimensions in inputs.values()),
            input_names=names or list(inputs),
            output_names=outputs,
            opset_version=OPSET,
            dynamo=True,
            # Its own optimisation folds the normalisation into the convolutions; onnxruntime does so too, and `halve`
            # works on weights as they were trained.
            optimize=False,
            verbose=False,
        )
    graph = program.model
    optimizer.fold_constants(graph)
    Sequential(
        common.CommonSubexpressionEliminationPass(),
        common.LiftConstantsToInitializersPass(lift_all_constants=True, size_limit=0),
        common.DeduplicateInitializersPass(),
        common.RemoveUnusedNodesPass(),
        common.ClearMetadataAndDocStringPass(),  # where each node comes from in the code: paths of this machine
    )(graph)
    return graph


def halve(graph: Any) -> None:
    """Stores weights in bfloat16 where that loses nothing, as in a checkpoint saved so; all is computed in float32."""
    import ml_dtypes
    import numpy as np
    import onnx_ir as ir

    for name, value in list(graph.graph.initializers.items()):
        array = value.const_value.numpy()
        if array.dtype != np.float32 or array.size < 1024:
            continue
        half = array.astype(ml_dtypes.bfloat16)
        if not np.array_equal(half.astype(np.float32), array):
            continue
        stored = ir.Value(name=f'{name}_bfloat16', const_value=ir.tensor(half, name=f'{name}_bfloat16'))
        cast = ir.node('Cast', [stored], {'to': ir.DataType.FLOAT})
        cast.outputs[0].name = f'{name}_float32'
        value.replace_all_uses_with(cast.outputs[0])
        del graph.graph.initializers[name]
        graph.graph.register_initializer(stored)
        graph.graph.insert_before(graph.graph[0], cast)


def example_inks(image_processor: Any) -> Iterator[Any]:
    """The project's example pictures in several sizes, as the image processor prepares them: float32 (H, W)."""
    from PIL import Image

    for path in sorted(EXAMPLES.glob('*.png')):
        with Image.open(path) as file:
            picture = file.convert('L')
        for scale in EXAMPLE_SCALES:
            size = round(scale * picture.width), round(scale * picture.height)
            yield image_processor.prepare(picture.resize(size, Image.Resampling.BICUBIC))


def quantized_encoder(graph: Any, inks: Sequence[Any]) -> Any:
    """An encoder with convolutions in 8 bits; the range of their inputs is that of the pictures given."""
    import numpy as np
    import onnx
    import onnx_ir
    import onnxruntime
    from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static

    class Pictures(CalibrationDataReader):
        def __init__(self) -> None:
            self.rest = iter(inks)

        def get_next(self) -> Any:
            if (ink := next(self.rest, None)) is None:
                return None
            return {'pixel_values': ink[None, None], 'pixel_mask': np.ones((1, *ink.shape), np.int64)}

    with tempfile.TemporaryDirectory() as folder:
        plain, folded, small = (Path(folder) / f'{name}.onnx' for name in ('plain', 'folded', 'small'))
        onnx_ir.save(graph, plain)
        # Normalisation goes into the convolutions before, not after, their weights are rounded.
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(folded)
        onnxruntime.InferenceSession(plain, options, providers=['CPUExecutionProvider'])
        quantize_static(
            folded,
            small,
            Pictures(),
            op_types_to_quantize=['Conv'],
            per_channel=True,
            reduce_range=REDUCED,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        return onnx_ir.from_proto(onnx.load(small))


def quantized_decoder(graph: Any) -> Any:
    """A decoder with its weights in 8 bits, a scale a column; the activations they meet are quantised as they come."""
    import onnx
    import onnx_ir
    from onnxruntime.quantization import QuantType, quantize_dynamic

    proto = onnx_ir.to_proto(graph)
    del proto.graph.value_info[:]  # the quantiser transposes weights, and would find their old shapes there
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'int8.onnx'
        quantize_dynamic(
            proto,
            path,
            op_types_to_quantize=['Gemm', 'MatMul'],
            per_channel=True,
            reduce_range=REDUCED,
            weight_type=QuantType.QInt8,
        )
        return onnx_ir.from_proto(onnx.load(path))


def main(argv: list[str] | None = None) -> int:
    args = parse_args(argv)
    try:
        import onnxruntime  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        print(f'export_onnx.py: {error.name} is not installed: pip install -r requirements.txt', file=sys.stderr)
        return 2
    from transformers.utils import logging as transformers_logging

    from modeling.generation_im2latex import CheckpointError, load

    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    logging.disable(logging.WARNING)  # the quantiser's advice on pre-processing
    try:
        model, processor = load(args.checkpoint, device='cpu')
        export(model, processor, args.out)
    except (CheckpointError, OSError) as error:
        print(f'export_onnx.py: {error}', file=sys.stderr)
        return 2
    for path in sorted(args.out.glob('*.onnx')):
        print(f'{path}\t{path.stat().st_size / 1e6:.1f} MB')
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
