"""The command line: pictures, folders and standard input in, lines out; what goes wrong is said in one line."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image, ImageGrab

import predict
from modeling.confidence_im2latex import FILE, Calibration, Logistic
from serving.formats import write
from serving.pictures import FORMATS
from serving.watching import new_files

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def pictures(tmp_path: Path, formula_images: list[Image.Image]) -> Path:
    """A folder with two pictures, one in a folder below, and with files that are none."""
    folder = tmp_path / 'pictures'
    (folder / 'below').mkdir(parents=True)
    formula_images[0].save(folder / 'a.png')
    formula_images[1].convert('RGB').save(folder / 'below' / 'b.JPG')
    (folder / 'notes.txt').write_text('not asked for')
    return folder


@pytest.fixture
def run(tiny_checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, list[str], list[str]]]:
    """Calls main on the tiny checkpoint: (exit status, lines out, lines of errors)."""

    def call(*arguments: object, checkpoint: object = tiny_checkpoint) -> tuple[int, list[str], list[str]]:
        capsys.readouterr()
        try:
            status = predict.main([*map(str, arguments), '--checkpoint', str(checkpoint)])
        except SystemExit as exit_:
            status = int(exit_.code or 0)
        out, err = capsys.readouterr()
        return status, out.splitlines(), err.splitlines()

    return call


def test_folders_are_searched_in_depth_and_sorted(pictures: Path, run: Any) -> None:
    status, out, err = run(pictures)
    assert (status, err) == (0, [])
    assert [line.split('\t')[0] for line in out] == [str(pictures / 'a.png'), str(pictures / 'below' / 'b.JPG')]


def test_in_folders_every_format_is_found_that_is_read() -> None:
    read = {suffix for suffix, kind in Image.registered_extensions().items() if kind in FORMATS}
    assert read <= predict.SUFFIXES


def test_json_says_the_same_as_the_lines(pictures: Path, run: Any) -> None:
    _, lines, _ = run(pictures)
    status, out, _ = run(pictures, '--json')
    objects = [json.loads(line) for line in out]
    assert status == 0
    assert [f'{item["path"]}\t{item["latex"]}' for item in objects] == lines
    assert all(list(item) == ['path', 'latex', 'score', 'confidence', 'is_formula'] for item in objects)
    assert all(0 <= item['score'] <= 1 and item['confidence'] is item['is_formula'] is None for item in objects)


def test_a_calibrated_checkpoint_says_how_sure_it_is(
    tiny_checkpoint: Path, tmp_path: Path, pictures: Path, run: Any
) -> None:
    folder = tmp_path / 'calibrated'
    shutil.copytree(tiny_checkpoint, folder)
    nothing = Logistic(0.0, {}, {})  # 0.5 for everything
    (folder / FILE).write_text(Calibration(nothing, nothing, threshold=0.9).as_json())
    status, out, err = run(pictures, '--json', checkpoint=folder)
    assert (status, err) == (0, [])
    assert [(item['confidence'], item['is_formula']) for item in map(json.loads, out)] == [(0.5, False)] * 2
    status, out, err = run(pictures, checkpoint=folder)
    assert (status, len(out), len(err)) == (0, 2, 2)
    assert err[0] == f'{pictures / "a.png"}: this does not look like a formula'


@pytest.mark.parametrize('beams', [1, 3])
def test_batches_change_neither_order_nor_answers(pictures: Path, run: Any, beams: int) -> None:
    paths = [pictures / 'below' / 'b.JPG', pictures / 'a.png', pictures / 'a.png']
    one_by_one = run(*paths, '--num-beams', beams, '--batch-size', 1)
    assert run(*paths, '--num-beams', beams, '--batch-size', 2) == one_by_one
    assert [Path(line.split('\t')[0]) for line in one_by_one[1]] == paths


def test_what_is_no_picture_is_named_and_the_others_come_out(pictures: Path, run: Any) -> None:
    Image.new('L', (60, 30), 255).save(pictures / 'blank.png')
    whole = (pictures / 'a.png').read_bytes()
    (pictures / 'cut.png').write_bytes(whole[: len(whole) // 2])
    (pictures / 'empty.png').touch()
    (pictures / 'text.png').write_text('x^2')
    status, out, err = run(pictures, pictures / 'notes.txt')
    assert status == 1
    assert [Path(line.split('\t')[0]).name for line in out] == ['a.png', 'b.JPG']
    assert [Path(line.split(': ')[0]).name for line in err] == [
        'blank.png',
        'cut.png',
        'empty.png',
        'text.png',
        'notes.txt',
    ]
    assert 'blank' in err[0] and 'truncated' in err[1] and 'not a picture' in err[3]


def test_nothing_readable(pictures: Path, run: Any) -> None:
    status, out, err = run(pictures / 'notes.txt')
    assert (status, out) == (1, []) and len(err) == 1


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['nowhere.png'], 'nowhere.png: no such file or folder'),
        (['a.png', 'nowhere.png'], 'nowhere.png: no such file or folder'),
        (['empty'], 'empty: no pictures in this folder'),
        (['a.png', '--num-beams', '0'], "--num-beams: '0' is not a number from 1 on"),
        (['a.png', '--batch-size', '-1'], '--batch-size'),
        (['a.png', '--num-beams', 'many'], "--num-beams: 'many' is not a number from 1 on"),
        (['a.png', '--fast'], '--fast'),
        ([], 'PATH'),
        ([''], 'an empty path'),
    ],
)
def test_wrong_usage(
    pictures: Path, run: Any, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(pictures)
    Path('empty').mkdir()
    status, out, err = run(*arguments)
    assert (status, out) == (2, [])
    assert len(err) == 1 and message in err[0]


def test_wrong_checkpoints(pictures: Path, run: Any, tiny_checkpoint: Path, tmp_path: Path) -> None:
    broken = tmp_path / 'broken'
    broken.mkdir()
    (broken / 'config.json').write_text((tiny_checkpoint / 'config.json').read_text())
    for checkpoint in (tmp_path / 'nowhere', pictures, broken):
        status, out, err = run(pictures / 'a.png', checkpoint=checkpoint)
        assert (status, out) == (2, [])
        assert len(err) == 1 and str(checkpoint) in err[0]


def test_backends_agree(pictures: Path, run: Any, exported_checkpoint: Path) -> None:
    lines = [run(pictures, '--backend', name, checkpoint=exported_checkpoint) for name in ('onnx', 'torch')]
    assert lines[0] == lines[1] and lines[0][0] == 0


def test_backend_that_is_not_there(pictures: Path, run: Any) -> None:
    status, out, err = run(pictures, '--backend', 'onnx')
    assert (status, out, len(err)) == (2, [], 1) and 'export_onnx.py' in err[0]


def test_default_checkpoint(
    pictures: Path, tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    base, small = tmp_path / 'base', tmp_path / 'small'
    monkeypatch.setattr(predict, 'CHECKPOINTS', [base, small])
    with pytest.raises(SystemExit, match='2'):
        predict.main([str(pictures)])
    assert '--checkpoint' in capsys.readouterr().err
    small.symlink_to(tiny_checkpoint)
    assert predict.parse_args([str(pictures)]).checkpoint == str(small)
    base.symlink_to(tiny_checkpoint)
    assert predict.parse_args([str(pictures)]).checkpoint == str(base)


def test_standard_input(pictures: Path, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, 'stdin', SimpleNamespace(buffer=io.BytesIO((pictures / 'a.png').read_bytes())))
    status, out, err = run(pictures / 'a.png', '-')
    assert (status, err) == (0, [])
    assert out[1] == out[0].replace(str(pictures / 'a.png'), '-')


def test_as_a_process(tmp_path: Path, tiny_checkpoint: Path, formula_images: list[Image.Image]) -> None:
    """A name that is no text comes out as it went in, lines come as batches finish, nobody reading on is no error."""
    name = str(tmp_path).encode() + b'/\xff.png'
    formula_images[0].save(tmp_path / 'a.png')
    picture = (tmp_path / 'a.png').read_bytes()
    (tmp_path / 'a.png').rename(os.fsdecode(name))
    command = [sys.executable, ROOT / 'predict.py', tmp_path, '-', '--batch-size', '1', '--checkpoint', tiny_checkpoint]
    pipe = subprocess.PIPE
    with subprocess.Popen([*map(str, command)], cwd=tmp_path, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        assert process.stdin and process.stdout and process.stderr
        # The script waits for standard input now, so this line was not held back; then it writes to a closed pipe.
        assert process.stdout.readline().split(b'\t')[0] == name
        process.stdout.close()
        process.stdin.write(picture)
        process.stdin.close()
        assert process.wait(60) == 141
        assert process.stderr.read() == b''


def test_what_is_read_is_written_as_utf_8_whatever_the_locale(
    tiny_checkpoint: Path, tmp_path: Path, formula_images: list[Image.Image]
) -> None:
    formula_images[0].save(tmp_path / '∑.png')
    command = [sys.executable, ROOT / 'predict.py', tmp_path, '--checkpoint', tiny_checkpoint]
    environment = {**os.environ, 'PYTHONIOENCODING': 'latin-1'}
    found = subprocess.run([*map(str, command)], env=environment, capture_output=True, timeout=60, check=False)
    assert (found.returncode, found.stderr) == (0, b'')
    assert found.stdout.decode().startswith(f'{tmp_path}/∑.png\t')


def test_interrupt(pictures: Path, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(path: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(predict, 'open_picture', interrupt)
    assert run(pictures) == (130, [], [])


def test_help_and_mistakes_do_not_wait_for_torch() -> None:
    code = (
        'import sys, predict\n'
        'for arguments in (["--help"], ["nowhere.png"]):\n'
        '    try: predict.main(arguments)\n'
        '    except SystemExit: pass\n'
        'assert not {"torch", "transformers", "PIL"} & set(sys.modules)'
    )
    subprocess.run([sys.executable, '-c', code], cwd=ROOT, check=True, capture_output=True, timeout=20)


@pytest.mark.parametrize('name', ['inline', 'equation', 'mathml', 'typst'])
def test_formats(pictures: Path, run: Any, name: str) -> None:
    """One line a picture in each; in JSON beside the LaTeX, and as it is."""
    status, out, err = run(pictures / 'a.png', '--format', name, '--json')
    item = json.loads(out[0]) if out else {}
    if err:  # an untrained model reads what cannot be written in MathML
        assert name == 'mathml' and status == 1 and 'MathML' in err[0]
        return
    assert item[name] == write(item['latex'], name)
    status, out, err = run(pictures / 'a.png', '--format', name)
    assert (status, err, len(out)) == (0, [], 1)
    assert out[0].split('\t')[1] == ' '.join(item[name].splitlines())


@pytest.mark.parametrize(
    ('option', 'package'),
    [(['--format', 'mathml'], 'latex2mathml'), (['--format', 'typst'], 'tylax'), (['--watch'], 'watchfiles')],
)
def test_what_needs_extras_says_so(
    pictures: Path, run: Any, monkeypatch: pytest.MonkeyPatch, option: list[str], package: str
) -> None:
    monkeypatch.setattr(predict, 'find_spec', lambda name: None if name == package else find_spec(name))
    message = f'predict.py: {" ".join(option)} needs {package}: pip install -r requirements-extras.txt'
    assert run(pictures, *option) == (2, [], [message])


def test_clipboard(
    run: Any, formula_images: list[Image.Image], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    formula_images[0].save(tmp_path / 'copied.png')
    by_path = run(tmp_path / 'copied.png')[1][0].split('\t')[1]
    for held in (formula_images[0], [str(tmp_path / 'copied.png')]):
        monkeypatch.setattr(ImageGrab, 'grabclipboard', lambda held=held: held)
        assert run('--clipboard') == (0, [f'<clipboard>\t{by_path}'], [])


@pytest.mark.parametrize(('held', 'message'), [(None, 'no picture'), ([], 'no picture'), (['/x'], 'No such file')])
def test_clipboard_without_a_picture(run: Any, monkeypatch: pytest.MonkeyPatch, held: Any, message: str) -> None:
    monkeypatch.setattr(ImageGrab, 'grabclipboard', lambda: held)
    status, out, err = run('--clipboard')
    assert (status, out, len(err)) == (1, [], 1) and message in err[0]


def test_clipboard_out_of_reach(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise NotImplementedError

    monkeypatch.setattr(ImageGrab, 'grabclipboard', missing)
    assert 'xclip' in run('--clipboard')[2][0]


def test_watch(tmp_path: Path, tiny_checkpoint: Path, formula_images: list[Image.Image]) -> None:
    """Pictures that come later are read as they come, other files are not; Ctrl+C ends it."""
    formula_images[0].save(tmp_path / 'first.png')
    command = [sys.executable, ROOT / 'predict.py', tmp_path, '--watch', '--checkpoint', tiny_checkpoint]
    with subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stderr
        assert process.stdout.readline().startswith(str(tmp_path / 'first.png'))
        (tmp_path / 'notes.txt').write_text('no picture')
        formula_images[1].save(tmp_path / 'second.png')
        assert process.stdout.readline().startswith(str(tmp_path / 'second.png'))
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
        assert process.stderr.read() == ''


@pytest.mark.parametrize('folder', ['below', './below/', '.'])
def test_watched_files_are_named_as_the_folder_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    """By their names those are known that were read before."""
    monkeypatch.chdir(tmp_path)
    Path('below').mkdir()
    later = new_files([folder], predict.is_picture)
    Path('below', 'a.png').touch()
    assert next(later) in predict.expand(folder)


def test_wrong_usage_of_watch_and_clipboard(pictures: Path, run: Any) -> None:
    assert run(pictures / 'a.png', '--watch')[2] == ['predict.py: --watch needs a folder']
    assert '--clipboard' in run()[2][0]
    assert 'inline' in run(pictures, '--format', 'word')[2][0]
