"""Subscripts, views and in-place operators."""

import torch

from tests.conformance.traced_program import traced


def x34():
    return torch.randn(3, 4)


def x56():
    return torch.randn(5, 6)


@traced(x34, x56)
def slices(x):
    return x[1:], x[:, :2], x[::2], x[1:3, 1], x[-2:], x[:]


@traced(x34, x56)
def selected(x):
    return x[0], x[-1], x[1, 2], x[:, -1], x.select(1, 0)


@traced(x34, x56)
def inserted(x):
    return x[..., None], x[None], x[:, None], x[..., 0], x[0, ...]


@traced(x34, x56)
def by_list(x):
    return x[[0, 2]], x[:, [1, 0]], x[[0, 1], [1, 2]]


@traced(lambda: (torch.randn(3, 4), torch.tensor([2, 0])), lambda: (torch.randn(5, 6), torch.tensor([4, 4, 1])))
def by_tensor(x, ids):
    return x[ids], x[:, ids], x[ids, ids], x[ids, 1:], x[None, ids]


@traced(x34, x56)
def by_new_tensor(x):
    return x[torch.tensor([0, 1])]


@traced(x34, x56)
def by_mask(x):
    return x[x > 0].sum(), torch.masked_select(x, x < 0).sum()


@traced(lambda: (torch.randn(3, 4), torch.tensor(1)), lambda: (torch.randn(5, 6), torch.tensor(4)))
def by_scalar_tensor(x, i):
    return x[i] * 2


@traced(x34, x56)
def by_booleans(x):
    return x[True], x[[True, False, True]] if x.shape == (3, 4) else x


@traced(x34, x56)
def added_in_place(x):
    y = x.clone()
    y += 1
    y.mul_(2)
    y -= x
    return y


@traced(x34, x56)
def argument_changed(x):
    x.add_(1)
    return x * 2


@traced(x34, x56)
def row_filled(x):
    y = x.clone()
    y[0] = 0.0
    y[1:, 0] = 7
    return y


@traced(x34, x56)
def row_assigned(x):
    x[0] = torch.ones(1)
    return x


@traced(x34, x56)
def assigned_at_slices(x):
    y = torch.zeros_like(x)
    y[:, 1:] = x[:, :-1]
    y[..., 0] = x[..., -1]
    return y


@traced(x34, x56)
def assigned_by_mask(x):
    y = x.clone()
    y[x > 0] = 0.0
    return y


@traced(lambda: (torch.randn(3, 4), torch.tensor([2, 0])), lambda: (torch.randn(5, 6), torch.tensor([4, 1])))
def assigned_by_tensor(x, ids):
    y = x.clone()
    y[ids] = torch.ones(1)
    y[ids, 0] = 2.0
    return y


@traced(x34, x56)
def through_views(x):
    y = x * 1
    row = y[0]
    row.add_(10)
    y.t()[1].mul_(3)
    flat = y.view(-1)
    flat[0] = -1
    return y, row


@traced(x34, x56)
def views_see_changes(x):
    y = x.clone()
    before = y[:, 0]
    y.zero_()
    return before + y[:, 1]


@traced(x34, x56)
def augmented_view(x):
    y = x.clone()
    y[0] += 5
    y[:, 1] *= 2
    return y


@traced(x34, x56)
def filled(x):
    y = torch.empty_like(x)
    y.fill_(2)
    z = torch.zeros(2)
    z[0] = x.sum()
    return y * x, z


@traced(x34, x56)
def activation_in_place(x):
    y = x * 1
    torch.relu_(y)
    y.clamp_(max=1)
    y.sigmoid_()
    return torch.nn.functional.relu(y, inplace=True)


@traced(x34, x56)
def copied(x):
    y = torch.zeros_like(x)
    y.copy_(x)
    y[0].copy_(x[1])
    return y


@traced(x34, x56)
def masked_in_place(x):
    y = x.clone()
    y.masked_fill_(y < 0, 0)
    return y


@traced(lambda: (torch.zeros(3, 4), torch.tensor([0, 2])), lambda: (torch.ones(3, 2), torch.tensor([1, 1])))
def indexed_in_place(x, ids):
    y = x.clone()
    y.index_add_(0, ids, torch.ones_like(x[:2]))
    y.index_fill_(0, ids[:1], 5.0)
    return y, x.index_copy(0, ids, x[:2])


@traced(lambda: (torch.zeros(3, 4), torch.tensor([[0, 2]])), lambda: (torch.ones(2, 3), torch.tensor([[1, 0]])))
def scattered_in_place(x, ids):
    y = x.clone()
    y.scatter_(1, ids, 3.0)
    y.scatter_add_(1, ids, torch.ones_like(x[:1, :2]))
    return y


@traced(x34, x56)
def normalised_in_place(x):
    y = x - x.mean(0)
    y /= y.std(0) + 1e-5
    return y


@traced(x34, x56)
def strided(x):
    return x.t().contiguous().view(-1), x.as_strided((2, 2), (1, 2)), x.unfold(1, 2, 1), x.diagonal()


@traced(x34, x56)
def in_place_types(x):
    y = x.int()
    y += 1
    z = y.float()
    z *= 0.5
    return y, z


@traced(x34, x56)
def data_changed(x):
    y = x * 1
    y.data.add_(1)
    return y


@traced(x34, x56, check_trace=False)
def argument_data_changed(x):
    x.data.add_(1)
    return x * 1


@traced(x34, x56, _force_outplace=True)
def outplace_activation(x):
    y = x * 2
    y.relu_()
    y.add_(1)
    return y


@traced(x34, x56, _force_outplace=True)
def outplace_views(x):
    x[0] = torch.ones(1)
    return x


@traced(x34, x56, _force_outplace=True)
def outplace_row(x):
    y = x.clone()
    y[0].add_(1)
    return y


@traced(x34, x56, _force_outplace=True)
def outplace_filled(x):
    y = x + 1
    y[0] = torch.zeros(1)
    y.neg_()
    return y + x


@traced(x34, x56, _force_outplace=True)
def outplace_augmented(x):
    y = x + 1
    z = y[1]
    z += 1
    return y


@traced(x34, x56, _force_outplace=True)
def outplace_plain(x):
    return (x + 1).mul_(2).sub_(0.5)
