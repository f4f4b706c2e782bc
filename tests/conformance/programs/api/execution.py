"""Switches of the executor, and what printing can hide."""
import torch

from tests.conformance.cases import refusal


@torch.jit.script
def step(x):
    return torch.relu(x + 1)


def case_optimized_execution():
    with torch.jit.optimized_execution(False):
        print(step(torch.ones(1)).tolist())
    with torch.jit.optimized_execution(True):
        print(step(torch.ones(1)).tolist())


def case_fusion_strategy():
    given = [("STATIC", 2), ("DYNAMIC", 10)]
    before = torch.jit.set_fusion_strategy(given)
    print(before)
    print(torch.jit.set_fusion_strategy(before))
    refusal(lambda: torch.jit.set_fusion_strategy([("FOO", 1)]), "FusionBehavior only supported 'STATIC' or 'DYNAMIC', got: FOO")


def case_strict_fusion_in_python():
    with torch.jit.strict_fusion():
        print("inside")


def case_strict_fusion_in_script():
    def f(x):
        with torch.jit.strict_fusion():
            return x + x + x

    print(torch.jit.script(f)(torch.ones(1)).tolist())


def case_fuser():
    for name in ("fuser0", "fuser1", "fuser2", "fuser3"):
        with torch.jit.fuser(name):
            print(name, step(torch.ones(1)).tolist())

    def unknown():
        with torch.jit.fuser("fuser9"):
            pass

    refusal(unknown, "unrecognized fuser option (name: fuser9)")


def case_onednn_fusion():
    before = torch.jit.onednn_fusion_enabled()
    print(before, torch.jit.enable_onednn_fusion(True), torch.jit.onednn_fusion_enabled())
    torch.jit.enable_onednn_fusion(before)


def case_last_executed_graph():
    step(torch.ones(1))
    graph = torch.jit.last_executed_optimized_graph()
    print("aten::relu" in str(graph), "aten::add" in str(graph))


def case_graph_for():
    print("aten::relu" in str(step.graph_for(torch.ones(1))))


def case_hidden_source_ranges():
    def f(x):
        return x + 1

    scripted = torch.jit.script(f)
    print("execution.py:" in str(scripted.graph))
    with torch.jit._hide_source_ranges():
        print("execution.py:" in str(scripted.graph), "aten::add" in str(scripted.graph))
    print("execution.py:" in str(scripted.graph))


def case_error_classes():
    print(torch.jit.Error.__bases__[0].__name__, torch.jit.ScriptWarning.__bases__[0].__name__)


def case_flush_and_debug_names_exist():
    print(callable(step._debug_flush_compilation_cache), callable(step.get_debug_state))
