"""Results of tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Future:
    """The result of ``prim::fork``, which runs at once.  ``wait`` gives the value or raises what the task raised."""

    __slots__ = ("error", "value")

    def __init__(self, task: Callable[[], Any]) -> None:
        self.value: Any = None
        self.error: Exception | None = None
        try:
            self.value = task()
        except Exception as error:  # raised again by every wait
            error.__dict__["script_forked"] = True
            self.error = error

    def wait(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.value

    @classmethod
    def of(cls, value: Any) -> Future:
        """A future that is complete."""
        return cls(lambda: value)
