"""The export of the released checkpoint, and a user's machine that has downloaded it."""

import os
import shutil
from pathlib import Path

import pytest

from hub_card.export import export_model

ROOT = Path(__file__).resolve().parents[2]
REPO_ID = 'someone/im2latex-small'
REVISION = '0123456789abcdef0123456789abcdef01234567'


@pytest.fixture(scope='session')
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model folder of `REPO_ID`."""
    folder = tmp_path_factory.mktemp('hub') / 'model'
    export_model(ROOT / 'checkpoints' / 'small', folder, REPO_ID)
    return folder


@pytest.fixture
def offline(exported: Path, tmp_path: Path) -> dict[str, str]:
    """Environment of a user who is offline, with the snapshot in the cache that a download would leave."""
    cache = tmp_path / 'home' / 'hub' / f'models--{REPO_ID.replace("/", "--")}'
    (cache / 'refs').mkdir(parents=True)
    (cache / 'refs' / 'main').write_text(REVISION)
    shutil.copytree(exported, cache / 'snapshots' / REVISION)
    kept = {name: os.environ[name] for name in ('PATH', 'LANG', 'LD_LIBRARY_PATH') if name in os.environ}
    home = {'HOME': str(tmp_path), 'HF_HOME': str(tmp_path / 'home')}
    return {**kept, **home, 'HF_HUB_OFFLINE': '1', 'OMP_NUM_THREADS': '1', 'CUDA_VISIBLE_DEVICES': ''}
