import re
from pathlib import Path

import pytest

from training.precision import has_bf16, resolved

CPUINFO = Path('/proc/cpuinfo')


@pytest.mark.skipif(not CPUINFO.exists(), reason='asks Linux what the processor can do')
def test_bf16_where_the_processor_has_instructions_for_it() -> None:
    flags = set(re.findall(r'\w+', CPUINFO.read_text()))
    assert has_bf16('cpu') == bool(flags & {'avx512_bf16', 'amx_bf16'})


def test_no_bf16_where_nobody_measured_it() -> None:
    assert not has_bf16('meta')


@pytest.mark.parametrize('precision', ['bf16', 'no'])
def test_what_was_asked_for_stays(precision: str) -> None:
    assert resolved(precision) == precision


def test_auto_is_what_suits_the_device() -> None:
    assert resolved('auto', cpu=True) == ('bf16' if has_bf16('cpu') else 'no')
