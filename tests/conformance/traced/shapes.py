"""Shapes and sizes are values of the trace; what Python takes out of a tensor is a constant and a warning."""

import math

import torch

from tests.conformance.traced_program import traced


def x23():
    return torch.randn(2, 3)


def x45():
    return torch.randn(4, 5)


def x234():
    return torch.randn(2, 3, 4)


def x526():
    return torch.randn(5, 2, 6)


@traced(x23, x45)
def size_in_view(x):
    n, m = x.shape[0], x.size(1)
    return x.view(n * m)


@traced(x23, x45)
def size_in_reshape(x):
    n = x.shape[0]
    return x.reshape(n, -1), x.reshape(-1, x.size(0))


@traced(x234, x526)
def unpacked_shape(x):
    b, t, c = x.shape
    return x.view(b * t, c).view(b, t, c).transpose(1, 2).reshape(b, c * t)


@traced(x234, x526)
def split_heads(x):
    b, t, c = x.size()
    return x.view(b, t, 2, c // 2).transpose(1, 2)


@traced(x23, x45)
def arithmetic_on_sizes(x):
    n = x.shape[0]
    return torch.zeros(n + 1, n * 2, n // 2 + 1, 2 * n - 1) + x.sum()


@traced(x23, x45)
def mean_by_hand(x):
    return x.sum(0) / x.shape[0]


@traced(x23, x45)
def size_as_operand(x):
    return x * x.shape[1] + x.size(0) - x.shape[0] / 2


@traced(x23, x45)
def like_shape(x):
    return torch.ones(x.shape) + x, torch.zeros(x.size()) * x, torch.full(x.shape, 2.0) - x


@traced(x23, x45)
def part_of_shape(x):
    return torch.ones(x.shape[:1]) * x.sum(), torch.zeros(*x.shape, 2) + x.unsqueeze(-1), x.new_zeros(x.shape[1:]) + x


@traced(x23, x45)
def counted(x):
    return x.numel() * x, x.sum() / x.numel(), torch.numel(x) + x


@traced(x23, x45)
def rank_is_constant(x):
    return x.view(-1) * x.dim() + x.ndim


@traced(x23, x45)
def up_to_size(x):
    return (
        torch.arange(x.size(0)) + x.sum(),
        torch.arange(0, x.shape[1], 2) + x.sum(),
        torch.arange(x.shape[0], dtype=torch.float32) * 2,
    )


@traced(x23, x45)
def as_tensor_attributes(x):
    return torch.zeros(2, dtype=x.dtype, device=x.device) + x.sum()


@traced(x23, x45)
def negative_axis(x):
    return x.expand(x.size(-2), x.shape[-1]) + x.shape[-1]


@traced(x23, x45)
def expanded(x):
    return x.unsqueeze(0).expand(2, x.shape[0], x.shape[1]) * 1, x[:1].expand(x.size(0), -1) + x


@traced(x23, x45)
def repeated_by_size(x):
    return x.repeat(x.shape[0], 1), x.unsqueeze(0).repeat(x.size(1), 1, 1)


@traced(x23, x45)
def narrowed(x):
    n = x.shape[1]
    return x[:, : n - 1], x[:, n // 2 :], x.narrow(1, 0, n - 1)


@traced(x234, x526)
def last_by_size(x):
    return x[:, x.shape[1] - 1], x[x.size(0) - 1]


@traced(lambda: torch.randn(1, 2, 4, 6), lambda: torch.randn(2, 1, 3, 5))
def interpolated(x):
    return torch.nn.functional.interpolate(x, size=(x.shape[2] * 2, x.shape[3] * 2), mode="nearest")


@traced(lambda: torch.randn(1, 2, 4, 6), lambda: torch.randn(2, 1, 3, 5))
def padded_to_even(x):
    return torch.nn.functional.pad(x, (0, x.shape[3] % 2, 0, x.shape[2] % 2))


@traced(x23, x45)
def mask_from_size(x):
    n = x.size(1)
    mask = torch.triu(torch.ones(n, n), diagonal=1).bool()
    return (x.unsqueeze(1) * torch.ones(n, 1)).masked_fill(mask, 0.0)


@traced(x23, x45)
def same_shape_as_other(x):
    y = torch.zeros_like(x).view(x.shape)
    return y.reshape(x.shape[1], x.shape[0]) + 1 + x.t()


@traced(x23, x45)
def length(x):
    return x * len(x)


@traced(x23, x45)
def length_of_shape(x):
    return x * len(x.shape)


@traced(x23, x45)
def shape_in_condition(x):
    if x.shape[0] == 2:
        return x * 2
    return x


@traced(x23, x45)
def asserted_shape(x):
    assert x.size(0) > 1, "too small"
    return x + 1


@traced(x23, x45)
def rows(x):
    total = torch.zeros(3)
    for row in x:
        total = total + row.sum()
    return total


@traced(x23, x45)
def rows_by_range(x):
    total = torch.zeros(1)
    for i in range(x.size(0)):
        total = total + x[i].sum()
    return total


@traced(x23, lambda: torch.randn(2, 6))
def unpacked_rows(x):
    a, b = x
    return a - b


@traced(x23, lambda: torch.randn(2, 6))
def unbound(x):
    a, b = x.unbind(0)
    return a * b


@traced(lambda: torch.randn(4, 6), lambda: torch.randn(3, 6))
def chunked(x):
    a, b = x.chunk(2, dim=1)
    c, d, e = x.split(2, dim=1)
    f, g = x.split([1, 5], dim=1)
    return a * b, c + d + e, f.sum() + g.sum()


@traced(x23, x45)
def root_of_size(x):
    return x / math.sqrt(x.shape[1])


@traced(x23, x45)
def to_integer(x):
    return x * int(x.sum())


@traced(x23, x45)
def to_float(x):
    return x * float(x[0, 0])


@traced(x23, x45)
def to_boolean(x):
    return x * 2 if bool((x > 100).any()) else x * 3


@traced(x23, x45)
def to_item(x):
    return x + x.max().item()


@traced(x23, x45)
def to_list(x):
    values = x[0].tolist()
    return x * values[0]


@traced(x23, x45)
def condition(x):
    if x.sum() > 1000:
        return x
    return -x


@traced(x23, x45)
def while_tensor(x):
    n = x.abs().sum()
    while n < 20:
        n = n * 2
    return n


@traced(x23, x45)
def size_as_integer(x):
    return x.view(int(x.shape[0]), -1) + 1


@traced(lambda: (torch.randn(2, 3), torch.tensor(1)), lambda: (torch.randn(2, 5), torch.tensor(0)))
def list_index(x, i):
    return x * [1.0, 2.0, 3.0][i]


@traced(x23, x45)
def to_numpy(x):
    return x + float(x.detach().numpy().sum())


@traced(x23, x45)
def tensor_of_list(x):
    return x * torch.tensor([2.0]) + torch.as_tensor([1])


@traced(x23, x45)
def tensor_of_number(x):
    return x + torch.tensor(2) + torch.tensor(0.5, dtype=torch.float64)


@traced(x23, x45)
def tensor_of_size(x):
    return x + torch.tensor(x.shape[0])


@traced(x23, x45)
def new_tensor(x):
    return x + x.new_tensor([1.0])


@traced(x23, x45)
def from_numpy(x):
    import numpy

    return x + torch.from_numpy(numpy.ones(1, numpy.float32))


@traced(x23, x45)
def resized(x):
    y = x.clone()
    y.resize_(x.shape[0], 1)
    return y * 2


@traced(x23, x45)
def scalar_tensor(x):
    return torch.scalar_tensor(3.0) * x


@traced(x23, x45)
def linear_space(x):
    return torch.linspace(0, 1, x.size(1)) + x


@traced(x234, x526)
def positions(x):
    t = x.size(1)
    return x + torch.arange(t).unsqueeze(0).unsqueeze(-1) / t


@traced(x23, x45)
def unflattened(x):
    return x.flatten().unflatten(0, (x.shape[0], x.shape[1]))


@traced(lambda: (torch.randn(2, 3), torch.randn(4, 3)), lambda: (torch.randn(5, 2), torch.randn(1, 2)))
def sizes_of_two(x, y):
    return x.unsqueeze(1).expand(x.size(0), y.size(0), x.size(1)) - y.unsqueeze(0).expand(
        x.size(0), y.size(0), y.size(1)
    )
