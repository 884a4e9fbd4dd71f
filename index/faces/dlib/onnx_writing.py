"""Write a small network in ONNX's format without the onnx package.

An ONNX file is one protobuf message (onnx.proto3 of opset 13, IR version 7). Its fields can have any order. Each field
is a key (field number times eight, plus the wire type) and a value. Only numbers and length-prefixed bytes are used
here. The same network gives the same bytes, so the code can contain its digest.
"""

import struct
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32] | npt.NDArray[np.int64]
Attribute = int | float | Sequence[int]

FLOAT: Final = 1  # TensorProto.DataType
UINT8: Final = 2
INT64: Final = 7

_IR_VERSION: Final = 7
_OPSET: Final = 13
_TYPES: Final = {"float32": FLOAT, "int64": INT64}

_VARINT: Final = 0
_BYTES: Final = 2
_FLOAT32: Final = 5
_MORE: Final = 0x80

# AttributeProto.AttributeType
_IS_FLOAT: Final = 1
_IS_INT: Final = 2
_IS_INTS: Final = 7


class Graph:
    """A network that is being written: operators in the order in which they run.

    Args:
        name: name of the graph.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._parts: list[bytes] = []

    def constant(self, name: str, values: Array) -> str:
        """Add a tensor of float32 or int64 values and return its name."""
        kind = _TYPES[str(values.dtype)]
        dims = b"".join(_number(1, size) for size in values.shape)
        content = values.astype(values.dtype.newbyteorder("<")).tobytes()
        self._parts.append(_bytes(5, dims + _number(2, kind) + _text(8, name) + _bytes(9, content)))
        return name

    def node(
        self,
        operator: str,
        inputs: Sequence[str],
        output: str,
        attributes: Mapping[str, Attribute] | None = None,
    ) -> str:
        """Add an operator with one output and return the output's name."""
        body = b"".join(_text(1, name) for name in inputs) + _text(2, output) + _text(4, operator)
        for name, value in sorted((attributes or {}).items()):
            body += _bytes(5, _attribute(name, value))
        self._parts.append(_bytes(1, body))
        return output

    def takes(self, name: str, kind: int, sizes: Sequence[int | str]) -> str:
        """Add an input. A size given as a name stands for any size."""
        self._parts.append(_bytes(11, _value(name, kind, sizes)))
        return name

    def gives(self, name: str, kind: int, sizes: Sequence[int | str]) -> None:
        """Add an output. A size given as a name stands for any size."""
        self._parts.append(_bytes(12, _value(name, kind, sizes)))

    def model(self) -> bytes:
        """Return the content of the ONNX file."""
        graph = _bytes(7, b"".join(self._parts) + _text(2, self._name))
        return _number(1, _IR_VERSION) + graph + _bytes(8, _text(1, "") + _number(2, _OPSET))


def _value(name: str, kind: int, sizes: Sequence[int | str]) -> bytes:
    dims = b"".join(
        _bytes(1, _text(2, size) if isinstance(size, str) else _number(1, size)) for size in sizes
    )
    return _text(1, name) + _bytes(2, _bytes(1, _number(1, kind) + _bytes(2, dims)))


def _attribute(name: str, value: Attribute) -> bytes:
    if isinstance(value, int):
        return _text(1, name) + _number(3, value) + _number(20, _IS_INT)
    if isinstance(value, float):
        return _text(1, name) + _key(2, _FLOAT32) + struct.pack("<f", value) + _number(20, _IS_FLOAT)
    return _text(1, name) + b"".join(_number(8, item) for item in value) + _number(20, _IS_INTS)


def _number(field: int, value: int) -> bytes:
    return _key(field, _VARINT) + _varint(value)


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode("ascii"))


def _bytes(field: int, value: bytes) -> bytes:
    return _key(field, _BYTES) + _varint(len(value)) + value


def _key(field: int, how: int) -> bytes:
    return _varint(field << 3 | how)


def _varint(value: int) -> bytes:
    """Return a varint: seven bits per byte, lowest first. A negative number is its 64-bit two's complement."""
    value &= (1 << 64) - 1
    written = bytearray()
    while value >= _MORE:
        written.append(value & (_MORE - 1) | _MORE)
        value >>= 7
    written.append(value)
    return bytes(written)
