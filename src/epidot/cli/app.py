"""Assembles the commands.  Only what the command at hand needs is imported: ``--help`` stays fast."""

from __future__ import annotations

from importlib import import_module

import typer

EPILOG = (
    "Every command takes --json and has --help with an example.  Exit status: 0 done, 1 failed, 2 bad input."
)


COMMANDS = (
    "run",
    "describe",
    "sweep",
    "calibrate",
    "suggest",
    "dose",
    "read",
    "measure",
    "fit",
    "simulate",
    "claims",
    "lint",
    "ui",
)


def build(argv: list[str]) -> typer.Typer:
    """The application for this call: the command it names, or all for ``--help`` and a misspelt one.

    The instruments' own options are generated only when they are used.
    """
    app = typer.Typer(
        name="epidot",
        help="From a quantum-dot recipe to light, and from a measured file to a number with an honest error.",
        epilog=EPILOG,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )

    @app.callback(invoke_without_command=True)
    def top(version: bool = typer.Option(False, "--version", help="Show the version and leave.")) -> None:
        if version:
            from epidot import __version__

            print(__version__)
            raise typer.Exit

    for name in argv[:1] if argv[:1] and argv[0] in COMMANDS else COMMANDS:
        command = import_module(f"epidot.cli.{name}")
        if hasattr(command, "commands"):  # one subcommand for each instrument
            app.add_typer(command.commands(argv), name=name)
        else:
            app.command(name)(getattr(command, name))
    return app
