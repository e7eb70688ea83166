"""``epidot ui [FOLDER]``"""

from __future__ import annotations

from pathlib import Path

import typer

from epidot.cli import options, output


def ui(
    folder: Path = typer.Argument(Path("."), help="Folder of recipes, runs and measured files."),
    port: int = typer.Option(0, "--port", min=0, max=65535, help="Port on this machine; 0: a free one."),
    browser: bool = typer.Option(True, "--browser/--no-browser", help="Open it in the browser."),
    as_json: bool = options.JSON,
) -> None:
    """The bench: recipes, runs, measurements and claims in the browser, on this machine only.

    Example: epidot ui my-dots/
    """
    from epidot.web.serve import serve

    def tell(link: str) -> None:
        if as_json:
            output.emit_json({"link": link, "folder": str(folder)})
        else:
            print(f"The bench is at {link}\nEnd it with Ctrl+C; jobs that are at work go on.")

    serve(folder, port, browser=browser, tell=tell)
