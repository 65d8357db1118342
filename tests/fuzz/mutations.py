"""Ways to spoil a file of data, drawn from a generator of random numbers."""

import gzip
from collections.abc import Callable
from random import Random

Mutation = Callable[[bytes, Random], bytes]


def flipped(content: bytes, chance: Random) -> bytes:
    """Return the content with one to three bits turned round."""
    spoilt = bytearray(content)
    for _ in range(chance.randint(1, 3)):
        spoilt[chance.randrange(len(spoilt))] ^= 1 << chance.randrange(8)
    return bytes(spoilt)


def truncated(content: bytes, chance: Random) -> bytes:
    """Return the beginning."""
    return content[: chance.randrange(len(content))]


def without_a_part(content: bytes, chance: Random) -> bytes:
    """Return the content without up to sixty bytes from within."""
    start = chance.randrange(len(content))
    return content[:start] + content[start + chance.randint(1, 60) :]


def with_fewer_lines(content: bytes, chance: Random) -> bytes:
    """Return some of the lines."""
    return b"".join(line for line in content.splitlines(True) if chance.random() < 0.6)


def with_doubled_lines(content: bytes, chance: Random) -> bytes:
    """Return the lines, some twice and all in another order."""
    lines = content.splitlines(True)
    lines += chance.choices(lines, k=len(lines) // 2 + 1)
    chance.shuffle(lines)
    return b"".join(lines)


def with_oddities(content: bytes, chance: Random) -> bytes:
    """Return the content with control characters, odd blanks, numbers that are none, markers."""
    blanks = ("\0", "\r", "\x1b[2J", "\x07", "\u2028", "\u200b", "\ufeff", "\t\t", "\n\n\n")
    words = ("nan", "inf", "-1", "1e999", "<s>", "</s>", "<pad>", "null", "{}", "[]", '"', "é" * 50)
    start = chance.randrange(len(content) + 1)
    return content[:start] + chance.choice(blanks + words).encode() + content[start:]


def with_another_value(content: bytes, chance: Random) -> bytes:
    """Return the content with one word, number or name exchanged for another kind of thing."""
    words = content.split(b" ")
    values = (
        b"nan",
        b"Infinity",
        b"-1e400",
        b"null",
        b"true",
        b"[]",
        b"{}",
        b'""',
        b"99999999999999999999",
        b"x" * 300,
    )
    words[chance.randrange(len(words))] = chance.choice(values)
    return b" ".join(words)


def with_a_very_long_line(content: bytes, chance: Random) -> bytes:
    """Return the content with one line of a hundred thousand words or letters."""
    lines = content.splitlines(True)
    lines.insert(chance.randint(0, len(lines)), chance.choice((b"word ", b"w")) * 100_000 + b"\n")
    return b"".join(lines)


def in_another_encoding(content: bytes, chance: Random) -> bytes:
    """Return the text as another program or system would have written it."""
    text = content.decode("utf-8", "replace")
    name = chance.choice(("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "latin-1", "cp037"))
    return text.replace("a", "ä").encode(name, "replace")


def with_other_ends_of_lines(content: bytes, chance: Random) -> bytes:
    """Return the lines as old or other systems end them."""
    return content.replace(b"\n", chance.choice((b"\r", b"\r\n", b"\n\r")))


def emptied(content: bytes, chance: Random) -> bytes:
    """Return nothing, or nothing but blanks."""
    return chance.choice((b"", b"\n", b" \n\t\n", b"\0" * 100))


def compressed(content: bytes, chance: Random) -> bytes:
    """Return the content as somebody forgot to unpack it."""
    return gzip.compress(content)


MUTATIONS: tuple[Mutation, ...] = (
    flipped,
    truncated,
    without_a_part,
    with_fewer_lines,
    with_doubled_lines,
    with_oddities,
    with_another_value,
    with_a_very_long_line,
    in_another_encoding,
    with_other_ends_of_lines,
    emptied,
    compressed,
)
