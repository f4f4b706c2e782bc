"""Functions with two variants, chosen by a boolean argument at compile time: ``F.max_pool2d(return_indices=...)``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from transpile.core.errors import ScriptTypeError
from transpile.core.source import SourceRange
from transpile.script.values import Actual, Sugared

if TYPE_CHECKING:
    from transpile.script.emitter import Emitter


class BooleanDispatch(Sugared):
    """``choice`` is ``(argument, position, default, if_true, if_false)``."""

    kind = "function"

    def __init__(self, choice: tuple[str, int, bool, Any, Any]) -> None:
        self.name, self.index, self.default, self.if_true, self.if_false = choice

    def call(
        self, e: Emitter, range: SourceRange | None, arguments: Sequence[Actual], keywords: Sequence[Actual]
    ) -> Sugared:
        given = arguments[self.index].value if self.index < len(arguments) else None
        for keyword in keywords:
            if keyword.name == self.name:
                given = keyword.value
        flag = self.default if given is None else given.literal
        if not isinstance(flag, bool):
            raise ScriptTypeError(
                f"value for boolean argument '{self.name}' must be known at compile time",
                range,
                hint="write True or False",
            )
        return self._chosen(e, flag, range).call(e, range, arguments, keywords)

    def _chosen(self, e: Emitter, flag: bool, range: SourceRange | None) -> Sugared:
        from transpile.script.python_values import sugared

        return sugared(e.unit, e, self.if_true if flag else self.if_false, range)
