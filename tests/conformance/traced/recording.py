"""What is recorded: one call of the dispatcher for each operator, every argument made explicit."""

import math

import torch
import torch.nn.functional as F

from tests.conformance.traced_program import traced

TABLE = torch.arange(6.0).reshape(2, 3)


def pair():
    return torch.randn(2, 3), torch.randn(2, 3)


def other_pair():
    return torch.randn(4, 5), torch.randn(4, 5)


def one():
    return torch.randn(2, 3)


def another():
    return torch.randn(4, 2)


def integers():
    return torch.arange(6).reshape(2, 3), torch.tensor([[3, 1, 2], [2, 2, 5]])


@traced(pair, other_pair)
def doubled_plus(x, y):
    return 2 * x + y


@traced(pair, other_pair)
def scalar_kinds(x, y):
    a = x * 0.5
    b = y - 3
    c = 1.5 - a
    return a / 2 + b + c


@traced(one, another)
def scalar_arguments(x):
    return (x > 0.5) & (x <= 2) | (x != 0)


@traced(one, another)
def powers(x):
    return x**2 + 2**x + x.abs() ** 0.5 + torch.pow(x, 3)


@traced(pair, other_pair)
def alpha(x, y):
    return torch.add(x, y, alpha=2) + torch.sub(x, y, alpha=0.5)


@traced(integers)
def integer_arithmetic(x, y):
    return x // y, x % y, x // 2, -x % 4, x / y, 7 // y


@traced(integers)
def bits(x, y):
    return x & y, x | 4, x ^ y, ~x, x << 1, x >> 1


@traced(lambda: (torch.tensor([True, False]), torch.tensor([True, True])))
def booleans(x, y):
    return ~x, x & y, x ^ y, torch.logical_not(y), (x | y).any(), x.all()


@traced(pair, other_pair)
def reflected(x, y):
    return 1 - x, 1 / y, 3.0 * x, 2 + y, x.__rsub__(2)


@traced(one)
def captured_once_used_twice(x):
    return x * TABLE + TABLE


def _closed_over():
    c = torch.full((3,), 2.0)

    def closure(x):
        return x * c + c.sum()

    return closure


closure = traced(one, another)(_closed_over())


@traced(one, another)
def unrolled(x):
    for i in range(3):
        x = x + i
    return x


@traced(one, another)
def python_branch(x):
    scale = 2
    if scale > 1:
        y = x * scale
    else:
        y = x - scale
    return y


@traced(one, another)
def dead_code(x):
    unused = x.exp()
    unused = unused + 1
    seen = [unused]
    seen.append(x)
    return x.neg()


@traced(one, another)
def aliases(x):
    return (
        torch.absolute(x),
        torch.clip(x, 0, 1),
        x.arccos(),
        torch.negative(x),
        torch.multiply(x, 2),
        x.true_divide(2),
        x.fix(),
    )


@traced(one, another)
def without_gradients(x):
    with torch.no_grad():
        y = x * 2
    return y + 1


@traced(lambda: torch.ones(2, 3).requires_grad_(), one)
def with_gradients(x):
    with torch.no_grad():
        y = x * 2
    return y + x, x.detach() * 2


LEAKED = []


@traced(one, another)
def leaked(x):
    y = x * 2
    LEAKED.append(y)
    return y.sum()


@traced(pair, other_pair)
def names(x, y):
    result = x + y
    result = result * 2
    other = result - 1
    return other + result


@traced(pair, other_pair)
def starred(*args):
    return args[0] * 2 - args[1]


@traced(pair)
def defaults(x, y, scale=3):
    return x + y * scale


anonymous = traced(one, another)(lambda x: x.relu() + 1)
anonymous.__name__ = "anonymous"


@traced(one, another)
def unary(x):
    return (
        torch.sin(x)
        + x.cos().tanh()
        + torch.exp(x).log1p()
        + x.sigmoid().sqrt()
        + torch.floor(x)
        + x.round()
        + x.sign()
    )


@traced(one, another)
def library_functions(x):
    return (
        F.relu(x)
        + F.gelu(x)
        + F.silu(x)
        + F.softmax(x, -1)
        + F.leaky_relu(x, 0.1)
        + F.elu(x)
        + F.softplus(x)
        + F.hardtanh(x)
    )


@traced(lambda: (torch.randn(2, 3), torch.randn(3, 4)), lambda: (torch.randn(5, 2), torch.randn(2, 1)))
def products(x, y):
    return x @ y, torch.mm(x, y), torch.matmul(x, y).t(), x.mm(y).T


@traced(lambda: (torch.randn(2, 3, 4), torch.randn(2, 4, 5)), lambda: (torch.randn(3, 2, 4), torch.randn(3, 4, 1)))
def batched_products(x, y):
    return torch.bmm(x, y) + x @ y + torch.einsum("bij,bjk->bik", x, y)


@traced(lambda: (torch.randn(3), torch.randn(2, 4), torch.randn(4, 3)))
def fused_products(b, x, w):
    return torch.addmm(b, x, w, beta=0.5, alpha=2) + F.linear(x, w.t(), b), torch.outer(b, b), torch.dot(b, b)


@traced(one, another)
def reductions(x):
    return (
        x.sum(),
        x.sum(0),
        x.sum(dim=0, keepdim=True),
        x.mean(-1),
        x.mean(),
        x.prod(),
        torch.sum(x, [0, 1]),
        x.amax(1),
    )


@traced(one, another)
def statistics(x):
    return (
        x.var(),
        x.std(0),
        x.var(1, unbiased=False),
        torch.var(x, dim=0, correction=0),
        x.norm(),
        x.norm(dim=1),
        x.logsumexp(0),
    )


@traced(one, another)
def extrema(x):
    values, indices = x.max(dim=1)
    return values, indices, x.max(), x.min(0)[0], x.argmax(), x.argmin(1), torch.maximum(x, -x), torch.max(x, x * 2)


@traced(one, another)
def sorted_values(x):
    values, order = torch.sort(x, dim=0, descending=True)
    top, where = x.topk(2, dim=1)
    return values, order, top, where, x.argsort(1), x.cumsum(0)


@traced(pair, other_pair)
def chosen(x, y):
    return (
        torch.where(x > y, x, y),
        torch.where(x > 0, x, 0.0),
        x.masked_fill(x < 0, -1.0),
        x.clamp(min=0),
        x.clamp(-1, 1),
    )


@traced(pair, other_pair)
def joined(x, y):
    return (
        torch.cat([x, y]),
        torch.cat((x, y), dim=1),
        torch.stack([x, y, x], -1),
        torch.hstack([x, y]),
        torch.vstack((x, y)),
    )


@traced(one, another)
def rearranged(x):
    return (
        x.t(),
        x.transpose(0, 1),
        x.permute(1, 0),
        x.unsqueeze(0).squeeze(0),
        x.flatten(),
        x[None].expand(2, -1, -1),
        x.flip(0),
    )


@traced(one, another)
def repeated(x):
    return (
        x.repeat(2, 1),
        x.repeat_interleave(2, dim=0),
        x.tile((2,)),
        torch.roll(x, 1, 0),
        x.expand_as(x),
        x.tril(),
        torch.triu(x, 1),
    )


@traced(one, another)
def of_types(x):
    return (
        x.to(torch.float64),
        x.double() + 1,
        x.int(),
        x.long() * 2,
        x.bool(),
        x.half().float(),
        x.type(torch.int16),
        x.type_as(x),
    )


@traced(integers)
def promoted(x, y):
    return x + 0.5, x * 2, x / 2, x.float() + y, x > 1.5, x.sum(), x.float().mean(), y.sum(dtype=torch.float64)


@traced(one, another)
def moved(x):
    return (
        x.cpu() * 1,
        x.to("cpu") + 1,
        x.to(torch.device("cpu"), torch.float64),
        x.to(x),
        x.contiguous(),
        x.clone(),
        x.detach(),
    )


@traced(one, another)
def made(x):
    return (
        x + torch.zeros(1),
        x * torch.ones(1, dtype=torch.float64),
        x + torch.full((1,), 3.0),
        x + torch.arange(1.0),
        x * torch.eye(1),
    )


@traced(one, another)
def made_alike(x):
    return (
        torch.zeros_like(x) + x,
        torch.ones_like(x, dtype=torch.int64) + x,
        torch.full_like(x, 7) - x,
        x.new_zeros(1) + x,
        x.new_ones((1,)) * x,
    )


@traced(one, another)
def infinite(x):
    return (
        x.masked_fill(x > 0, float("inf")),
        x.masked_fill(x > 0, -math.inf),
        torch.isnan(x),
        torch.isinf(x / 0),
        x * math.pi,
    )


@traced(lambda: torch.complex(torch.randn(3, 2), torch.randn(3, 2)))
def complex_numbers(x):
    return x * 2, x.real, x.imag, x.abs(), x.conj() * x, x + 1j


@traced(lambda: torch.randn(2, 3, 4, 5), lambda: torch.randn(1, 6, 2, 3))
def deep(x):
    return (
        x.mean([2, 3]),
        x.flatten(1),
        x.flatten(start_dim=2),
        x.movedim(1, -1),
        torch.swapaxes(x, 1, 2),
        x.sum((-1, -2), keepdim=True),
    )


@traced(
    lambda: (torch.tensor([[0, 2], [1, 1]]), torch.randn(3, 4)), lambda: (torch.tensor([1, 2, 0]), torch.randn(5, 2))
)
def looked_up(ids, table):
    return F.embedding(ids, table), table[ids], table.index_select(0, ids.flatten())


@traced(lambda: (torch.randn(2, 3), torch.tensor([[0, 2], [1, 1]])))
def gathered(x, ids):
    one_hot = F.one_hot(ids, 3)
    return x.gather(1, ids), torch.take_along_dim(x, ids, 1), one_hot.sum(), torch.zeros(2, 3).scatter(1, ids, 1.0) + x


@traced(one, check_trace=False)
def random_numbers(x):
    return x + torch.rand(2, 3), torch.rand_like(x) * x, torch.randn(3) + x


@traced(one, check_trace=False)
def dropped(x):
    return F.dropout(x, 0.5, training=True) + F.dropout(x, 0.3, training=False)


@traced(one, another)
def losses(x):
    return (
        F.mse_loss(x, x * 2),
        F.l1_loss(x, x + 1, reduction="sum"),
        F.smooth_l1_loss(x, x * 3),
        F.cosine_similarity(x, x + 1, dim=1),
    )


@traced(lambda: (torch.randn(3, 4), torch.tensor([1, 0, 3])))
def classified(logits, labels):
    return F.cross_entropy(logits, labels), F.nll_loss(F.log_softmax(logits, 1), labels), F.log_softmax(logits, dim=-1)


@traced(pair, other_pair)
def written_out(x, y):
    out = torch.empty_like(x)
    torch.add(x, y, out=out)
    return out * 2
