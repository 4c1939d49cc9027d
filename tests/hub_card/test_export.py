"""The exported folder: the same bytes every time, the card as the Hub takes it, and what it says is missing."""

import filecmp
import html
import json
import re
import shutil
from pathlib import Path

import pytest
import yaml
from huggingface_hub import ModelCard, ModelCardData
from PIL import Image

from hub_card import export
from hub_card.card import Results, code, count_parameters
from modeling.generation_im2latex import load, predict
from runtime import generation as graphs

ROOT = Path(__file__).resolve().parents[2]
SMALL = ROOT / 'checkpoints' / 'small'
REPO_ID = 'someone/im2latex-small'


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob('*') if path.is_file())


def test_same_bytes_every_time(exported: Path, tmp_path: Path) -> None:
    export.export_model(SMALL, tmp_path / 'again', REPO_ID)
    names = files(exported)
    assert files(tmp_path / 'again') == names
    assert filecmp.cmpfiles(exported, tmp_path / 'again', names, shallow=False)[0] == names


def test_ships_code_and_weights_as_they_are(exported: Path) -> None:
    for source in (ROOT / 'modeling').glob('*_im2latex.py'):
        assert (exported / source.name).read_bytes() == source.read_bytes()
    for name in ('model.safetensors', 'tokenizer.json', 'scores.json', 'onnx/encoder_model.onnx'):
        assert (exported / name).read_bytes() == (SMALL / name).read_bytes()
    assert {'LICENSE', 'README.md', 'generation_config.json', 'examples/euler.png'} <= set(files(exported))
    assert not list(exported.parent.glob('*.partial'))


def test_card_is_what_the_hub_takes(exported: Path) -> None:
    """`ModelCard.validate` asks the Hub; the schema of the scores is held by the way there and back."""
    card = ModelCard.load(exported / 'README.md')
    data = card.data
    assert (data.library_name, data.pipeline_tag, data.license) == ('transformers', 'image-to-text', 'mit')
    assert data.model_name == 'im2latex-small'
    again = ModelCardData(**yaml.safe_load(data.to_yaml()), ignore_metadata_errors=False)
    assert again.eval_results == data.eval_results
    scores = json.loads((SMALL / 'scores.json').read_text())['scores']['all']
    found = {result.metric_name: result.metric_value for result in data.eval_results}
    assert found['Exact match, canonical LaTeX'] == pytest.approx(scores['normalised']['exact_match'], abs=1e-4)
    assert found['BLEU-4, labels as given'] == pytest.approx(scores['as_given']['bleu'], abs=1e-4)


def test_card_shows_every_score_and_picture(exported: Path) -> None:
    text = (exported / 'README.md').read_text()
    for part in json.loads((SMALL / 'scores.json').read_text())['scores'].values():
        for scores in part.values():
            for value in scores.values():
                assert (f'{value:,}' if isinstance(value, int) else f'{value:.4g}') in text
    for line in text.splitlines():
        if line.startswith('| ![]('):
            assert (exported / line.split('(')[1].split(')')[0]).is_file()
    assert '{{' not in text.replace('{{The', '') and '{%' not in text


def test_card_describes_every_source(exported: Path) -> None:
    text = (exported / 'README.md').read_text()
    for name in json.loads((exported / 'train_args.json').read_text())['args']['data']:
        assert f'  - `{name}`: ' in text
    assert 'terms of the training data are named above' in text


def test_card_does_not_speak_of_terms_it_does_not_know(tmp_path: Path) -> None:
    shutil.copytree(SMALL, tmp_path / 'small')
    record = json.loads((SMALL / 'train_args.json').read_text())
    record['args']['data'].append('mine')
    (tmp_path / 'small' / 'train_args.json').write_text(json.dumps(record))
    export.export_model(tmp_path / 'small', tmp_path / 'model', 'someone/small')
    text = (tmp_path / 'model' / 'README.md').read_text()
    assert '  - `mine`\n' in text and 'named above' not in text


def test_the_project_loads_it_too(exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without being asked whether to run the folder's code: it is the project's own."""
    model, processor = load(exported)
    assert capsys.readouterr().out == ''
    assert count_parameters(exported) == sum(item.numel() for item in model.parameters())
    pictures = [Image.open(exported / 'examples' / 'euler.png')]
    answer = predict(*load(SMALL), pictures)[0].latex
    assert predict(model, processor, pictures)[0].latex == answer
    assert graphs.predict(*graphs.load(exported), pictures)[0].latex == answer


def test_as_training_leaves_it(tiny_checkpoint: Path, tmp_path: Path) -> None:
    """No graphs, no scores, nothing about training; what else it records of itself goes along, its log does not."""
    checkpoint = tmp_path / 'tiny'
    shutil.copytree(tiny_checkpoint, checkpoint)
    shutil.copy(ROOT / 'checkpoints' / 'small' / 'calibration.json', checkpoint)
    (checkpoint / 'log.jsonl').write_text('{}\n')
    export.export_model(checkpoint, tmp_path / 'model', 'someone/tiny')
    card = ModelCard.load(tmp_path / 'model' / 'README.md')
    assert card.data.eval_results is None and 'No scores have been recorded' in card.text
    assert 'onnx' not in card.data.tags and 'onnxruntime' not in card.text
    assert 'calibration.json' in files(tmp_path / 'model') and 'log.jsonl' not in files(tmp_path / 'model')


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (lambda path: (path / 'tokenizer.json').unlink(), 'not a checkpoint, it has no tokenizer.json'),
        (lambda path: (path / 'config.json').write_text('{'), 'config.json: cannot be read as JSON'),
        (lambda path: (path / 'scores.json').write_text('{"data": "x"}'), 'scores.json has no split'),
        (
            lambda path: (path / 'train_args.json').write_text('{"args": {}}'),
            'train_args.json lacks what the card says',
        ),
    ],
)
def test_what_is_missing_is_said(change, message, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(SMALL, tmp_path / 'small')
    change(tmp_path / 'small')
    assert export.main([str(tmp_path / 'small'), '--out', str(tmp_path / 'out')]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count('\n') == 1
    assert not (tmp_path / 'out' / 'model').exists()


@pytest.mark.parametrize('name', ['small', "me/x'y", 'a/b/c'])
def test_names_that_the_hub_has_not(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export.main([str(SMALL), '--out', str(tmp_path), '--repo-id', name]) == 2
    assert name in capsys.readouterr().err and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    'names',
    [
        ['thesis.tex'],
        ['README.md', 'LICENSE', 'train.py'],
        ['config.json', 'model.safetensors', 'modeling_im2latex.py'],  # as transformers saves a fine-tuned model
        ['README.md', 'LICENSE', 'modeling_im2latex.py', '.git/HEAD'],  # a clone of the Hub's repository
        ['README.md', 'LICENSE', 'modeling_im2latex.py', '.git'],  # the same as a submodule
    ],
)
@pytest.mark.parametrize('linked', [False, True])
def test_other_peoples_folders_are_left_alone(
    names: list[str], linked: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / ('elsewhere' if linked else 'model')
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text('precious')
    if linked:
        (tmp_path / 'model').symlink_to(folder)
    before = files(tmp_path)
    assert export.main([str(SMALL), '--out', str(tmp_path)]) == 2
    assert 'is there and no export' in capsys.readouterr().err
    assert files(tmp_path) == before and {(folder / name).read_text() for name in names} == {'precious'}


def test_a_project_with_a_space_of_its_own_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ('README.md', 'LICENSE', 'app.py'):
        (tmp_path / 'space').mkdir(exist_ok=True)
        (tmp_path / 'space' / name).write_text('precious')
    assert export.main([str(SMALL), '--out', str(tmp_path)]) == 0
    assert 'without the Space' in (error := capsys.readouterr().err) and 'is there and no export' in error
    assert files(tmp_path / 'space') == ['LICENSE', 'README.md', 'app.py']


def test_only_an_earlier_export_is_replaced(tmp_path: Path) -> None:
    """As a whole, and with nothing beside it: what looks like a remnant of ours may be another's."""
    (tmp_path / 'model.partial').mkdir()
    (tmp_path / 'model.partial' / 'thesis.tex').write_text('precious')
    (tmp_path / 'model').mkdir()
    export.export_model(SMALL, tmp_path / 'model', REPO_ID)
    (tmp_path / 'model' / 'old.json').write_text('{}')
    export.export_model(SMALL, tmp_path / 'model', REPO_ID)
    assert (tmp_path / 'model' / 'README.md').is_file() and not (tmp_path / 'model' / 'old.json').exists()
    assert (tmp_path / 'model').stat().st_mode == (tmp_path / 'model.partial').stat().st_mode
    assert (tmp_path / 'model.partial' / 'thesis.tex').read_text() == 'precious'
    assert sorted(path.name for path in tmp_path.iterdir()) == ['model', 'model.partial']


def test_no_space_without_graphs(tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export.main([str(tiny_checkpoint), '--out', str(tmp_path), '--repo-id', 'someone/tiny']) == 0
    output = capsys.readouterr()
    assert output.out == f'{tmp_path}/model\n' and [path.name for path in tmp_path.iterdir()] == ['model']
    assert 'without the Space' in output.err and 'no ONNX graphs' in output.err


@pytest.mark.parametrize(
    ('data', 'name'),
    [
        ('someone/formulas', 'someone/formulas'),
        ('someone/formulas.v2', 'someone/formulas.v2'),
        ('yuntian-deng/im2latex-100k', 'im2latex-100k'),
        ('/home/alice/im2latex-100k-test.parquet', 'im2latex-100k'),
        ('/home/alice/secret/my-formulas', 'my-formulas'),
        ('/formulas', 'formulas'),
        ('secret/formulas/', 'formulas'),
        ('./my-formulas', 'my-formulas'),
        ('~/my.formulas', 'my.formulas'),
        ('../secret/alice/formulas', 'formulas'),
        (r'C:\Users\alice\formulas.jsonl', 'formulas'),
        ('C:/alice', 'alice'),
        ('secret/formulas.parquet', 'formulas'),
        ('formulas.jsonl.xz', 'formulas'),
        ('my formulas', 'my formulas'),
    ],
)
def test_card_does_not_say_where_data_lay(data: str, name: str) -> None:
    record = json.loads((SMALL / 'scores.json').read_text())
    assert Results({**record, 'data': data}).data_name == name


@pytest.mark.parametrize('latex', [r'a\|b', '`x|', r'x_{i}*y', r'\frac{a}{b}'])
def test_any_answer_stays_in_its_cell(latex: str) -> None:
    cell = code(latex)
    assert '|' not in cell and '\n' not in cell
    assert html.unescape(re.fullmatch(r'`(.*)`|<code>(.*)</code>', cell).expand(r'\1\2')) == latex
