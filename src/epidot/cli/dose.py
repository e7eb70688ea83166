"""``epidot dose``"""

from __future__ import annotations

from pathlib import Path

import typer

from epidot.cli import options, output


def dose(
    core: str = typer.Option("InP", "--core", help="Material of the core."),
    diameter: str | None = typer.Option(None, "--diameter", help='Core diameter, e.g. "3.3nm".'),
    peak: str | None = typer.Option(None, "--peak", help='First exciton peak instead, e.g. "580nm".'),
    amount: str | None = typer.Option(None, "--amount", help='Amount of dots, e.g. "220nmol".'),
    absorbance: float | None = typer.Option(
        None, "--absorbance", help="Absorbance at the first exciton instead."
    ),
    path: str | None = typer.Option(None, "--path", help="Optical path of the absorbance; default: 1cm."),
    volume: str | None = typer.Option(None, "--volume", help='Volume of the solution measured, e.g. "5mL".'),
    shell: list[str] = typer.Option([], "--shell", help="MATERIAL:LAYERS, from inside out; may be repeated."),
    layer: str = typer.Option(
        "d111", "--layer", help='What one layer is: d111, half-lattice, or e.g. "0.35nm".'
    ),
    excess: float = typer.Option(1.0, "--excess", help="Multiply every precursor by this."),
    stock: list[str] = typer.Option(
        [], "--stock", help='Stock concentration, e.g. "zinc oleate=0.5M"; repeatable.'
    ),
    materials: Path | None = options.MATERIALS,
    as_json: bool = options.JSON,
) -> None:
    """How much precursor for how many layers, with the layer convention said aloud.

    Example: epidot dose --core InP --peak 580nm --amount 220nmol --shell ZnSe:2 --shell ZnS:3
    """
    from epidot.recipe.dose import from_text

    result = from_text(
        core=core,
        diameter=diameter,
        peak=peak,
        amount=amount,
        absorbance=absorbance,
        path=path,
        volume=volume,
        shells=shell,
        layer=layer,
        excess=excess,
        stocks=stock,
    )
    if as_json:
        output.emit_json(result.to_json())
    else:
        print(result.text())
