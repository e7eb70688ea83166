"""One-line formulas of a claim's check, evaluated in a closed vocabulary.

Only arithmetic, comparisons, ``and``/``or``/``not``, lists and calls of known words are allowed; the
text is parsed by :mod:`ast` and walked here, and nothing of it is ever executed as Python.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from epidot.errors import Fault, InputError, nearest

MAX_LENGTH = 1000
_MAX_POWER = 64.0  # guards against 9**9**9

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}


@dataclass(frozen=True)
class Formula:
    """A parsed formula; ``words`` are the names it calls, ``names`` the values it reads."""

    text: str
    tree: ast.expr
    words: frozenset[str]
    names: frozenset[str]

    def value(self, words: Mapping[str, Callable[..., Any]], names: Mapping[str, Any]) -> Any:
        """Evaluate with the functions ``words`` and the values ``names`` (both checked by :func:`parse`)."""
        return _walk(self.tree, words, names)


def parse(text: object, words: Iterable[str], names: Iterable[str]) -> Formula:
    """Parse ``text``; every word called and every name read must be known.

    Raises
    ------
    InputError
        If it is not a formula of the allowed kind, with the nearest known names.
    """
    source = text if isinstance(text, str) else repr(text)
    if len(source) > MAX_LENGTH:
        raise InputError(f"a formula is at most {MAX_LENGTH} characters", seen=source[:40] + "...")
    try:
        tree = ast.parse(source.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise InputError("not a formula", seen=source, remedy="write e.g. (a - b) / b") from None
    known_words, known_names = set(words), set(names)
    called: set[str] = set()
    read: set[str] = set()
    faults: list[Fault] = []
    _check(tree, known_words, known_names, called, read, faults)
    if faults:
        raise InputError(faults)
    return Formula(source, tree, frozenset(called), frozenset(read))


def _check(
    node: ast.AST, words: set[str], names: set[str], called: set[str], read: set[str], faults: list[Fault]
) -> None:
    children: list[ast.AST] = []
    match node:
        case ast.Constant(value=bool() | int() | float() | str()):
            pass
        case ast.Name(id=name):
            read.add(name)
            if name not in names:
                faults.append(Fault("unknown name in a formula", seen=name, nearest=nearest(name, names)))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            children = [left, right]
        case ast.UnaryOp(op=op1, operand=operand) if type(op1) in _UNARY:
            children = [operand]
        case ast.BoolOp(values=values):
            children = list(values)
        case ast.Compare(left=left, ops=ops, comparators=others) if all(type(o) in _COMPARE for o in ops):
            children = [left, *others]
        case ast.List(elts=items) | ast.Tuple(elts=items):
            children = list(items)
        case ast.Subscript(value=of, slice=index):
            children = [of, index]
        case ast.Call(func=func, args=args, keywords=keywords) if all(k.arg for k in keywords):
            word = _dotted(func)
            if word is None or word not in words:
                seen = ast.unparse(func)
                faults.append(
                    Fault("unknown word in a formula", seen=seen, nearest=nearest(word or "", words))
                )
            else:
                called.add(word)
            children = [*args, *(k.value for k in keywords)]
        case _:
            faults.append(Fault("not allowed in a formula", seen=ast.unparse(node)))
    for child in children:
        _check(child, words, names, called, read, faults)


def _dotted(node: ast.expr) -> str | None:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=base, attr=attr):
            front = _dotted(base)
            return None if front is None else f"{front}.{attr}"
    return None


def _walk(node: ast.expr, words: Mapping[str, Callable[..., Any]], names: Mapping[str, Any]) -> Any:
    def go(child: ast.expr) -> Any:
        return _walk(child, words, names)

    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return names[name]
        case ast.BinOp(left=left, op=op, right=right):
            a, b = go(left), go(right)
            if isinstance(op, ast.Pow) and isinstance(b, (int, float)) and abs(b) > _MAX_POWER:
                raise InputError(f"a power above {_MAX_POWER:g} in a formula", seen=str(b))
            return _BINARY[type(op)](a, b)
        case ast.UnaryOp(op=op1, operand=operand):
            return _UNARY[type(op1)](go(operand))
        case ast.BoolOp(op=op2, values=values):
            if isinstance(op2, ast.And):
                return all(_truth(go(v)) for v in values)
            return any(_truth(go(v)) for v in values)
        case ast.Compare(left=left, ops=ops, comparators=others):
            sides = [go(left), *(go(o) for o in others)]
            return all(
                _truth(_COMPARE[type(op3)](a, b))
                for op3, a, b in zip(ops, sides[:-1], sides[1:], strict=True)
            )
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [go(item) for item in items]
        case ast.Subscript(value=of, slice=index):
            return go(of)[go(index)]
        case ast.Call(func=func, args=args, keywords=keywords):
            word = words[_dotted(func) or ""]
            return word(*[go(a) for a in args], **{k.arg or "": go(k.value) for k in keywords})
    raise AssertionError(f"unchecked formula: {ast.dump(node)}")  # parse() has refused everything else


def _truth(value: Any) -> bool:
    """A comparison of a whole series holds when it holds for every member."""
    return bool(np.all(value))
