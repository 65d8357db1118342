"""Plain values of a pickle, read without unpickling: nothing that it asks for is ever run."""

import pickletools
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kl_annealing.errors import InputError

_MARK = object()


def read_plain_pickle(path: str | Path) -> Any:
    """Return the numbers, texts, lists, mappings and tuples of a pickle.

    Its opcodes are told by `pickletools.genops`, which runs none, and only those of `_OPCODES` are
    followed; byte strings of Python 2 are read as UTF-8 text. Raises InputError, with the opcode
    and its place, for any other (objects, functions, extensions), and for a damaged file.
    """
    machine = _Machine()
    try:
        with open(path, "rb") as file:
            for opcode, argument, place in pickletools.genops(file):
                if opcode.name not in _OPCODES:
                    raise InputError(
                        f"{path}: opcode {opcode.name} at byte {place} is not read; allowed are "
                        "numbers, texts, lists, mappings and tuples"
                    )
                _OPCODES[opcode.name](machine, argument)
        (value,) = machine.take(len(machine.stack))
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: not a whole pickle of plain values ({error})") from error
    return value


class _Machine:
    """The stack and the memory of a pickle that is being read."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memory: dict[int, Any] = {}

    def push(self, value: Any) -> None:
        """Put a value on the stack."""
        self.stack.append(value)

    def since_mark(self) -> list[Any]:
        """Take and return what was pushed since the last mark."""
        place = max(n for n, item in enumerate(self.stack) if item is _MARK)
        items = self.stack[place + 1 :]
        del self.stack[place:]
        return items

    def take(self, count: int) -> list[Any]:
        """Take and return the last `count` values."""
        if len(self.stack) < count or any(item is _MARK for item in self.stack[-count:]):
            raise ValueError("a value is missing")
        items = self.stack[-count:]
        del self.stack[-count:]
        return items

    def tuple(self, items: list[Any]) -> None:
        """Put items on the stack as one tuple."""
        self.push(tuple(items))

    def extend(self, items: list[Any]) -> None:
        """Add items to the list below them."""
        self.stack[-1].extend(items)

    def update(self, items: list[Any]) -> None:
        """Add keys and values, in turn, to the mapping below them."""
        self.stack[-1].update(zip(items[::2], items[1::2], strict=True))

    def store(self, place: int) -> None:
        """Remember the last value as that of a place."""
        self.memory[place] = self.stack[-1]


def _text(argument: str) -> str:
    """Return a byte string of Python 2, which `pickletools` shows as Latin-1, as UTF-8 text."""
    return argument.encode("latin-1").decode("utf-8")


def _nothing(machine: _Machine, argument: Any) -> None:
    pass


def _push(machine: _Machine, argument: Any) -> None:
    machine.push(argument)


def _store(machine: _Machine, argument: int) -> None:
    machine.store(argument)


def _recall(machine: _Machine, argument: int) -> None:
    machine.push(machine.memory[argument])


def _push_text(machine: _Machine, argument: str) -> None:
    machine.push(_text(argument))


_OPCODES: Mapping[str, Callable[[_Machine, Any], None]] = MappingProxyType(
    {
        **dict.fromkeys(("PROTO", "FRAME", "STOP"), _nothing),
        **dict.fromkeys(("BININT", "BININT1", "BININT2", "LONG1"), _push),
        **dict.fromkeys(("BINUNICODE", "SHORT_BINUNICODE"), _push),
        **dict.fromkeys(("BINSTRING", "SHORT_BINSTRING"), _push_text),
        **dict.fromkeys(("BINPUT", "LONG_BINPUT"), _store),
        **dict.fromkeys(("BINGET", "LONG_BINGET"), _recall),
        "MEMOIZE": lambda machine, _: machine.store(len(machine.memory)),
        "MARK": lambda machine, _: machine.push(_MARK),
        "EMPTY_LIST": lambda machine, _: machine.push([]),
        "EMPTY_DICT": lambda machine, _: machine.push({}),
        "EMPTY_TUPLE": lambda machine, _: machine.push(()),
        "TUPLE": lambda machine, _: machine.tuple(machine.since_mark()),
        "TUPLE1": lambda machine, _: machine.tuple(machine.take(1)),
        "TUPLE2": lambda machine, _: machine.tuple(machine.take(2)),
        "TUPLE3": lambda machine, _: machine.tuple(machine.take(3)),
        "APPEND": lambda machine, _: machine.extend(machine.take(1)),
        "APPENDS": lambda machine, _: machine.extend(machine.since_mark()),
        "SETITEM": lambda machine, _: machine.update(machine.take(2)),
        "SETITEMS": lambda machine, _: machine.update(machine.since_mark()),
    }
)
