"""Assembles the commands.  Only what the command at hand needs is imported: ``--help`` stays fast."""

from __future__ import annotations

import typer

EPILOG = (
    "Every command takes --json and has --help with an example.  Exit status: 0 done, 1 failed, 2 bad input."
)


def build(argv: list[str]) -> typer.Typer:
    """The application for this call; the instruments' own options are generated only when they are used."""
    from epidot.cli import claims, dose, fit, lint, measure, read, run, simulate

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

    app.command("run")(run.run)
    app.command("dose")(dose.dose)
    app.command("read")(read.read)
    app.add_typer(measure.commands(argv), name="measure")
    app.add_typer(fit.commands(argv), name="fit")
    app.add_typer(simulate.commands(argv), name="simulate")
    app.command("claims")(claims.claims)
    app.command("lint")(lint.lint)
    return app
