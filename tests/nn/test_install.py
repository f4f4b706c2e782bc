"""``import torch`` finds the bundled torch once it is installed."""

from __future__ import annotations

import subprocess
import sys

_PROGRAM = """
import sys, transpile
transpile.install_torch()
transpile.install_torch()
import torch
from torch import nn, Tensor
import torch.nn.functional as F
from torch.nn.modules.conv import Conv2d
from torch.nn.modules.utils import _pair
from torch.nn import init, Parameter
from torch.nn.parameter import Parameter as Same
from torch.utils.checkpoint import checkpoint
from torch.testing import assert_close
import torch.optim as optim, torch.utils.data, torch.compiler
import torch.functional, torch.linalg, torch.backends.cudnn, torch.jit
assert torch is sys.modules["transpile.torch"] and Conv2d is nn.Conv2d and Same is Parameter
assert F is nn.functional and torch.__version__.startswith("2.")
torch.manual_seed(0)
print(nn.Linear(2, 2)(torch.ones(1, 2)).shape, _pair(3))
"""


def test_in_a_fresh_process() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "torch.Size([1, 2]) (3, 3)\n"


def test_refuses_to_replace_pytorch() -> None:
    program = (
        "import sys, types; sys.modules['torch'] = types.ModuleType('torch')\n"
        "import transpile\n"
        "try: transpile.install_torch()\n"
        "except RuntimeError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "already imported" in done.stdout
