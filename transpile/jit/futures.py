"""``torch.futures``: results that are there at once, or that somebody sets."""

from __future__ import annotations

import builtins
import threading
import typing
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from transpile.core.script_markers import is_tracing

_T = TypeVar("_T")


class Future(typing.Generic[_T]):
    """A result that may not be there yet.

    ``wait`` blocks until another thread has called ``set_result`` or ``set_exception``.
    """

    def __init__(self, *, devices: Any = None) -> None:
        self._ready = threading.Condition()
        self._done = False
        self._value: Any = None
        self._error: Exception | None = None
        self._callbacks: list[Callable[[Any], Any]] = []

    @classmethod
    def run(cls, task: Callable[[], Any]) -> Future[Any]:
        """The future of a task that runs now; what the task raises is raised by ``wait``."""
        made: Future[Any] = cls()
        try:
            made.set_result(task())
        except Exception as error:
            made.set_exception(error)
        return made

    def done(self) -> bool:
        """Whether the result or an exception is there."""
        return self._done

    def wait(self) -> Any:
        """The result; what ``set_exception`` was given is raised."""
        with self._ready:
            self._ready.wait_for(self.done)
        if not is_tracing():
            return self.value()
        from transpile.jit.tracing.calls import active_tracer, record_wait

        tracer = active_tracer()
        return self.value() if tracer is None else record_wait(tracer, self, self.value())

    def value(self) -> Any:
        """The result of a future that is done; ``RuntimeError`` if it is not."""
        if not self._done:
            raise RuntimeError("the future is not done: its value is not there yet")
        if self._error is not None:
            raise self._error
        return self._value

    def set_result(self, result: Any) -> None:
        """Give the future its result, once."""
        self._finish(result, None)

    def set_exception(self, result: Exception) -> None:
        """Let ``wait`` raise ``result``."""
        self._finish(None, result)

    def _finish(self, value: Any, error: Exception | None) -> None:
        with self._ready:
            if self._done:
                raise RuntimeError("Attempting to mark a completed Future as complete again")
            self._value, self._error, self._done = value, error, True
            self._ready.notify_all()
            waiting, self._callbacks = self._callbacks, []
        for callback in waiting:
            callback(self)

    def add_done_callback(self, callback: Callable[[Any], Any]) -> None:
        """Call ``callback`` with this future when it is done; at once if it is."""
        with self._ready:
            if not self._done:
                self._callbacks.append(callback)
                return
        callback(self)

    def then(self, callback: Callable[[Any], Any]) -> Future[Any]:
        """The future of what ``callback`` makes of this one."""
        result: Future[Any] = Future()

        def finish(done: Any) -> None:
            try:
                result.set_result(callback(done))
            except Exception as error:
                result.set_exception(error)

        self.add_done_callback(finish)
        return result


def fork(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Future[Any]:
    """Start ``func`` as a task; in plain Python it runs at once."""
    made: Future[Any] = Future()
    if is_tracing():
        from transpile.jit.tracing.calls import active_tracer, record_fork

        tracer = active_tracer()
        if tracer is not None:
            return record_fork(tracer, made, func, args, kwargs)  # type: ignore[no-any-return]
    made.set_result(func(*args, **kwargs))
    return made


def wait(future: Any) -> Any:
    """The result of a future; ``TypeError`` if it is none."""
    if not builtins.isinstance(future, Future):
        raise TypeError(f"wait(): expected a torch.jit.Future, got {type(future).__name__}")
    return future.wait()


def collect_all(futures: Sequence[Future[Any]]) -> Future[Any]:
    """The future of the list of all futures, done when all of them are."""
    pending = list(futures)
    result: Future[Any] = Future()
    left = [len(pending)]

    def one_less(_: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            result.set_result(pending)

    for future in pending:
        future.add_done_callback(one_less)
    if not pending:
        result.set_result([])
    return result


def wait_all(futures: Sequence[Future[Any]]) -> list[Any]:
    """The results of all futures, in order."""
    return [future.wait() for future in futures]


__all__ = ["Future", "collect_all", "fork", "wait", "wait_all"]
