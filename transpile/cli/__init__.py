"""The command line."""

from __future__ import annotations

import sys
import traceback

import click

from transpile import __version__
from transpile.cli import report
from transpile.core.errors import CompileErrors, InternalError, ToolError, Ts2cppError

DIFFERENT, USER_ERROR, TOOL_FAILED, OUR_FAULT = 1, 2, 5, 70


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ts2cpp")
def commands() -> None:
    """TorchScript without PyTorch, and out of Python: models as readable, standalone C++17."""


def _register() -> None:
    from transpile.cli import bench, doctor, explain, export, golden, inspect, python, report_page, run, verify, wheel

    for module in (export, verify, inspect, run, bench, report_page, golden, python, doctor, explain, wheel):
        commands.add_command(module.command)


def main(arguments: list[str] | None = None) -> None:
    """Entry point; ends the process with the exit codes of the interface."""
    _register()
    try:
        result = commands.main(args=arguments, prog_name="ts2cpp", standalone_mode=False)
        sys.exit(result if isinstance(result, int) else 0)
    except click.exceptions.Exit as exit:
        sys.exit(exit.exit_code)
    except click.exceptions.Abort:
        report.error("interrupted")
        sys.exit(130)
    except click.exceptions.NoArgsIsHelpError as error:
        report.say(error.format_message())
        sys.exit(USER_ERROR)
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        if context is not None:
            report.say(context.get_usage())
        report.error(error.format_message())
        sys.exit(USER_ERROR)
    except ToolError as error:
        report.error(str(error))
        report.say("$ " + " ".join(error.command))
        report.say(error.output)
        _offer([error.code])
        sys.exit(TOOL_FAILED)
    except InternalError:
        _our_fault()
    except CompileErrors as error:
        for number, one in enumerate(error.errors, 1):
            report.error(str(one), f"error {number} of {len(error.errors)}")
        _offer([one.code for one in error.errors])
        sys.exit(USER_ERROR)
    except Ts2cppError as error:
        report.error(str(error))
        _offer([error.code])
        sys.exit(USER_ERROR)
    except OSError as error:
        if error.filename is None:
            _our_fault()
        report.error(f"{error.filename}: {error.strerror}")
        sys.exit(USER_ERROR)
    except Exception:
        _our_fault()


def _offer(codes: list[str]) -> None:
    """Name the commands that say more."""
    for code in dict.fromkeys(codes):
        if code:
            report.say(f"more about this: ts2cpp explain {code}")


def _our_fault() -> None:
    traceback.print_exc()
    report.error(
        f"this is a defect of ts2cpp {__version__}, not of your program. Please report it with the traceback above and, "
        "if you can, the model file.",
        "internal error",
    )
    sys.exit(OUR_FAULT)
