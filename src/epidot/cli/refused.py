"""What the parser of the command line refuses, told as every other fault: what, where, seen, nearest, remedy.

The parser's errors are known by their names and fields alone: typer carries click's classes in some
versions and its own in others.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from epidot.errors import Fault, InputError, nearest

_OPTION = re.compile(r"\b(?:the )?option ([A-Za-z][A-Za-z0-9_]*)")


def is_refusal(error: Exception) -> bool:
    """Whether the parser refuses the words of the command line."""
    return "UsageError" in _kinds(error)


def is_told(error: Exception) -> bool:
    """Whether the error is told in the words of the command line."""
    return isinstance(error, InputError) or is_refusal(error)


def is_help(error: Exception) -> bool:
    """Whether a group was called bare, so that its help is the answer."""
    return "NoArgsIsHelpError" in _kinds(error)


def told(error: Exception, top: Any, words: Sequence[str]) -> InputError:
    """The fault in ``words`` that the parser of the command ``top`` found, or what the command refused."""
    if isinstance(error, InputError):
        return _spelled(error, top, words)
    where, command = _command(top, words)
    said: Any = error
    kinds, message = _kinds(error), str(getattr(error, "message", error))
    help_of = f"`{where} --help` shows what can be said"
    given = [word.split("=")[0] for word in words if word.startswith("-")]
    if "NoSuchOption" in kinds:
        name = str(said.option_name)
        flags = [flag for one in command.params for flag in (*one.opts, *one.secondary_opts)]
        return InputError("no such option", where, seen=name, nearest=nearest(name, flags), remedy=help_of)
    if "MissingParameter" in kinds:
        what = f"{_name(said.param)} is missing"
        return InputError(what, where, remedy=_example(command) or help_of)
    if "BadOptionUsage" in kinds:
        flag = str(said.option_name)
        one = next((p for p in command.params if flag in (*p.opts, *p.secondary_opts)), None)
        if "does not take" in message:
            seen = next((w for w in words if w.startswith(f"{flag}=")), flag)
            return InputError(f"{flag} takes no value", where, seen=seen, remedy=f"write {flag} alone")
        what = f"{flag} needs a value" + (f": {_wanted(one)}" if one is not None else "")
        return InputError(what, where, seen=flag, remedy=f"write {flag} and the value after it")
    if "BadParameter" in kinds and getattr(said, "param", None) is not None:
        flag = next((f for f in said.param.opts if f in given), _name(said.param))
        return InputError(
            f"{flag} must be {_wanted(said.param)}",
            where,
            seen=_value(words, said.param.opts),
            remedy=help_of,
        )
    if "No such command" in message:
        known = list(getattr(command, "commands", {}))
        name = next((w for w in words[where.count(" ") :] if not w.startswith("-")), "")
        return InputError("no such command", where, seen=name, nearest=nearest(name, known), remedy=help_of)
    if "unexpected extra argument" in message:
        seen = message[message.rfind("(") + 1 : message.rfind(")")]
        remedy = _example(command) or help_of
        return InputError("more words than the command takes", where, seen=seen, remedy=remedy)
    return InputError(Fault(message.rstrip(".") or "cannot be understood", where, remedy=help_of))


def _spelled(error: InputError, top: Any, words: Sequence[str]) -> InputError:
    """The same with the options of the command in ``words`` called as they are typed.

    Instruments call them by their names in Python, ``the option delta_ms``.
    """
    flags = {flag for one in _command(top, words)[1].params for flag in one.opts}

    def flag(hit: re.Match[str]) -> str:
        name = "--" + hit[1].replace("_", "-")
        return name if name in flags else hit[0]

    def of(text: str | None) -> str | None:
        return None if text is None else _OPTION.sub(flag, text)

    # the kind of the error stays: others look at it
    error.__init__([replace(f, what=str(of(f.what)), remedy=of(f.remedy)) for f in error.faults])  # type: ignore[misc]
    return error


def _kinds(error: Exception) -> list[str]:
    return [kind.__name__ for kind in type(error).__mro__]


def _command(top: Any, words: Sequence[str]) -> tuple[str, Any]:
    """The command that the words lead to, and what it is called with."""
    where, command = "epidot", top
    for word in words:
        if word not in getattr(command, "commands", {}):
            break
        where, command = f"{where} {word}", command.commands[word]
    return where, command


def _name(parameter: Any) -> str:
    if parameter.param_type_name == "option":
        return str(max(parameter.opts, key=len))
    return str(parameter.metavar or parameter.name).strip("[]. ").upper()


def _wanted(parameter: Any) -> str:
    """What a value of it is, in words."""
    described = getattr(parameter, "type_descriptor", None)
    kind = parameter if described is not None else parameter.type
    name = described.annotation.__name__ if described is not None else str(getattr(kind, "name", ""))
    word = "a whole number" if "int" in name else "a number" if "float" in name else ""
    if not word:
        return "a file" if "path" in name.lower() else "a text"
    low, high = getattr(kind, "min", None), getattr(kind, "max", None)
    if low is not None and high is not None:
        return f"{word} from {low:g} to {high:g}"
    return f"{word}, {low:g} or more" if low is not None else word


def _value(words: Sequence[str], flags: Sequence[str]) -> str | None:
    for word, after in zip(words, [*words[1:], ""], strict=True):
        name, equals, value = word.partition("=")
        if name in flags:
            return value if equals else after
    return None


def _example(command: Any) -> str | None:
    """The first example of its help."""
    text = " ".join(str(command.help or "").split())
    for mark in ("Example: ", "Examples: "):
        if mark in text:
            return f"for example `{text.split(mark, 1)[1].split('; ')[0].rstrip('.')}`"
    return None
