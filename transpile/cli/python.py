"""``ts2cpp python``: run Python with ``import torch`` answered by the bundled torch."""

from __future__ import annotations

import runpy
import sys

import click


@click.command(
    "python", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False}, add_help_option=False
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Run a Python program whose `import torch` is the bundled one.

    ARGUMENTS are FILE, -c CODE or -m MODULE, and then those of the program.
    """
    from transpile import install_torch

    if arguments and arguments[0] in ("-h", "--help"):
        click.echo(click.get_current_context().get_help())
        return
    install_torch()
    if not arguments:
        raise click.UsageError("expected FILE, -c CODE or -m MODULE")
    first = arguments[0]
    if first == "-c":
        if len(arguments) < 2:
            raise click.UsageError("-c needs the code to run")
        sys.argv = ["-c", *arguments[2:]]
        sys.path.insert(0, "")
        _run_code(arguments[1])
    elif first == "-m":
        if len(arguments) < 2:
            raise click.UsageError("-m needs the name of a module")
        sys.argv = list(arguments[1:])
        sys.path.insert(0, "")
        _guarded(lambda: runpy.run_module(arguments[1], run_name="__main__", alter_sys=True))
    else:
        import os

        sys.argv = list(arguments)
        sys.path.insert(0, os.path.dirname(os.path.abspath(first)))
        _run_file(first)


def _run_code(code: str) -> None:
    import linecache
    import types

    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    # Known to linecache, so that functions defined in it can be scripted.
    linecache.cache["<string>"] = (len(code), None, code.splitlines(keepends=True), "<string>")
    _guarded(lambda: exec(compile(code, "<string>", "exec"), main.__dict__))


def _run_file(path: str) -> None:
    import types

    try:
        with open(path, "rb") as file:
            code = file.read()
    except OSError as error:
        raise click.UsageError(f"cannot read {path}: {error.strerror}") from None
    main = types.ModuleType("__main__")
    main.__file__ = path
    sys.modules["__main__"] = main
    _guarded(lambda: exec(compile(code, path, "exec"), main.__dict__))


def _guarded(run: object) -> None:
    """The program's own exceptions are shown as Python shows them, with exit code 1."""
    import traceback

    try:
        run()  # type: ignore[operator]
    except SystemExit:
        raise
    except BaseException as error:
        frames = error.__traceback__
        while frames is not None and frames.tb_frame.f_code.co_filename in (__file__, runpy.__file__):
            frames = frames.tb_next
        traceback.print_exception(type(error), error, frames)
        sys.exit(1)
