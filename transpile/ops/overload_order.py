"""The order in which the overloads of a name are tried, for every name whose overloads are in several families.

It is the order of PyTorch's own list (``torch._C._jit_get_schemas_for_operator``), which its error messages show as well.
``default`` is the overload without a name.
"""

from __future__ import annotations

_LISTS = (
    (
        "aten::add",
        "Tensor Scalar t str int complex float int_complex complex_int float_complex complex_float int_float "
        "float_int default",
    ),
    (
        "aten::add_ aten::mul_",
        "Tensor Scalar t",
    ),
    (
        "aten::sub",
        "Tensor Scalar int complex float int_complex complex_int float_complex complex_float int_float "
        "float_int default",
    ),
    (
        "aten::mul",
        "Tensor Scalar left_t right_ int complex float int_complex complex_int float_complex complex_float "
        "int_float float_int default",
    ),
    (
        "aten::div",
        "Tensor Scalar Tensor_mode Scalar_mode int complex float default",
    ),
    (
        "aten::remainder",
        "Tensor Scalar Scalar_Tensor int float int_float float_int default",
    ),
    (
        "aten::fmod aten::copysign",
        "Tensor Scalar int float int_float float_int default",
    ),
    (
        "aten::pow",
        "Tensor_Tensor Tensor_Scalar Scalar int complex float int_float float_int float_complex complex_float "
        "Scalar_Scalar int_to_int",
    ),
    (
        "aten::max aten::min",
        "other default dim",
    ),
    (
        "aten::__and__",
        "Scalar Tensor bool int",
    ),
    (
        "aten::__or__ aten::__xor__",
        "Tensor Scalar bool int",
    ),
    (
        "aten::__lshift__ aten::__rshift__",
        "Tensor Scalar int",
    ),
    (
        "aten::gcd",
        "default int",
    ),
    (
        "aten::atan2 aten::polar",
        "default int float int_float float_int Scalar_Scalar",
    ),
    (
        "aten::ldexp aten::frexp",
        "Tensor default",
    ),
    (
        "aten::eq aten::ne",
        "Tensor Scalar int_list device bool enum int complex float int_float float_int float_complex "
        "complex_float default str float_list Tensor_list bool_list str_list",
    ),
    (
        "aten::lt aten::le aten::gt aten::ge",
        "Tensor Scalar int float int_float float_int default str",
    ),
    (
        "aten::isnan aten::isinf aten::isfinite",
        "default float complex",
    ),
    (
        "aten::copy",
        "default t Dict_str Dict_int Dict_bool Dict_float Dict_complex Dict_Tensor",
    ),
    (
        "aten::neg aten::sqrt aten::exp aten::log10 aten::sin aten::cos aten::tan aten::asin aten::acos "
        "aten::atan aten::sinh aten::cosh aten::asinh aten::acosh aten::atanh aten::tanh aten::angle",
        "default int float complex Scalar",
    ),
    (
        "prim::abs",
        "int float complex Scalar default",
    ),
    (
        "aten::expm1 aten::log1p aten::erf aten::erfc aten::lgamma aten::floor aten::ceil",
        "default int float Scalar",
    ),
    (
        "aten::log",
        "default int float complex Scalar int_int float_float complex_complex int_float float_int int_complex "
        "complex_int float_complex complex_float Scalar_Scalar",
    ),
    (
        "aten::round",
        "default decimals int float Scalar",
    ),
    (
        "aten::sum",
        "dim_IntList default int float complex bool",
    ),
    (
        "aten::all",
        "default dim dims int float bool",
    ),
    (
        "aten::any",
        "default dim dims str int float bool",
    ),
    (
        "aten::sort",
        "default stable int float Tensor bool str any",
    ),
    (
        "aten::len",
        "t Tensor str Dict_str Dict_int Dict_bool Dict_float Dict_complex Dict_Tensor any",
    ),
    (
        "aten::select",
        "int t",
    ),
    (
        "aten::slice",
        "Tensor t str",
    ),
    (
        "aten::split",
        "Tensor sizes str default",
    ),
    (
        "aten::index",
        "Tensor Tensor_hacked_twin str list_int list_float list_bool list_Tensor list_str",
    ),
    (
        "prim::max prim::min",
        "int float int_float float_int default int_list self_int float_list self_float bool_list self_bool",
    ),
    (
        "aten::__getitem__",
        "t str Dict_str Dict_int Dict_bool Dict_float Dict_complex Dict_Tensor",
    ),
    (
        "aten::_set_item aten::clear",
        "t str int bool float complex Tensor",
    ),
    (
        "aten::pop",
        "t Dict_str Dict_default_str Dict_int Dict_default_int Dict_bool Dict_default_bool Dict_float "
        "Dict_default_float Dict_complex Dict_default_complex Dict_Tensor Dict_default_Tensor",
    ),
    (
        "aten::Delete",
        "t Dict_str Dict_int Dict_bool Dict_float Dict_complex Dict_Tensor",
    ),
    (
        "aten::list",
        "default t",
    ),
    (
        "aten::count",
        "default int float bool Tensor str",
    ),
    (
        "aten::gru aten::lstm aten::rnn_tanh aten::rnn_relu",
        "input data",
    ),
    (
        "aten::__contains__",
        "int_list str_list str int bool float complex Tensor float_list",
    ),
)

ORDER: dict[str, tuple[str, ...]] = {
    name: tuple("" if overload == "default" else overload for overload in overloads.split())
    for names, overloads in _LISTS
    for name in names.split()
}
