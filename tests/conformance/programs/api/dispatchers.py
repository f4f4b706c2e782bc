"""Functions of torch that choose among operators by their arguments, in every form of a call: eager, scripted and traced."""
import importlib.util
import sys
import tempfile
import warnings
from pathlib import Path

import torch

from tests.conformance.cases import kind

SOURCE = """import torch
import torch.nn.functional as F
from torch import Tensor


def call(i: Tensor, m: Tensor, x: Tensor, y: Tensor):
    return {expression}
"""
INPUTS = (
    torch.tensor([4, 4, 1, 1, 1, 4]),
    torch.tensor([[1.0, 2.0], [1.0, 2.0], [3.0, 4.0]]),
    torch.arange(24.0).view(2, 3, 4).sin(),
    torch.arange(24.0).view(4, 3, 2).cos(),
)


def shown(value):
    if isinstance(value, torch.Tensor):
        text = f"{str(value.dtype)[6:]}{list(value.shape)}"
        return text + (rounded(value.tolist()) if value.numel() <= 24 else f" of sum {value.sum().item():.3g}")
    if isinstance(value, (list, tuple)):
        return f"({', '.join(shown(v) for v in value)})"
    return repr(value)


def rounded(value):
    if isinstance(value, list):
        return "[" + ", ".join(rounded(v) for v in value) + "]"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def run(expression, number):
    """What an expression gives, said once if all three ways agree."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"dispatched_{number}.py"
        path.write_text(SOURCE.format(expression=expression), encoding="utf-8")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[path.stem] = module
        spec.loader.exec_module(module)
        for door in (
            lambda: module.call,
            lambda: torch.jit.script(module.call),
            lambda: torch.jit.trace(module.call, INPUTS, check_trace=False),
        ):
            torch.manual_seed(3)
            try:
                warnings.simplefilter("ignore")
                found.append(shown(door()(*INPUTS)))
            except Exception as error:
                found.append(kind(error) if not found else "refused")
    same = found[0] == found[1] == found[2]
    return found[0] if same else "; ".join(f"{d}: {v}" for d, v in zip(("eager", "script", "trace"), found, strict=True))


def table(text):
    for number, expression in enumerate(line.strip() for line in text.strip().splitlines()):
        print(f"{expression}\n    {run(expression, number)}")


def case_unique():
    table("""
        torch.unique(i)
        torch.unique(i, True, True)
        torch.unique(i, sorted=False)
        torch.unique(i, return_inverse=True)
        torch.unique(i, return_counts=True)
        torch.unique(i, return_inverse=True, return_counts=True)
        torch.unique(m, dim=0)
        torch.unique(m, dim=0, return_counts=True)
        torch.unique(m, dim=0, return_inverse=True, return_counts=True)
        torch.unique(m, True, False, True, 1)
        i.unique()
        i.unique(return_counts=True)
        m.unique(dim=0)
    """)


def case_unique_consecutive():
    table("""
        torch.unique_consecutive(i)
        torch.unique_consecutive(i, True)
        torch.unique_consecutive(i, True, True)
        torch.unique_consecutive(i, return_counts=True)
        torch.unique_consecutive(m, dim=0)
        torch.unique_consecutive(m, dim=0, return_inverse=True, return_counts=True)
        torch.unique_consecutive(m, dim=1, return_counts=True)
        i.unique_consecutive()
        i.unique_consecutive(return_counts=True)
        torch.unique_consecutive(i, False, True)
        torch.unique_consecutive(i, True, False)
    """)


def case_norm():
    table("""
        torch.norm(x)
        torch.norm(x, 1)
        torch.norm(x, p=2)
        torch.norm(x, p=2.5, dim=0)
        torch.norm(x, dim=1)
        torch.norm(x, dim=(1,2))
        torch.norm(x, dim=[1,2])
        torch.norm(x, p="fro")
        torch.norm(x, "fro", 1)
        torch.norm(x, "fro", [0, 1], True)
        torch.norm(x, p="fro", dim=[0,1,2])
        torch.norm(x, float("inf"), 2)
        torch.norm(x, p=float("-inf"), dim=2, keepdim=True)
        torch.norm(x, 0, -1)
        torch.norm(x, None)
        torch.norm(x, p=None, dim=1)
        torch.norm(x, dtype=torch.float64)
        torch.norm(x, 2, 1, dtype=torch.float64)
        torch.norm(x, 2, 1, False, None, torch.float64)
        torch.norm(x, p="bad")
        torch.norm(i)
        x.norm()
        x.norm(2)
        x.norm(dim=1)
        x.norm(2, 1)
        x.norm(p=2, dim=1, keepdim=True)
        x.norm(2, [0, 1])
        x.norm("fro")
        x.norm(p="fro", dim=1)
        x.norm(p=2, dim=-1, keepdim=True, dtype=torch.float64)
    """)


def case_products():
    table("""
        torch.tensordot(x, y, 1)
        torch.tensordot(x, y)
        torch.tensordot(x, y, dims=1)
        torch.tensordot(x, y, dims=([1, 2], [1, 0]))
        torch.tensordot(x, y, [[1, 2], [1, 0]])
        torch.tensordot(x, y, torch.tensor([[1, 2], [1, 0]]))
        torch.tensordot(x, y, torch.tensor(1))
        torch.tensordot(x, y, dims=0).shape
        torch.tensordot(x, y, 7)
        torch.tensordot(x, y, -1)
        torch.chain_matmul(m, m.t(), m)
        torch.chain_matmul([m, m.t(), m])
        torch.einsum("ij,jk->ik", m, m.t())
        torch.einsum("ij,kj", [m, m])
        torch.einsum("ij,kj->ik", (m, m))
        torch.einsum("...ij->...ji", x)
        torch.einsum(m, [0, 1], m, [2, 1], [0, 2])
        torch.einsum(m, [0, 1], m, [2, 1])
        torch.einsum(x, [..., 0], [0])
        torch.einsum("ii")
    """)


def case_meshgrid():
    table("""
        torch.meshgrid(i, i[:2])
        torch.meshgrid([i, i[:2]])
        torch.meshgrid(i, i[:2], indexing="xy")
        torch.meshgrid([i, i[:2]], indexing="ij")
        torch.meshgrid(i, i[:2], indexing="bad")
    """)


def case_split():
    table("""
        torch.split(x, 1)
        torch.split(x, 2, 1)
        torch.split(x, [1, 2], 1)
        torch.split(x, (1, 3), dim=2)
        torch.split(x, split_size_or_sections=2, dim=2)
        torch.split(x, 2, dim=2)
        x.split(2, 1)
        x.split([1, 2], 1)
        x.split((1, 2), dim=1)
        x.split(split_size=2, dim=1)
    """)


def case_broadcast():
    table("""
        torch.broadcast_tensors(m[:1], m)
        torch.broadcast_tensors([m[:1], m])
        torch.broadcast_shapes((2, 1), (3,))
        torch.broadcast_shapes(x.shape, (1, 3, 1))
        torch.broadcast_shapes((2,), (3,))
        torch.broadcast_shapes(2, (3, 1))
        torch.broadcast_to(m[:1], (3, 2))
    """)


def case_joined():
    table("""
        torch.block_diag(m, m[:1], i)
        torch.block_diag(torch.tensor(3.), m)
        torch.cartesian_prod(i[:2], i[3:])
        torch.cartesian_prod(i)
    """)


def case_cdist():
    table("""
        torch.cdist(m, m)
        torch.cdist(m, m, 1.0)
        torch.cdist(m, m, p=float("inf"))
        torch.cdist(m, m, p=2.0, compute_mode="donot_use_mm_for_euclid_dist")
        torch.cdist(m, m, compute_mode="use_mm_for_euclid_dist")
        torch.cdist(m, m, compute_mode="bad")
    """)


def case_atleast():
    table("""
        torch.atleast_1d(torch.tensor(1.))
        torch.atleast_2d(i)
        torch.atleast_3d(i, m)
        torch.atleast_3d([i, m])
        torch.atleast_1d(torch.tensor(1.), i)
    """)


def case_unravel_index():
    table("""
        torch.unravel_index(i, (2, 4))
        torch.unravel_index(i, 7)
    """)


def case_max_pool():
    table("""
        F.max_pool1d(x, 2)
        F.max_pool1d(x, 2, return_indices=True)
        F.max_pool2d(x, 2, 1, 0, 1, False, True)
        F.max_pool2d(x, 2, return_indices=False)
        F.max_pool2d(x, kernel_size=2, return_indices=True)
        F.max_pool3d(x[None], 2, return_indices=True)
        F.max_pool2d_with_indices(x, 2)
    """)


def case_adaptive_max_pool():
    table("""
        F.adaptive_max_pool1d(x, 2)
        F.adaptive_max_pool1d(x, 2, True)
        F.adaptive_max_pool2d(x, 2, return_indices=True)
        F.adaptive_max_pool2d(x, [2, 2])
        F.adaptive_max_pool2d(x, (None, 2))
        F.adaptive_max_pool3d(x[None], 1, return_indices=True)
    """)


def case_embedding_bag():
    table("""
        F.embedding_bag(i, x[0].t().repeat(2, 1), torch.tensor([0, 2]))
        F.embedding_bag(i.view(2, 3), x[0].t().repeat(2, 1), mode="sum")
        F.embedding_bag(i, x[0].t().repeat(2, 1), torch.tensor([0, 2]), mode="max")
        F.embedding_bag(i, x[0].t().repeat(2, 1), torch.tensor([0, 2]), mode="sum", per_sample_weights=torch.ones(6))
        F.embedding_bag(i, x[0].t().repeat(2, 1), torch.tensor([0, 2, 6]), mode="mean", include_last_offset=True, padding_idx=4)
    """)


def case_interpolate():
    table("""
        F.interpolate(x, 8)
        F.interpolate(x, size=8, mode="linear")
        F.interpolate(x, scale_factor=2.0, mode="linear", align_corners=True)
        F.interpolate(x[None], scale_factor=2, mode="bilinear")
        F.interpolate(x[None], scale_factor=[1.5, 2.0], recompute_scale_factor=True)
        F.interpolate(x, size=3, mode="area")
        F.interpolate(x[None], size=[6, 6], mode="nearest-exact")
        F.upsample(x, scale_factor=2)
        F.upsample_nearest(x[None], scale_factor=2)
        F.upsample_nearest(x[None], size=8)
        F.upsample_bilinear(x[None], scale_factor=2.0)
        F.upsample_bilinear(x[None], scale_factor=(2.0, 1.5))
        F.upsample_bilinear(x[None], size=(5, 6))
    """)


def case_gumbel_softmax():
    table("""
        F.gumbel_softmax(x).shape
        F.gumbel_softmax(x, tau=0.5, hard=True, dim=1).sum()
        F.gumbel_softmax(x, 1.0, True, 1e-10, 0).sum(0)
    """)


def case_pad():
    table("""
        F.pad(x, (1, 1))
        F.pad(x, (1, 1), "reflect")
        F.pad(x, [1, 2], mode="replicate")
        F.pad(x, (1, 1), mode="circular")
        F.pad(x, (1, 1, 0, 2), value=2.5)
        F.pad(x, (1, 1), "constant", 3)
        F.pad(x, (-1, 1, 1, -1))
        F.pad(x, (1, 1), "bad")
    """)


def case_fractional_max_pool():
    table("""
        F.fractional_max_pool2d(x, 2, 2, _random_samples=torch.full((1, 2, 2), 0.3))
        F.fractional_max_pool2d(x, (2, 2), (1, 2), None, True, torch.full((1, 2, 2), 0.3))
        F.fractional_max_pool2d(x, 2, 1, return_indices=True, _random_samples=torch.full((1, 2, 2), 0.3))
    """)


def case_factors():
    table("""
        torch.lu(x[0][:, :3] + torch.eye(3))
        torch.lu(x[0][:, :3] + torch.eye(3), get_infos=True)
        torch.lu(x[:, :, :3] + torch.eye(3), True, True)
        (x[0][:, :3] + torch.eye(3)).lu()
    """)


def case_spectra():
    table("""
        torch.stft(x.view(-1), 8, return_complex=True).shape
        torch.stft(x.view(-1), 8, 4, 8, torch.ones(8), False, "reflect", False, True, True).shape
        torch.stft(x.view(-1), 8, window=torch.ones(8), return_complex=True).abs().sum()
        torch.stft(x.view(2, 12), 6, center=True, pad_mode="constant", window=torch.ones(6), return_complex=True).abs().sum()
        x.view(2, 12).stft(6, window=torch.ones(6), return_complex=True).abs().sum()
        torch.istft(torch.stft(x.view(-1), 8, window=torch.ones(8), return_complex=True), 8, window=torch.ones(8))[1:]
    """)


def case_out():
    table("""
        torch.tensordot(x, y, 2 if x.dim() == 0 else 1, out=torch.empty(2, 3, 3, 2))
        torch.norm(x, 2, 1, out=torch.empty(2, 4))
        torch.norm(x, dim=1, out=torch.empty(2, 4))
        torch.chain_matmul(m, m.t(), out=torch.empty(3, 3))
    """)


def case_namespaces_of_operators():
    table("""
        torch.ops.aten.relu(x)
        torch.ops.aten.relu.default(x)
        torch.ops.aten.add(x, 1)
        torch.ops.aten.add.Tensor(x, x)
        torch.ops.aten.add.Tensor(x, x, alpha=2)
        torch.ops.aten.add.Scalar(x, 2)
        torch.ops.aten.sum.dim_IntList(x, [1], keepdim=True)
        torch.ops.aten.max(x)
        torch.ops.aten.cat([x, x], 1)
        torch.ops.aten.size(x)
        torch.ops.aten.size.int(x, 1)
        torch.ops.aten.softmax.int(x, -1)
        torch.ops.aten.nothing(x)
        torch.ops.nothing.relu(x)
        torch.ops.aten.relu.nothing(x)
        torch.ops.aten.add.Tensor(x, 1)
        torch.ops.aten.view(x, [-1])
        torch.ops.aten.split(x, 2, 1)
        torch.ops.aten.unbind.int(x)
        torch.ops.aten._to_copy(x, dtype=torch.float64)
        torch.ops.aten.addmm.default(m[0], m, m[:2])
        torch.ops.aten.convolution.default(x, torch.ones(1, 3, 2), None, [1], [0], [1], False, [0], 1)
    """)
