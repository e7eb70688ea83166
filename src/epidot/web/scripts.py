"""What was clicked, as a command and as Python: both reproduce it exactly."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from epidot.instruments.options import Option


def command(*words: object) -> str:
    """One line for the shell."""
    return shlex.join(["epidot", *map(str, words)])


def flags(options: Mapping[str, Any], declared: Iterable[Option] = ()) -> list[str]:
    """Options as words of a command line; what is ``None`` was not given."""
    kinds = {option.name: option.kind for option in declared}
    words: list[str] = []
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is None:
            continue
        if kinds.get(name) == "flag" or isinstance(value, bool):
            words.append(flag if value else f"--no{flag[1:]}")
        elif isinstance(value, list | tuple):
            words += [flag, *map(str, value)] if kinds.get(name) == "standard" else _each(flag, value)
        else:
            words += [flag, str(value)]
    return words


def _each(flag: str, values: Sequence[object]) -> list[str]:
    return [word for value in values for word in (flag, str(value))]


def call(function: str, *arguments: object, **options: object) -> str:
    """A call in Python; what is ``None`` was not given."""
    given = [repr(_plain(a)) for a in arguments]
    given += [f"{name}={_plain(value)!r}" for name, value in options.items() if value is not None]
    return f"{function}({', '.join(given)})"


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Path) else value


def of_run(recipe: str, **options: Any) -> str:
    """A run in Python, with what it found at the end."""
    line = call("epidot.run", recipe, **options)
    return (
        f"import epidot\n\nbatch = {line}\nfor sample in batch.samples:\n"
        '    print(sample.name, sample.quantities.get("plqy"))\n'
    )


def of_measurement(
    technique: str, file: str, reading: Mapping[str, Any], measuring: Mapping[str, Any]
) -> str:
    """A measurement in Python."""
    return (
        f"import epidot\n\ndevice = epidot.instrument({technique!r})\n"
        f"signal = {call('device.read', file, **reading)}\n"
        f"found = {call('device.measure', _Name('signal'), **measuring)}\n"
        "for name, quantity in found.items():\n"
        "    print(name, quantity.value, quantity.sigma, quantity.unit)\n"
    )


def of_series(technique: str, names: Sequence[str], options: Mapping[str, Any]) -> str:
    """A row for each file in Python, all by one set-up."""
    return (
        f"import epidot\n\nrows = {call('epidot.measure_files', technique, list(names), **options)}\n"
        "for row in rows:\n    found = row.found or {}\n"
        "    print(row.file, row.column, {name: (q.value, q.sigma) for name, q in found.items()})\n"
    )


def of_claims(ids: Sequence[str]) -> str:
    """Claims in Python."""
    return (
        f"import epidot\n\nfor one in {call('epidot.claims', ids=list(ids))}:\n"
        "    print(one.id, one.value, one.sigma, one.verdict)\n"
    )


def of_simulation(technique: str, run: str, sample: str, setup: Mapping[str, Any]) -> str:
    """A simulated measurement in Python."""
    more = f", {dict(setup)!r}" if setup else ""
    return (
        f"import epidot\nimport numpy as np\n\nbatch = epidot.Batch.load({f'{run}/batch.nc'!r})\n"
        f"dots = batch.sample({sample!r}).population\ndevice = epidot.instrument({technique!r})\n"
        f"signal = device.simulate(dots{more}, rng=np.random.default_rng(0))\n"
        f"epidot.save_signal(signal, {f'{technique}.csv'!r})\n"
    )


class _Name:
    """A variable of the script."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name
