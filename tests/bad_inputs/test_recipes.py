"""Every broken recipe of the folder says what its first lines promise: each fault, its line, nothing else.

``# expect: LINE: TEXT`` stands once for every fault that must be told; ``# variant: NAME`` says which
variant is read.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from epidot.errors import InputError
from epidot.recipe import recipe

FOLDER = Path(__file__).parent / "recipes"
FILES = sorted(FOLDER.glob("*.yaml"))
_EXPECT = re.compile(r"^# expect: (\d+): (.*)$", re.MULTILINE)
_VARIANT = re.compile(r"^# variant: (\S+)$", re.MULTILINE)


def test_there_are_enough_of_them() -> None:
    assert len(FILES) >= 40
    several = [f for f in FILES if len(_EXPECT.findall(f.read_text(encoding="utf-8"))) > 1]
    assert len(several) >= 5


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_says_what_is_wrong(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    expected = [(int(line), words) for line, words in _EXPECT.findall(text)]
    variant = _VARIANT.search(text)
    with pytest.raises(InputError) as caught:
        recipe.load(file, variant=variant.group(1) if variant else None)
    told = [str(fault) for fault in caught.value.faults]
    missing = [
        f"{line}: {words}"
        for line, words in expected
        if not any(t.startswith(f"{file}:{line}: ") and words in t for t in told)
    ]
    assert not missing, "told instead:\n" + "\n".join(told)
    assert len(told) == len(expected), "told:\n" + "\n".join(told)
