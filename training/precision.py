"""Whether bf16 pays: on a processor without instructions for it, it is slower than fp32 many times over."""

from typing import Final

import torch
from accelerate.utils import parse_flag_from_env

# Of torch.cpu.get_capabilities(): the x86 instructions that oneDNN's bf16 kernels use. Without them it emulates.
_BF16: Final = ('avx512_bf16', 'amx_bf16')


def has_bf16(device: torch.device | str) -> bool:
    """Whether a device computes in bfloat16 rather than emulating it; False where nobody has measured it.

    Emulation costs a step of training eleven times what fp32 does (docs/experiments.md, "Where the time goes").
    """
    kind = torch.device(device).type
    if kind == 'cuda':
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if kind != 'cpu' or not hasattr(torch.cpu, 'get_capabilities'):  # an older torch cannot tell
        return False
    known = torch.cpu.get_capabilities()
    return any(known.get(name, False) for name in _BF16)


def resolved(precision: str, cpu: bool = False) -> str:
    """A run's `mixed_precision` with `auto` replaced by `bf16` or `no`, as suits the device that it will be on."""
    if precision != 'auto':
        return precision
    cpu = cpu or parse_flag_from_env('ACCELERATE_USE_CPU')  # accelerate launch --cpu
    return 'bf16' if has_bf16('cuda' if torch.cuda.is_available() and not cpu else 'cpu') else 'no'
