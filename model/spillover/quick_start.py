"""Commands that take their arguments without pydantic where there is nothing to convert.

typer gives every argument to pydantic, even a text to be taken as it is or a default. To import it
takes longer than to load the model and score a sentence. How it does that is private to typer, so
this keeps to the versions that it was tried with; with others commands start as typer starts them.
"""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

_TRIED = "0.29."
"""The versions of typer whose parameters convert in this way begin with it."""


class QuickGroup(TyperGroup):
    """Commands as typer makes them, but for how arguments are converted."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take the arguments before the command's name."""
        _quicken(self, ctx)
        return super().parse_args(ctx, args)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of a name."""
        command = super().get_command(ctx, cmd_name)
        _quicken(command, ctx)
        return command


def _quicken(command: Any, ctx: Any) -> None:
    if command and typer.__version__.startswith(_TRIED):
        for parameter in command.get_params(ctx):
            parameter._runtime_param = parameter._runtime_param or _Converter()


class _Converter:
    """Stands in for typer's `RuntimeParam`, and calls it where it is needed."""

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        wanted = param.type_descriptor.annotation
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        if wanted == list[str]:
            return list(value)
        if isinstance(wanted, type) and isinstance(value, wanted):
            return value
        from typer._coercion import build_runtime_param

        return build_runtime_param(param.type_descriptor).coerce(value, param=param, ctx=ctx)
