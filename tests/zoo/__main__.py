"""The command line of the zoo."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from tests.zoo.entry import PACKAGES, entries
from tests.zoo.stages import STAGES, Model, build

ROOT = Path(__file__).resolve().parents[2]
_TOGETHER = 10  # models that one process saves
_PROGRAM = 8  # models that one program is built of


def save(root: Path, models: Sequence[Model]) -> None:
    """Save models with PyTorch, some in each process; a process that dies has failed at the model it was at."""
    packages: dict[str, list[str]] = defaultdict(list)
    for model in models:
        packages[model.key.partition("/")[0]].append(model.key)
    # PyTorch keeps every class that it has scripted, so a process does not save all of a package.
    for waiting in [keys[i : i + _TOGETHER] for keys in packages.values() for i in range(0, len(keys), _TOGETHER)]:
        while waiting:
            command = [sys.executable, "-m", "tests.zoo.saving", str(root), *waiting]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
                assert process.stdout is not None
                for line in process.stdout:
                    if line.startswith('{"key": '):
                        result = json.loads(line)
                        key = result.pop("key")
                        waiting.remove(key)
                        Model(root, key).note("save", result)
                        _say(key, "save", result)
            if waiting and process.returncode:
                result = {"ok": False, "reason": f"the process ended with {process.returncode}"}
                Model(root, waiting[0]).note("save", result)
                _say(waiting.pop(0), "save", result)


def compare(models: Sequence[Model]) -> None:
    """Compare the models that are built."""
    for model in models:
        if model.passed("build"):
            _say(model.key, "compare", model.compare())


def _say(key: str, stage: str, result: dict[str, object]) -> None:
    reason = "" if result["ok"] else next(iter(str(result["reason"]).strip().splitlines()[-1:]), "")
    print(
        f"{key:48} {stage:8} {'ok' if result['ok'] else 'FAILED'} {result.get('seconds', '')} s {reason[:160]}",
        flush=True,
    )


def table(models: Sequence[Model]) -> None:
    """How many models of each package passed each stage, and why the others did not."""
    print("| package | models | " + " | ".join(STAGES) + " |\n|" + "---|" * (len(STAGES) + 2))
    for package in PACKAGES:
        mine = [model for model in models if model.key.startswith(package + "/")]
        print(f"| {package} | {len(mine)} | " + " | ".join(str(sum(m.passed(s) for m in mine)) for s in STAGES) + " |")
    for model in models:
        for stage, result in model.record.items():
            if not result["ok"]:
                lines = [line for line in str(result["reason"]).splitlines() if line.strip()]
                wrong = next((line for line in lines if "error" in line.lower()), lines[-1] if lines else "")
                print(f"- {model.key}, {stage}: {wrong.strip()[:300]}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.zoo")
    parser.add_argument("stages", nargs="*", help=f"of {', '.join(STAGES)}; all by default; or `table`")
    parser.add_argument("--only", default="*", help="comma-separated patterns of package/name")
    parser.add_argument("--root", type=Path, default=ROOT / "build" / "zoo")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin nothing after that time")
    parser.add_argument("--again", action="store_true", help="also what has passed")
    parser.add_argument("--fresh", action="store_true", help="not what has failed before")
    arguments = parser.parse_args()
    root = arguments.root.resolve()
    models = [Model(root, entry.key) for entry in entries(arguments.only)]
    wanted = arguments.stages or list(STAGES)
    if wanted == ["table"]:
        table(models)
        return

    def due(model: Model, stage: str) -> bool:
        if arguments.fresh and model.tried(stage):
            return False
        return not model.passed(stage) or arguments.again

    if "save" in wanted:
        save(root, [model for model in models if due(model, "save")])
    begin = time.monotonic()

    def late() -> bool:
        return time.monotonic() - begin > arguments.seconds

    def ready(stage: str) -> list[Model]:
        before = STAGES[STAGES.index(stage) - 1]
        return [m for m in models if stage in wanted and m.passed(before) and due(m, stage)]

    for model in ready("export"):
        if not late():
            _say(model.key, "export", model.export())
    waiting = ready("build")
    for group in [waiting[i : i + _PROGRAM] for i in range(0, len(waiting), _PROGRAM)]:
        if not late():
            build(root, group)
            for model in group:
                _say(model.key, "build", model.record["build"])
            compare(group)
    compare(ready("compare"))
    table(models)


if __name__ == "__main__":
    main()
