"""fork, wait and Future."""
from typing import List

import torch
from torch import nn

from tests.conformance.cases import refusal


def work(x, n: int = 2):
    return x * n


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = 3

    def forward(self, x):
        return x + self.k

    @torch.jit.export
    def scaled(self, x, by: int):
        return x * by * self.k


class Forks(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = Layer()

    def forward(self, x):
        a = torch.jit.fork(self.layer, x)
        b = torch.jit.fork(self.layer.scaled, x, 2)
        c = torch.jit.fork(self.own, x, y=x)
        return torch.jit.wait(a), torch.jit.wait(b), torch.jit.wait(c)

    def own(self, x, y):
        return x - 2 * y


def case_fork_in_python():
    future = torch.jit.fork(work, torch.ones(1), n=5)
    print(future.done(), future.wait().tolist(), future.value().tolist(), torch.jit.wait(future).tolist(), type(future).__name__)


def case_fork_of_a_module_in_python():
    print(torch.jit.wait(torch.jit.fork(Layer(), torch.ones(1))).tolist())


def case_fork_of_a_script_function_in_python():
    print(torch.jit.wait(torch.jit.fork(torch.jit.script(work), torch.ones(1), 4)).tolist())


def case_fork_with_an_error_in_python():
    def fails(x):
        raise ValueError("no good")

    try:
        torch.jit.wait(torch.jit.fork(fails, 1))
    except ValueError as error:
        print(error)


def case_fork_and_wait_in_script():
    @torch.jit.script
    def f(x):
        futures = torch.jit.annotate(List[torch.jit.Future[torch.Tensor]], [])
        for i in range(3):
            futures.append(torch.jit.fork(work, x, i))
        results = torch.jit.annotate(List[torch.Tensor], [])
        for future in futures:
            results.append(torch.jit.wait(future))
        return torch.stack(results)

    print(f(torch.ones(2)).tolist(), "prim::fork" in str(f.graph), "aten::wait" in str(f.graph))


def case_forks_of_modules_and_methods():
    print([t.tolist() for t in torch.jit.script(Forks())(torch.ones(1))])


def case_future_is_one_class():
    print(torch.jit.Future is torch.futures.Future)


def case_future_by_hand():
    future = torch.futures.Future()
    print(future.done())
    future.add_done_callback(lambda f: print("done", f.wait()))
    after = future.then(lambda f: f.wait() + 1)
    future.set_result(41)
    print(future.done(), future.wait(), after.wait(), future.value())


def case_future_with_an_exception():
    future = torch.futures.Future()
    future.set_exception(ValueError("bad"))
    print(future.done())
    try:
        future.wait()
    except ValueError as error:
        print(error)


def case_collect_and_wait_all():
    futures = [torch.jit.fork(work, torch.ones(1), n) for n in range(3)]
    print([f.value().tolist() for f in torch.futures.collect_all(futures).wait()], [v.tolist() for v in torch.futures.wait_all(futures)])


def case_wait_for_what_is_no_future():
    refusal(lambda: torch.jit.wait(3))


def case_future_returned_from_script():
    @torch.jit.script
    def start(x):
        return torch.jit.fork(work, x, 3)

    future = start(torch.ones(1))
    print(torch.jit.wait(future).tolist(), start.schema)


def case_future_given_to_script():
    @torch.jit.script
    def finish(f: torch.jit.Future[torch.Tensor]):
        return torch.jit.wait(f) + 1

    print(finish.schema)


def case_error_in_a_fork_surfaces_at_wait():
    def fails(x):
        if x.numel() > 0:
            raise ValueError("no good")
        return x

    @torch.jit.script
    def f(x):
        future = torch.jit.fork(fails, x)
        return torch.jit.wait(future)

    try:
        f(torch.ones(1))
    except Exception as error:
        print(type(error).__name__, "no good" in str(error))
