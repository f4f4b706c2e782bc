"""``import transpile`` and what it offers to people with a model in hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import transpile
from transpile import torch
from transpile.codegen.project.project import Project
from transpile.core.errors import ExportError, Ts2cppError

FAST = ("-DCMAKE_CXX_FLAGS_RELEASE=-O0",)


class Scaler(torch.nn.Module):
    """A layer, an exported method, and an argument with a default."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = torch.nn.Linear(3, 2)

    def forward(self, x: torch.Tensor, factor: float = 2.0) -> torch.Tensor:
        return self.inner(x) * factor

    @torch.jit.export
    def norm(self, x: torch.Tensor) -> torch.Tensor:
        return torch.sqrt((x * x).sum())


def count_down(x: torch.Tensor, steps: int) -> torch.Tensor:
    while steps > 0:
        x = x - 1.0
        steps -= 1
    return x


def untranslatable(x: torch.Tensor) -> torch.Tensor:
    global nothing
    return x


def test_module_is_exported_built_run_and_verified(tmp_path: Path) -> None:
    torch.manual_seed(3)
    module = Scaler().eval()
    x = torch.randn(4, 3)
    project = transpile.export(module, tmp_path / "scaler", example_inputs={"forward": (x,), "norm": (2 * x,)})
    assert isinstance(project, Project)
    assert project.name == "scaler"
    assert project.manifest["source"] == Path(__file__).name
    assert list(project.manifest["methods"]) == ["forward", "norm"]
    assert project.build(FAST) is project
    np.testing.assert_allclose(project.run(x)["output"], module(x).detach().numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(project.run(x, 5.0)["output"], module(x, 5.0).detach().numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(project.run(x, method="norm")["output"], module.norm(x).numpy(), rtol=1e-5)
    differences = project.verify()
    assert [d.name for d in differences] == ["forward: output", "norm: output"]
    assert all(d.equal for d in differences)
    assert [d.name for d in project.verify(method="norm")] == ["norm: output"]
    with pytest.raises(ExportError, match="'nothing' does not exist; the project has forward, norm"):
        project.verify(method="nothing")
    tested = subprocess.run(["ctest", "--test-dir", project.build_folder], capture_output=True, text=True, check=False)
    assert "100% tests passed" in tested.stdout and "out of 2" in tested.stdout, tested.stdout


@pytest.mark.parametrize("entry", [count_down, torch.jit.script(count_down)], ids=["function", "scripted"])
def test_function_gives_its_name_and_its_file(tmp_path: Path, entry: object) -> None:
    project = transpile.export(entry, str(tmp_path / "out"), example_inputs=(torch.ones(2), 3))
    assert project.name == "count_down"
    source = (project.path / "src" / "count_down.cpp").read_text()
    assert "while (steps > 0)" in source
    assert Path(__file__).name in source


def test_training_mode_is_warned_of_unless_it_is_meant(tmp_path: Path) -> None:
    model = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.BatchNorm1d(3), torch.nn.Dropout(0.5))
    with pytest.warns(
        UserWarning, match=r"training mode[\s\S]*Sequential[\s\S]*batch_norm, dropout[\s\S]*training=True"
    ):
        transpile.export(model, tmp_path / "a")
    transpile.export(model, tmp_path / "b", training=True)
    transpile.export(model.eval(), tmp_path / "c")
    without = torch.nn.Sequential(torch.nn.BatchNorm1d(3, track_running_stats=False), torch.nn.Dropout(0.0))
    transpile.export(without, tmp_path / "d")


def test_choices_are_followed(tmp_path: Path) -> None:
    project = transpile.export(Scaler(), tmp_path / "out", methods=["norm"], name="int", weights="embed")
    assert project.name != "int", "a keyword cannot be a namespace"
    assert list(project.manifest["methods"]) == ["norm"]
    assert not (project.path / "weights.safetensors").exists()
    with pytest.raises(ExportError, match="no example inputs"):
        Project(project.path).verify()


def test_example_inputs_and_their_outputs_are_kept_as_a_test(tmp_path: Path) -> None:
    x = torch.ones(2)
    golden = transpile.export(count_down, tmp_path / "with", example_inputs=(x, 3)).path / "golden/forward"
    inputs, expected = np.load(golden / "inputs.npz"), np.load(golden / "expected.npz")
    assert {name: inputs[name].tolist() for name in inputs} == {"x": [1.0, 1.0], "steps": 3}
    assert expected["output"].tolist() == [-2.0, -2.0]
    assert not (transpile.export(count_down, tmp_path / "without").path / "golden").exists()


@pytest.mark.parametrize("given", [(torch.ones(4, 3),), (torch.ones(4, 3), 5.0)], ids=["default", "all"])
def test_example_inputs_may_leave_out_what_has_a_default(tmp_path: Path, given: tuple[object, ...]) -> None:
    project = transpile.export(Scaler(), tmp_path / "out", example_inputs=given)
    assert len(np.load(project.path / "golden/forward/inputs.npz").files) == len(given)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"methods": ["backward"]}, "'backward' does not exist; the model has forward, norm"),
        ({"weights": "glue"}, "expected 'file' or 'embed'"),
        ({"example_inputs": torch.ones(3)}, "expected a tuple"),
        ({"example_inputs": (1, 2, 3)}, "3 example inputs were given, but forward takes 2: x, factor"),
    ],
)
def test_wrong_choices_are_explained(tmp_path: Path, options: dict[str, object], message: str) -> None:
    with pytest.raises(ExportError, match=message):
        transpile.export(Scaler(), tmp_path / "out", **options)  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_exported_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"expected an nn\.Module, a function"):
        transpile.export(3, tmp_path / "out")
    with pytest.raises(Ts2cppError):
        transpile.export(untranslatable, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(ExportError, match="was not written by ts2cpp"):
        transpile.export(count_down, tmp_path)
    transpile.export(count_down, tmp_path, force=True)
    assert (tmp_path / "letter.txt").read_text() == "dear"
    assert (tmp_path / "CMakeLists.txt").exists()


def _doubled(x: torch.Tensor) -> torch.Tensor:
    return torch.mm(x, x)


class _Widening(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = torch.nn.Linear(3, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.inner(x).to(torch.float64)
        return torch.mm(y, y.t())


@pytest.mark.parametrize(
    ("model", "inputs", "expected"),
    [
        (Scaler().eval(), (torch.ones(4, 3),), False),
        (Scaler().eval().double(), (torch.ones(4, 3, dtype=torch.float64),), True),
        (Scaler().eval(), (), False),
        (_Widening().eval(), (torch.ones(4, 3),), True),
        (_doubled, (torch.ones(3, 3),), True),
    ],
)
def test_float64_kernels_come_with_models_that_may_use_them(
    model: object, inputs: tuple[object, ...], expected: bool, tmp_path: Path
) -> None:
    """Of weights in float32 and code without float64 comes no float64; what else a caller gives has the plain kernels."""
    transpile.export(model, tmp_path / "out", example_inputs=inputs or None)
    text = (tmp_path / "out" / "CMakeLists.txt").read_text()
    assert ("runtime/src/gemm_float64.cpp" in text) == expected
    assert ("TS2CPP_RARE_FLOAT64" in text) != expected


def test_import_alone_is_cheap() -> None:
    code = "import sys, transpile; transpile.__version__; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_unknown_names_are_reported() -> None:
    with pytest.raises(AttributeError, match="module 'transpile' has no attribute 'exprot'"):
        transpile.exprot  # noqa: B018


def test_a_module_is_traced_on_demand(tmp_path: Path) -> None:
    class Encoded(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = [torch.arange(600.0).reshape(100, 6) / 600]

        def forward(self, x, *unused):  # type: ignore[no-untyped-def]
            return x + self.table[0][: x.size(0)]

    transpile.export(Encoded(), tmp_path / "out", example_inputs=(torch.ones(3, 6),), trace=True)
    assert "x.size(0)" in (tmp_path / "out" / "src" / "encoded.cpp").read_text()
    assert '{"slice", ts2cpp::DType::float32, {100, 6}' in (tmp_path / "out" / "src" / "weights.cpp").read_text()
    with pytest.raises(ExportError, match="trace=True needs example_inputs"):
        transpile.export(Encoded(), tmp_path / "other", trace=True)


def test_repetitions_over_modules_are_loops_in_traces_too(tmp_path: Path) -> None:
    class Block(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = torch.nn.Linear(3, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.tanh(self.linear(x))

    class Residual(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.blocks = torch.nn.ModuleList([Block() for _ in range(3)])
            self.norms = torch.nn.ModuleList([torch.nn.LayerNorm(3) for _ in range(3)])

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            for block, norm in zip(self.blocks, self.norms, strict=True):
                x = norm(x + block(x))
            return x

    transpile.export(Residual(), tmp_path / "out", example_inputs=(torch.ones(2, 3),), trace=True)
    text = (tmp_path / "out" / "src" / "residual.cpp").read_text()
    assert text.count("ops::layer_norm(") == 1
    assert "for (std::size_t i = 0; i < blocks.size(); ++i) {" in text
