"""All ways to read are compared on the same pictures."""

import re
from pathlib import Path

import datasets
import pytest
from PIL import Image

from benchmarks import parity


def test_command(
    exported_checkpoint: Path,
    formula_images: list[Image.Image],
    formulas: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = tmp_path / 'pictures.parquet'
    features = datasets.Features({'image': datasets.Image(), 'formula': datasets.Value('string')})
    rows = {'image': formula_images, 'formula': formulas}
    datasets.Dataset.from_dict(rows, features=features).to_parquet(str(data))
    assert parity.main([str(exported_checkpoint), str(data), '--limit', '4']) == 0
    lines = capsys.readouterr().out.splitlines()
    found = {cells[1].strip(): cells[2:] for cells in (line.split('|') for line in lines if line.startswith('| '))}
    ways = [name for name, *_ in parity.WAYS]
    assert list(found)[-len(ways) :] == ways
    for name in ways[:4]:
        assert found[name][0].strip() == '4' and float(found[name][1]) < 1e-4
    drafts, single = (float(found[f'ONNX fp32, one at a time{way}'][4]) for way in ('', ', a token a step'))
    assert 1 <= drafts < single

    assert parity.main([str(exported_checkpoint), str(data), '--only', 'int8, batches']) == 0
    assert len(re.findall(r'\| (?:torch|ONNX)', capsys.readouterr().out)) == 1
    for wrong in (['--limit', '0'], ['--only', 'nothing']):
        with pytest.raises(SystemExit, match='2'):
            parity.main([str(exported_checkpoint), str(data), *wrong])
    assert parity.main([str(tmp_path), str(data)]) == 2
    assert parity.main([str(exported_checkpoint), str(tmp_path / 'none.parquet')]) == 2
