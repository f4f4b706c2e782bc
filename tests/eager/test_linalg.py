"""``torch.linalg``: names of results, errors, and the older names of the same."""

from __future__ import annotations

import pytest

from transpile import torch

MATRIX = [[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]]


def test_results_have_names() -> None:
    a = torch.tensor(MATRIX)
    assert torch.linalg.svd(a).S.shape == (3,)
    assert torch.svd(a).V.shape == (3, 3)
    assert torch.linalg.eigh(a)._fields == ("eigenvalues", "eigenvectors")
    assert torch.linalg.lu_factor(a).pivots.tolist() == [1, 2, 3]
    assert torch.linalg.lstsq(a, a).solution.shape == (3, 3)
    assert a.slogdet().sign.item() == 1


def test_names_hold_in_scripts() -> None:
    def determinant(a: torch.Tensor) -> torch.Tensor:
        lower = torch.linalg.cholesky_ex(a).L
        return (
            torch.linalg.eigh(a).eigenvalues.prod() - lower.diagonal().prod() ** 2 + torch.lu_unpack(*a.lu())[0].sum()
        )

    def determinants(a: torch.Tensor) -> torch.Tensor:
        values = torch.linalg.svd(a)
        return values.S.prod() - torch.linalg.slogdet(a).logabsdet.exp() + torch.linalg.qr(a).R.det().abs() - a.det()

    a = torch.tensor(MATRIX)
    assert torch.allclose(determinant(a), torch.tensor(3.0), atol=1e-4)
    assert torch.allclose(torch.jit.script(determinants)(a), torch.zeros(()), atol=1e-4)


def test_a_singular_matrix_is_an_error_of_its_own() -> None:
    with pytest.raises(torch.linalg.LinAlgError, match="The diagonal element 2 is zero"):
        torch.linalg.inv(torch.ones(2, 2))
    with pytest.raises(torch.linalg.LinAlgError, match=r"Batch element 1.*solver failed"):
        torch.linalg.solve(torch.stack([torch.eye(2), torch.zeros(2, 2)]), torch.ones(2, 2, 1))
    with pytest.raises(RuntimeError, match=r"U\[2,2\] is zero") as raised:
        torch.linalg.lu_factor(torch.ones(2, 2))
    assert not isinstance(raised.value, torch.linalg.LinAlgError)
    assert issubclass(torch.linalg.LinAlgError, RuntimeError)
    assert torch.linalg.inv_ex(torch.ones(2, 2)).info.item() == 2


def test_least_squares_of_low_rank_has_the_shortest_solution() -> None:
    a = torch.tensor([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 0.0, 1.0], [2.0, 2.0, 4.0]], dtype=torch.float64)
    b = torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64)
    found = [torch.linalg.lstsq(a, b, driver=driver) for driver in ("gelsy", "gelsd", "gelss")]
    assert [f.rank.item() for f in found] == [2, 2, 2]
    assert all(torch.allclose(f.solution, found[0].solution) for f in found)


def test_memory_lies_in_columns() -> None:
    assert torch.linalg.inv(torch.tensor(MATRIX)).stride() == (1, 3)
    assert torch.linalg.solve(torch.tensor(MATRIX), torch.ones(3, 2)).stride() == (1, 3)


def test_operators_of_modules_are_no_methods() -> None:
    assert not hasattr(torch.Tensor, "linalg_eigh")
    assert not hasattr(torch, "linalg_svd")
