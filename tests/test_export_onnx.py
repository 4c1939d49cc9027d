"""The exporter: what it writes, and what it says."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx_ir
import onnxruntime
import pytest
import torch
from PIL import Image

import export_onnx
from modeling.generation_im2latex import load

NAMES = ['decoder_model.onnx', 'decoder_model_int8.onnx', 'encoder_model.onnx', 'encoder_model_int8.onnx']


def test_encoder_takes_any_batch_and_size(exported_checkpoint: Path, formula_images: list[Image.Image]) -> None:
    """Padded together as one by one: the mask is part of the graph."""
    model, processor = load(exported_checkpoint, device='cpu')
    session = onnxruntime.InferenceSession(exported_checkpoint / 'onnx' / 'encoder_model.onnx')
    batch = processor(images=formula_images, return_tensors='np')
    bias, keys, values, *_ = session.run(None, dict(batch))
    with torch.no_grad():
        encoded = model.encoder(torch.from_numpy(batch['pixel_values']), torch.from_numpy(batch['pixel_mask']))
    assert np.array_equal(bias[:, 0, 0] == 0, encoded.attention_mask.numpy() == 1)
    for i, image in enumerate(formula_images):
        inside = bias[i, 0, 0] == 0
        _, keys_alone, values_alone, *_ = session.run(None, dict(processor(images=image, return_tensors='np')))
        np.testing.assert_allclose(keys[i][..., inside], keys_alone[0], atol=1e-4)
        np.testing.assert_allclose(values[i][:, inside], values_alone[0], atol=1e-4)


def test_nothing_tells_where_it_was_made(exported_checkpoint: Path) -> None:
    for name in NAMES:
        assert not re.search(rb'[\w/]{6,}\.py', (exported_checkpoint / 'onnx' / name).read_bytes())


def test_dimensions_are_named(exported_checkpoint: Path) -> None:
    graph = onnx.load(exported_checkpoint / 'onnx' / 'decoder_model.onnx').graph
    shapes = {
        item.name: [dim.dim_param or dim.dim_value for dim in item.type.tensor_type.shape.dim]
        for item in [*graph.input, *graph.output]
    }
    assert shapes['tokens'] == ['pictures', 'beams', 'length']
    assert shapes['cross_keys_1'] == ['pictures', 2, 16, 'cells']
    assert shapes['cache_values_0'] == shapes['next_values_0'] == ['pictures', 'beams', 2, 'capacity', 16]


def test_halves_of_what_was_saved_in_halves() -> None:
    """A matrix that bfloat16 holds exactly takes two bytes a number, and the product stays the same to the last bit."""
    generator = np.random.default_rng(0)
    exact, inexact = generator.random((64, 64), np.float32), generator.random((64, 64), np.float32)
    exact.view(np.uint32)[:] &= 0xFFFF0000
    helper, float32 = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [helper.make_node('MatMul', ['x', 'a'], ['y']), helper.make_node('MatMul', ['y', 'b'], ['z'])],
        'products',
        [helper.make_tensor_value_info('x', float32, [1, 64])],
        [helper.make_tensor_value_info('z', float32, [1, 64])],
        [onnx.numpy_helper.from_array(exact, 'a'), onnx.numpy_helper.from_array(inexact, 'b')],
    )
    before = helper.make_model(graph, opset_imports=[helper.make_opsetid('', export_onnx.OPSET)], ir_version=10)
    model = onnx_ir.from_proto(before)
    export_onnx.halve(model)
    after = onnx_ir.to_proto(model)
    kinds = {item.name: item.data_type for item in after.graph.initializer}
    assert sorted(kinds.values()) == sorted([float32, onnx.TensorProto.BFLOAT16]) and kinds['b'] == float32
    assert before.ByteSize() - after.ByteSize() > 64 * 64 * 2 - 200
    x = {'x': generator.random((1, 64), np.float32)}
    results = [onnxruntime.InferenceSession(proto.SerializeToString()).run(None, x)[0] for proto in (before, after)]
    np.testing.assert_array_equal(*results)


def test_command_line(tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    written = []
    monkeypatch.setattr(export_onnx, 'export', lambda model, processor, out: written.append(out))
    assert export_onnx.main([str(tiny_checkpoint)]) == 0
    assert export_onnx.main([str(tiny_checkpoint), '--out', str(tmp_path)]) == 0
    assert written == [tiny_checkpoint / 'onnx', tmp_path]
    capsys.readouterr()
    assert export_onnx.main([str(tmp_path)]) == 2
    assert 'no config.json' in capsys.readouterr().err
    with pytest.raises(SystemExit, match='2'):
        export_onnx.main([str(tmp_path / 'nowhere')])
    assert capsys.readouterr().err.count('\n') == 1


def test_an_encoder_in_8_bits_gives_nearly_the_same(
    exported_checkpoint: Path, formula_images: list[Image.Image]
) -> None:
    _, processor = load(exported_checkpoint, device='cpu')
    batch = dict(processor(images=formula_images, return_tensors='np'))
    whole, small = (
        onnxruntime.InferenceSession(exported_checkpoint / 'onnx' / name).run(None, batch) for name in NAMES[2:]
    )
    np.testing.assert_array_equal(whole[0], small[0])
    for wanted, found in zip(whole[1:], small[1:], strict=True):
        assert np.abs(found - wanted).mean() < 0.1 * np.abs(wanted).mean()


def test_four_graphs(exported_checkpoint: Path) -> None:
    assert sorted(path.name for path in (exported_checkpoint / 'onnx').iterdir()) == NAMES
