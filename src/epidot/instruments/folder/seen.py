"""What all instruments would show of one population: a folder of signals, as a laboratory hands it over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from epidot import files, instruments
from epidot.dot.layers import Population
from epidot.errors import EpidotError, InputError
from epidot.instruments.folder.naming import words_of_techniques
from epidot.instruments.folder.rules import IN_FOLDER
from epidot.signal.storage import save


@dataclass(frozen=True)
class Shown:
    """The file of one technique, or why it shows nothing."""

    technique: str
    file: str
    reason: str = ""


def file_names(sample: str) -> dict[str, str]:
    """The file of each technique in the folder, named so that ``measure auto`` finds the sample again."""
    clean = "".join(c if c.isalnum() or c in "-. " else " " for c in sample).strip() or "sample"
    return {name: f"{clean}_{name}.csv" for name in instruments.names()}


def show(
    dots: Population,
    folder: Path,
    sample: str,
    seed: int = 0,
    progress: Callable[[float, str], None] | None = None,
) -> list[Shown]:
    """Write what every instrument shows of ``dots`` in its usual set-up into ``folder``.

    Beside the signals stands what is known of the sample without measuring it: which crystal the core is.
    The noise of each instrument is the same whatever the others do.

    Raises
    ------
    CannotWrite
        If there is no place for the files.
    InputError
        If the sample's name is nothing but words of techniques.
    """
    names = file_names(sample)
    if not set(sample.lower().split()) - words_of_techniques():
        what = "this name of a sample is a word of a technique: its files could not be told from others"
        raise InputError(what, seen=sample, remedy="name the sample otherwise")
    files.make_folder(folder)
    out = []
    for i, (technique, name) in enumerate(names.items()):
        if progress is not None:
            progress(i / len(names), technique)
        rng = np.random.default_rng([seed, *technique.encode()])
        try:
            signal = instruments.instrument(technique).simulate(dots, {}, rng=rng)
        except EpidotError as error:
            out.append(Shown(technique, "", str(error)))
            continue
        save(signal, folder / name)
        out.append(Shown(technique, name))
    files.write(folder / IN_FOLDER, _rules(dots, names))
    return out


def _rules(dots: Population, names: dict[str, str]) -> str:
    core = dots.dot.core
    known: dict[str, dict[str, str | float]] = {"uvvis": {"material": core}}
    if dots.dot.shells:
        shells = " ".join(layer.material for layer in dots.dot.shells)
        known["xps"] = {"core": core, "diameter_nm": round(dots.dot.core_diameter_nm, 4), "shell": shells}
    else:
        known["xrd"] = {"phase": core}
    tube = {option.name: option.default for option in instruments.instrument("nmr").HEADER.setup}
    known["nmr"] = {"standard": "ferrocene", **{k: tube[k] for k in ("standard_nmol", "dots_nmol")}}
    lines = [
        "# What is known of these files without measuring them; `epidot measure auto` reads it.",
        "files:",
    ]
    for technique, options in known.items():
        if technique in names:
            told = ", ".join(f"{name}: {value}" for name, value in options.items())
            rule = f"pattern: '{names[technique]}', technique: {technique}, options: {{{told}}}"
            lines.append(f"- {{{rule}}}")
    return "\n".join(lines) + "\n"
