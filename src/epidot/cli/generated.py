"""Typer commands made from what an instrument declares in its header."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from epidot.errors import InputError, nearest

if TYPE_CHECKING:
    from epidot.instruments.options import Option

_TYPES: dict[str, Any] = {
    "number": float,
    "integer": int,
    "text": str,
    "texts": list[str],
    "file": Path,
    "flag": bool,
    "choice": str,
    "standard": tuple[str, Path],
}


def techniques_in(argv: list[str], verb: str, apart: Collection[str] = ()) -> tuple[str, ...]:
    """The instruments whose options this call of ``verb`` needs: the one named, or all for ``--help``.

    ``apart`` are commands of the verb that belong to no instrument.

    Raises
    ------
    InputError
        If the technique named does not exist.
    """
    if not argv or argv[0] != verb:
        return ()
    from epidot import instruments

    known = instruments.names()
    if len(argv) > 1 and not argv[1].startswith("-"):
        if argv[1] in apart:
            return ()
        if argv[1] not in known:
            near = nearest(argv[1], (*known, *apart))
            raise InputError("no such technique", seen=argv[1], nearest=near)
        return (argv[1],)
    return known


def group(
    argv: list[str],
    verb: str,
    text: str,
    add: Callable[[typer.Typer, str], None],
    apart: Mapping[str, Callable[..., None]] | None = None,
) -> typer.Typer:
    """``epidot VERB TECHNIQUE``: one subcommand per instrument this call needs, each made by ``add``.

    ``apart`` are the verb's commands that belong to no instrument.
    """
    others = apart or {}
    app = typer.Typer(help=text, no_args_is_help=True, rich_markup_mode=None)
    for name in techniques_in(argv, verb, others):
        add(app, name)
    for name, command in others.items():
        if argv[:1] == [verb] and (len(argv) < 2 or argv[1] == name or argv[1].startswith("-")):
            app.command(name)(command)
    if not app.registered_commands:  # a group must not be empty; nothing was asked of it in this call

        @app.command("TECHNIQUE", help=f"`epidot {verb} --help` lists the instruments.")
        def none() -> None: ...

    return app


def parameter(option: Option, taken: set[str]) -> inspect.Parameter:
    """One keyword of a generated command; ``taken`` are the names of all options of it.

    An option named with its unit (``period_ns``) answers to the name without it too, where that is free.
    """
    flag = "--" + option.name.replace("_", "-")
    short = option.name.rsplit("_", 1)[0]
    has_short = option.name.endswith(("_ns", "_nm", "_eV")) and short not in taken
    flags = [flag, "--" + short.replace("_", "-")] if has_short else [flag]
    if option.kind == "flag":
        flags = [f"{flag}/--no{flag[1:]}"]
    text = option.description + (f" [{option.unit}]" if option.unit else "")
    if option.choices:
        text += f" ({' | '.join(option.choices)})"
    default = option.default
    if option.kind == "file" and default is not None:
        default = Path(default)
    kind: Any = _TYPES[option.kind]
    metavar = "STANDARD FILE" if option.kind == "standard" else None
    annotation = kind if default is not None else kind | None
    return inspect.Parameter(
        option.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=typer.Option(default, *flags, help=text, metavar=metavar),
        annotation=annotation,
    )


def with_options(function: Callable[..., Any], options: Iterable[Option], doc: str) -> Callable[..., Any]:
    """``function(..., **options)`` with ``**options`` replaced by the declared ones, for typer."""
    own = [p for p in inspect.signature(function).parameters.values() if p.kind is not p.VAR_KEYWORD]
    own = [p.replace(kind=p.KEYWORD_ONLY, annotation=_resolved(function, p)) for p in own]
    declared = list(options)
    taken = {option.name for option in declared} | {p.name for p in own}
    generated = [parameter(option, taken) for option in declared]

    def command(**keywords: Any) -> Any:
        return function(**keywords)

    everything = [*own, *generated]
    command.__signature__ = inspect.Signature(everything)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in everything}
    command.__doc__ = doc
    return command


def _resolved(function: Callable[..., Any], parameter: inspect.Parameter) -> Any:
    import typing

    return typing.get_type_hints(function, include_extras=True).get(parameter.name, parameter.annotation)
