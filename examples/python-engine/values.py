"""
The value format: MessagePack with Yardmaster's extensions. See docs/PROTOCOL.md, part 2.

Python has fewer kinds of values: undefined becomes None, a BigInt an int (which goes back as a number up to 2**53), an array
with holes a list, a RegExp a tuple of source and flags.
"""

import struct
from array import array
from datetime import datetime, timezone

TYPE_CODES = {1: "b", 2: "B", 3: "h", 4: "H", 5: "i", 6: "I", 7: "f", 8: "d", 9: "q", 10: "Q"}
ELEMENT_TYPES = {code: element for element, code in TYPE_CODES.items() if element != 2}


class Payload:
    """Opaque bytes in a header: a body, and the frames of its large buffers."""

    def __init__(self, frames):
        self.frames = frames


class JavaScriptError(Exception):
    """An error value of the other side."""

    def __init__(self, name, message, stack=None, fields=None):
        super().__init__(name, message, stack, fields)
        self.name, self.message, self.stack, self.fields = name, message, stack, fields or {}

    def __str__(self):
        return f"{self.name}: {self.message}"


def decode(body, frames=()):
    """A value. `frames`: those of its payload, the body being number 0; in a header, those of its message."""
    reader = Reader(body, frames)
    value = reader.value()
    if reader.at != len(body):
        raise ValueError("bytes behind the value")
    return value


class Reader:
    def __init__(self, body, frames):
        self.body, self.frames, self.at, self.defined = body, frames, 0, {}

    def take(self, count):
        piece = self.body[self.at : self.at + count]
        if len(piece) < count:
            raise ValueError("the value is cut off")
        self.at += count
        return piece

    def unpack(self, form):
        return struct.unpack(">" + form, self.take(struct.calcsize(form)))[0]

    def value(self, hold=None):
        """`hold` is called with a list or dict before it is filled, so that a cycle can refer to it."""
        tag = self.unpack("B")
        if tag < 0x80:
            return tag
        if tag < 0x90:
            return self.map(tag & 0x0F, hold)
        if tag < 0xA0:
            return self.array(tag & 0x0F, hold)
        if tag < 0xC0:
            return self.take(tag & 0x1F).decode()
        if tag >= 0xE0:
            return tag - 0x100
        if tag in (0xC0, 0xC2, 0xC3):
            return {0xC0: None, 0xC2: False, 0xC3: True}[tag]
        if tag in (0xC4, 0xC5, 0xC6):
            return bytes(self.take(self.unpack("BHI"[tag - 0xC4])))
        if tag in (0xC7, 0xC8, 0xC9):
            return self.extension(self.unpack("BHI"[tag - 0xC7]), hold)
        if tag in (0xCA, 0xCB):
            number = self.unpack("fd"[tag - 0xCA])
            # JavaScript's integers beyond 32 bits come as float 64.
            return int(number) if number.is_integer() and 2**31 <= abs(number) <= 2**53 else number
        if 0xCC <= tag <= 0xCF:
            return self.unpack("BHIQ"[tag - 0xCC])
        if 0xD0 <= tag <= 0xD3:
            return self.unpack("bhiq"[tag - 0xD0])
        if 0xD4 <= tag <= 0xD8:
            return self.extension(1 << (tag - 0xD4), hold)
        if tag in (0xD9, 0xDA, 0xDB):
            return self.take(self.unpack("BHI"[tag - 0xD9])).decode()
        if tag in (0xDC, 0xDD):
            return self.array(self.unpack("HI"[tag - 0xDC]), hold)
        if tag in (0xDE, 0xDF):
            return self.map(self.unpack("HI"[tag - 0xDE]), hold)
        raise ValueError(f"no value begins with {tag:#x}")

    def array(self, count, hold=None):
        items = []
        if hold:
            hold(items)
        for _ in range(count):
            items.append(self.value())
        return items

    def map(self, count, hold=None):
        fields = {}
        if hold:
            hold(fields)
        for _ in range(count):
            key = self.value()
            fields[key] = self.value()
        return fields

    def extension(self, length, hold=None):
        kind = self.unpack("b")
        end = self.at + length
        value = self.extended(chr(kind), end, hold)
        if self.at != end:
            raise ValueError(f"an extension of type {kind} has another length than it says")
        return value

    def extended(self, kind, end, hold):
        if kind == "\0":
            self.take(1)
            return None
        if kind == "A":
            length, *entries = self.value()
            items = [None] * length
            for key, item in zip(entries[::2], entries[1::2]):
                if isinstance(key, int):
                    items[key] = item
            return items
        if kind == "B":
            negative, *_ = self.take(1)
            number = int.from_bytes(self.take(end - self.at), "big")
            return -number if negative else number
        if kind == "D":
            return datetime.fromtimestamp(self.unpack("d") / 1000, timezone.utc)
        if kind == "E":
            return JavaScriptError(*self.value())
        if kind == "F":
            element, index = self.unpack("B"), self.unpack("I")
            return typed(element, self.frames[index])
        if kind == "I":
            number = self.unpack("I")
            value = self.value(lambda open_value: self.defined.update({number: open_value}))
            self.defined[number] = value
            return value
        if kind == "J":
            return self.defined[self.unpack("I")]
        if kind == "M":
            items = self.value()
            return dict(zip(items[::2], items[1::2]))
        if kind == "O":
            return self.value()
        if kind == "P":
            return Payload([bytes(self.take(end - self.at))])
        if kind == "Q":
            first, count = self.unpack("I"), self.unpack("I")
            return Payload(self.frames[first : first + count])
        if kind == "R":
            return tuple(self.value())
        if kind == "S":
            return set(self.value())
        if kind == "T":
            return typed(self.unpack("B"), self.take(end - self.at))
        if kind == "U":
            return self.take(end - self.at).decode("utf-16-le", "surrogatepass")
        if kind == "V":
            element, offset, count, buffer = self.value()
            width = array(TYPE_CODES[element]).itemsize if element in TYPE_CODES else 1
            return typed(element, bytes(buffer)[offset : offset + count * width])
        raise ValueError(f"unknown extension {kind!r}")


def typed(element, data):
    return array(TYPE_CODES[element], bytes(data)) if element in TYPE_CODES else bytes(data)


def encode(value):
    """One frame: large buffers are written inline, which the format allows."""
    if value is None:
        return b"\xc0"
    if value is True or value is False:
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return integer(value)
    if isinstance(value, float):
        return struct.pack(">Bd", 0xCB, value)
    if isinstance(value, str):
        return text(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        data = bytes(value)
        return head(len(data), (0xC4, 0xC5, 0xC6)) + data
    if isinstance(value, (list, tuple, range)):
        return collection(len(value), 0x90, 0xDC) + b"".join(map(encode, value))
    if isinstance(value, dict):
        if all(isinstance(key, str) for key in value):
            fields = (encode(key) + encode(item) for key, item in value.items())
            return collection(len(value), 0x80, 0xDE) + b"".join(fields)
        return extension("M", encode([part for pair in value.items() for part in pair]))
    if isinstance(value, (set, frozenset)):
        return extension("S", encode(list(value)))
    if isinstance(value, datetime):
        return extension("D", struct.pack(">d", value.timestamp() * 1000))
    if isinstance(value, array):
        return extension("T", bytes([ELEMENT_TYPES[value.typecode]]) + value.tobytes())
    if isinstance(value, JavaScriptError):
        return extension("E", encode([value.name, value.message, value.stack, value.fields]))
    if isinstance(value, BaseException):
        return extension("E", encode([type(value).__name__, str(value), None, {}]))
    if isinstance(value, Payload):
        return extension("P", value.frames[0])
    raise TypeError(f"a {type(value).__name__} cannot travel: return plain data")


def text(value):
    try:
        data = value.encode()
    except UnicodeEncodeError:
        return extension("U", value.encode("utf-16-le", "surrogatepass"))
    return (bytes([0xA0 | len(data)]) if len(data) < 32 else head(len(data), (0xD9, 0xDA, 0xDB))) + data


def integer(value):
    if -32 <= value < 128:
        return struct.pack(">b" if value < 0 else ">B", value)
    if 0 <= value < 2**32:
        return struct.pack(">BI", 0xCE, value)
    if -(2**31) <= value < 0:
        return struct.pack(">Bi", 0xD2, value)
    if abs(value) <= 2**53:
        return struct.pack(">Bd", 0xCB, value)
    size = (abs(value).bit_length() + 7) // 8
    return extension("B", bytes([value < 0]) + abs(value).to_bytes(size, "big"))


def head(length, tags):
    for tag, form, limit in zip(tags, "BHI", (1 << 8, 1 << 16, 1 << 32)):
        if length < limit:
            return struct.pack(">B" + form, tag, length)
    raise ValueError(f"{length} bytes are too many for one value")


def collection(count, fixed, tag):
    if count < 16:
        return bytes([fixed | count])
    return struct.pack(">BH", tag, count) if count < 65536 else struct.pack(">BI", tag + 1, count)


def extension(kind, content):
    return head(len(content), (0xC7, 0xC8, 0xC9)) + kind.encode() + content
