"""A generated project as its consumer sees it: CMake targets, install, warnings, sanitizers."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.build_tree import BUILD, locked
from tests.projects.matrix import build_and_test, export_example

pytestmark = pytest.mark.xdist_group("projects")
CONSUMERS = Path(__file__).parent / "consumers"


@functools.cache
def project(example: str) -> Path:
    """The exported project of an example; what does not change keeps its time stamps."""
    folder = BUILD / "projects" / example
    with locked(BUILD / "projects" / f"{example}.lock"):
        export_example(example, folder)
    return folder


def run(*command: object, cwd: Path | None = None) -> str:
    """Output of a command that must succeed."""
    words = [str(c) for c in command]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, cwd=cwd)
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout[-6000:]}"
    return done.stdout


def has_compiler(name: str) -> bool:
    return shutil.which(name) is not None


# ---- warnings and sanitizers
@pytest.mark.parametrize("compiler", ["g++", "clang++"])
@pytest.mark.parametrize("example", ["lenet", "gru_loop", "greedy_decode"])
def test_no_warnings_and_ctest_passes(example: str, compiler: str) -> None:
    if not has_compiler(compiler):
        pytest.skip(f"{compiler} is not installed")
    copy = BUILD / "projects" / f"{example}-strict-{compiler}"
    with locked(copy.with_suffix(".lock")):
        shutil.copytree(project(example), copy, dirs_exist_ok=True, copy_function=copy_changed)
        good, output = build_and_test(copy, copy / "build", compiler, "strict")
    assert good, output[-6000:]


def copy_changed(source: str, target: str) -> str:
    """Copy a file unless the target is as new; the project's CMake file is changed after copying, so it is always copied."""
    to = Path(target)
    if not to.exists() or to.name == "CMakeLists.txt" or to.read_bytes() != Path(source).read_bytes():
        shutil.copyfile(source, target)
    return target


def test_clang_tidy_finds_nothing(tmp_path: Path) -> None:
    """In strings, lists, loops, methods that change the model, early returns; together, as they read the same headers."""
    if shutil.which("clang-tidy") is None:
        pytest.skip("clang-tidy is not installed")
    examples = ("greedy_decode", "guitar_amp", "ocr_ctc", "robot_policy", "transformer_encoder")
    folders = [project(example) for example in examples]
    sources = [folder / "src" / f"{folder.name}.cpp" for folder in folders]
    together = tmp_path / "together.cpp"
    together.write_text("".join(f'#include "{source}"\n' for source in sources))
    config = (folders[0] / ".clang-tidy").read_text()
    # Here alone one source includes others.
    config = re.sub("HeaderFilterRegex: .*", "HeaderFilterRegex: '/projects/'", config)
    (tmp_path / ".clang-tidy").write_text(
        config.replace("bugprone-*,", "bugprone-*,\n  -bugprone-suspicious-include,", 1)
    )
    includes = [f"-I{folder / 'include'}" for folder in folders]
    runtime = folders[0] / "runtime" / "include"
    run("clang-tidy", "--quiet", "--warnings-as-errors=*", together, "--", "-std=c++17", *includes, "-isystem", runtime)


@pytest.mark.parametrize(("example", "variant"), [("greedy_decode", "address"), ("gru_loop", "thread")])
def test_sanitizers(example: str, variant: str) -> None:
    build = BUILD / "projects" / f"{example}-{variant}"
    with locked(build.with_suffix(".lock")):
        good, output = build_and_test(project(example), build, "g++", variant)
    assert good, output[-6000:]


# ---- consumers
def consumer_outputs(program: Path, *arguments: object) -> list[str]:
    return run(program, *arguments).split()


def test_two_models_in_one_program() -> None:
    """By add_subdirectory and FetchContent, in a C++20 unity build without RTTI and exceptions that a preset asks for, one
    model compiled for this machine alone."""
    build = BUILD / "projects" / "two_models"
    with locked(build.with_suffix(".lock")):
        log = run(
            "cmake", "--preset", "unity-20-no-rtti-no-exceptions", "-B", build,
            f"-DLENET_DIR={project('lenet')}", f"-DGRU_DIR={project('gru_loop')}", cwd=CONSUMERS / "two_models",
        )  # fmt: skip
        run("cmake", "--build", build, "--parallel", "2")
    # The consumer's own settings are as they were before the models came in.
    assert "consumer settings are unchanged" in log
    # No runner, no tests and no install rules of the models in a bigger project.
    assert not list(build.rglob("lenet_run"))
    assert "No tests were found" in run("ctest", "--test-dir", build)
    words = consumer_outputs(
        build / "consumer", project("lenet") / "weights.safetensors", project("gru_loop") / "weights.safetensors"
    )
    expected = np.load(project("lenet") / "golden/forward/expected.npz")["output"]
    assert words == ["lenet", *map(str, expected.shape), "RuntimeError", "lenet.py", "gru_loop", "1", "32"]


def test_shared_library_from_a_moved_prefix_in_cpp_and_c() -> None:
    build, prefix = BUILD / "projects" / "install_build", BUILD / "projects" / "prefix"
    moved, consumer = BUILD / "projects" / "moved_prefix", BUILD / "projects" / "package_consumer"
    with locked(build.with_suffix(".lock")):
        for folder in (prefix, moved, consumer):
            shutil.rmtree(folder, ignore_errors=True)
        run(
            "cmake", "-S", project("lenet"), "-B", build, "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_FLAGS_RELEASE=-O1",
            "-DBUILD_SHARED_LIBS=ON", "-DCMAKE_CXX_FLAGS=-fvisibility=hidden", "-DLENET_BUILD_RUNNER=OFF",
            f"-DCMAKE_INSTALL_PREFIX={prefix}",
            "-DCMAKE_INSTALL_LIBDIR=lib",
        )  # fmt: skip
        run("cmake", "--build", build, "--parallel", "2")
        run("cmake", "--install", build)
        prefix.rename(moved)
        for text in (*(moved / "lib/cmake/lenet").rglob("*"), moved / "lib/pkgconfig/lenet.pc"):
            assert str(BUILD) not in text.read_text(), f"{text.name} names the build folder"
        # The soname carries the major version; nothing is shown but the interfaces.
        assert (moved / "lib/liblenet.so.0").is_symlink()
        shown = run("nm", "-D", "-C", "--defined-only", moved / "lib/liblenet.so")
        assert "lenet_api" in shown
        assert "lenet::load(" in shown
        assert "ts2cpp::kernels" not in shown
        log = run(
            "cmake", "-S", CONSUMERS / "package", "-B", consumer, f"-DCMAKE_PREFIX_PATH={moved}", "-DCMAKE_BUILD_TYPE=Release",
            "-DCMAKE_CXX_FLAGS_RELEASE=-O0", "-DCMAKE_CXX_STANDARD=23",
        )  # fmt: skip
        run("cmake", "--build", consumer)
        weights = moved / "share/lenet/weights.safetensors"
        assert f"weights: {weights}" in log
        assert consumer_outputs(consumer / "consumer", weights) == ["1", "10"]
        words = consumer_outputs(consumer / "without_exceptions", weights)
        assert words == ["OSError", "RuntimeError", "lenet.py", "1", "10"]
        _check_c_consumer(consumer)
        if has_compiler("pkg-config"):
            asked = ["pkg-config", "--variable=weights", "lenet"]
            told = subprocess.run(
                asked,
                capture_output=True,
                text=True,
                check=True,
                env={**os.environ, "PKG_CONFIG_PATH": f"{moved}/lib/pkgconfig"},
            )
            assert Path(told.stdout.strip()).resolve() == weights.resolve()


def _check_c_consumer(consumer: Path) -> None:
    """From a file, from memory and as a copy, the model computes in C what Python did; errors are codes and text."""
    golden = project("lenet") / "golden/forward"
    np.load(golden / "inputs.npz")["x"].astype(np.float32).tofile(consumer / "x.bin")
    first, *results, last = run(consumer / "c_consumer", consumer / "x.bin").splitlines()
    assert first == "lenet forward(x: Tensor) -> Tensor"
    assert len(results) == 3
    for line in results:
        np.testing.assert_allclose(
            np.fromstring(line, sep=" "), np.load(golden / "expected.npz")["output"][0], 1e-4, 1e-5
        )
    assert last == "RuntimeError"


def test_cmake_file_keeps_to_its_own_names() -> None:
    text = (project("lenet") / "CMakeLists.txt").read_text()
    for forbidden in (
        "set(CMAKE_CXX_FLAGS", "APPEND CMAKE_CXX_FLAGS", "CMAKE_CXX_STANDARD", "add_compile_options", "add_definitions",
        "link_libraries(Threads", "\ninclude_directories", "CACHE", "-ffast-math", "-Werror",
    ):  # fmt: skip
        assert forbidden not in text
    options = [line.split("(")[1].split()[0] for line in text.splitlines() if line.startswith("option(")]
    assert options
    assert all(o.startswith("LENET_") for o in options)


def test_projects_with_different_runtimes_are_refused(tmp_path: Path) -> None:
    """Their names would be the same and what they stand for not: nobody can tell which one the linker takes."""
    shutil.copy(project("gru_loop") / "CMakeLists.txt", tmp_path)
    shutil.copytree(project("gru_loop") / "cmake", tmp_path / "cmake")
    text = (tmp_path / "CMakeLists.txt").read_text()
    digest = re.findall(r'PROPERTY TS2CPP_RUNTIME "([^"]+)"', text)[0]
    (tmp_path / "CMakeLists.txt").write_text(text.replace(digest, "0.0.1-another"))
    models = [f"-DLENET_DIR={project('lenet')}", f"-DGRU_DIR={tmp_path}"]
    command = ["cmake", "--preset", "unity-20-no-rtti-no-exceptions", "-B", str(tmp_path / "build"), *models]
    refused = subprocess.run(command, capture_output=True, text=True, check=False, cwd=CONSUMERS / "two_models")
    assert refused.returncode != 0
    assert "carries another version of the ts2cpp runtime" in refused.stderr


def test_folders_with_odd_names(tmp_path: Path) -> None:
    """What CMake can read configures, the rest is refused in words."""
    for name, fine in (("it's (a) $model & more é", True), ("a;b", False), ('a"b', False), ("a#b", False)):
        folder = tmp_path / name
        shutil.copytree(project("lenet"), folder, ignore=shutil.ignore_patterns("build"))
        command = ["cmake", "-S", str(folder), "-B", str(folder / "build")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode == 0) == fine, done.stderr
        assert fine or "build lenet in a folder without them in its name" in " ".join(done.stderr.split())
