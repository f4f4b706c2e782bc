"""Properties of tensors and devices.

A device is its text (``cpu``, ``cuda:1``) here: only the CPU holds data, other devices can be named and compared.
"""

from __future__ import annotations

import re

from transpile.core import dtype as D
from transpile.ops.families import Family
from transpile.ops.promotion import Array, dtype_of

FAMILY = Family("property", header="cast")
op = FAMILY.op

_METADATA = ("metadata", "total")

op("prim::dtype(Tensor a) -> int", cpp="{0}.dtype()", tags=_METADATA)(lambda a: dtype_of(a).code)
op("prim::layout(Tensor a) -> Layout", cpp="std::int64_t(0)", tags=_METADATA)(lambda a: 0)
op("prim::device(Tensor a) -> Device", cpp="ts2cpp::Device()", tags=_METADATA)(lambda a: "cpu")
op("prim::is_cpu(Tensor a) -> bool", cpp="true")(lambda a: True)

for _name in (
    "is_cuda", "is_xpu", "is_sparse", "is_sparse_csr", "is_mkldnn", "is_quantized", "is_meta", "is_mps", "is_vulkan",
    "is_ipu", "is_xla", "is_maia", "is_mtia", "is_nested",
):  # fmt: skip
    op(f"prim::{_name}(Tensor a) -> bool", cpp="false")(lambda a: False)

op("prim::requires_grad(Tensor a) -> bool", cpp="false", tags=("nofold",))(lambda a: False)
op("prim::data(Tensor(a) a) -> Tensor(a)", cpp="{0}", tags=("view",))(lambda a: a)
op("aten::data(Tensor self) -> Tensor", cpp="{0}", tags=("lends",))(lambda self: self)
op("prim::grad(Tensor a) -> Tensor(*)", cpp="ts2cpp::Tensor()")(lambda a: None)
op("prim::name(Tensor a) -> str?", cpp="std::nullopt")(lambda a: None)
op("prim::itemsize(Tensor a) -> int", cpp="{0}.itemsize()")(lambda a: a.itemsize)
op("prim::nbytes(Tensor a) -> int", cpp="{0}.numel() * {0}.itemsize()")(lambda a: a.nbytes)
op("aten::element_size(Tensor self) -> int", cpp="{0}.itemsize()")(lambda self: self.itemsize)
op("aten::requires_grad_(Tensor(a!) self, bool requires_grad=True) -> Tensor(a!)", cpp="{0}")(
    lambda self, requires_grad=True: self
)
op("aten::is_leaf(Tensor self) -> bool", cpp="true")(lambda self: True)
op("aten::retains_grad(Tensor self) -> bool", cpp="false")(lambda self: False)
op("aten::get_device(Tensor self) -> int", cpp="std::int64_t(-1)")(lambda self: -1)
op("aten::is_pinned(Tensor self, Device? device=None) -> bool", cpp="false")(lambda self: False)
op("aten::is_inference(Tensor self) -> bool", cpp="false")(lambda self: False)
op("aten::is_neg(Tensor self) -> bool", cpp="false")(lambda self: False)
op("aten::is_conj(Tensor self) -> bool", cpp="false")(lambda self: False)
op("aten::is_distributed(Tensor self) -> bool", cpp="false")(lambda self: False)
op("aten::is_coalesced(Tensor self) -> bool", cpp="true")(lambda self: True)
op("aten::is_floating_point(Tensor self) -> bool", cpp="ts2cpp::is_floating_point({0}.dtype())", tags=_METADATA)(
    lambda self: dtype_of(self).is_floating_point
)
op("aten::is_complex(Tensor self) -> bool", cpp="ts2cpp::is_complex({0}.dtype())")(
    lambda self: dtype_of(self).is_complex
)
op(
    "aten::is_signed(Tensor self) -> bool",
    cpp="{0}.dtype() != ts2cpp::DType::uint8 && {0}.dtype() != ts2cpp::DType::bool_",
)(lambda self: dtype_of(self).is_signed)
op("aten::is_same_size(Tensor self, Tensor other) -> bool", cpp="{0}.sizes() == {1}.sizes()")(
    lambda self, other: self.shape == other.shape
)


@op("aten::is_set_to(Tensor self, Tensor tensor) -> bool")
def is_set_to(self: Array, tensor: Array) -> bool:
    """Whether both are the same view of the same memory."""
    return (self.ctypes.data, self.shape, self.strides) == (tensor.ctypes.data, tensor.shape, tensor.strides)


# --- devices -------------------------------------------------------------------------------------------------------

_DEVICES = (
    "cpu", "cuda", "ipu", "xpu", "mkldnn", "opengl", "opencl", "ideep", "hip", "ve", "fpga", "maia", "xla", "lazy",
    "vulkan", "mps", "meta", "hpu", "mtia", "privateuseone",
)  # fmt: skip


@op("aten::device(str a) -> Device", cpp="ts2cpp::device({0})", tags=("scalar",))
def device(a: str) -> str:
    match = re.fullmatch(r"([a-z_]+)(?::(\d+))?", a)
    if match is None:
        raise RuntimeError(f"Invalid device string: '{a}'")
    if match.group(1) not in _DEVICES:
        raise RuntimeError(
            f"Expected one of {', '.join(_DEVICES)} device type at start of device string: {match.group(1)}"
        )
    return a


op("aten::device.with_index(str type, int index) -> Device", cpp="ts2cpp::device({0}, {1})", tags=("scalar",))(
    lambda type, index: device(f"{type}:{index}")
)


@op("prim::type(Device self) -> str", cpp="ts2cpp::device_type({0})", tags=("scalar",))
def device_type(self: object) -> str:
    return str(self).partition(":")[0]


@op("prim::index(Device self) -> int?", cpp="ts2cpp::device_index({0})", tags=("scalar",))
def device_index(self: object) -> int | None:
    index = str(self).partition(":")[2]
    return int(index) if index else None


# --- the state of the library ---------------------------------------------------------------------------------------

op("aten::is_grad_enabled() -> bool", cpp="false", tags=("nofold",))(lambda: False)
op("aten::set_grad_enabled(bool val) -> ()", tags=("effect",))(lambda val: None)
op("aten::is_autocast_enabled() -> bool", cpp="false", tags=("nofold",))(lambda: False)
op("aten::is_autocast_cpu_enabled() -> bool", cpp="false", tags=("nofold",))(lambda: False)
op(
    "aten::get_autocast_dtype(str device_type) -> ScalarType",
    cpp="ts2cpp::dtype_to_int(ts2cpp::DType::bfloat16)",
    tags=("nofold",),
)(lambda device_type: D.bfloat16.code)
op("aten::is_scripting() -> bool", cpp="true")(lambda: True)
op("aten::has_torch_function(...) -> bool", cpp="false")(lambda *arguments: False)
op("aten::_get_tracing_state() -> bool", cpp="false")(lambda: False)
