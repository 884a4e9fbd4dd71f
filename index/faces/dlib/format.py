"""Read dlib's file of its face recognition network without dlib: the layers and their parameters.

The file (`dlib_face_recognition_resnet_model_v1.dat`, dlib 19's serialization) is one nested object:

1. The version numbers of the nested layers, and the loss's name and two numbers. None of them is needed.
2. The record of the input: its name, three mean levels, rows and columns.
3. Each layer from the input to the output: its name, its parameters, and the remains of the training (three flags and
   three tensors), which are skipped.

An integer is a byte with the sign in its highest bit and a length in its lowest bits, then that number of bytes, lowest
first. A floating-point number is an integer mantissa and an integer exponent of two. A tensor is a version, four sizes
and float32 values, lowest byte first. A text is its length and its bytes.
"""

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from index.arrays import F32
from index.errors import ModelDamaged

_INPUT: Final = b"input_rgb_image_sized"
_SIGN: Final = 0x80
_LENGTH: Final = 0x0F
_MAX_INTEGER_DIGITS: Final = 8  # bytes
_MAX_NAME_LENGTH: Final = 64  # bytes
_MAX_VALUES: Final = 1 << 26  # maximum of one tensor: eleven times the size of the whole network
_TENSOR_VERSION: Final = 2
_FLAGS: Final = b"01"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layer:
    """One layer.

    Attributes:
        kind: dlib's name without its version: `con`, `affine`, `relu`, `max_pool`, `avg_pool`, `add_prev` or `fc`.
        params: float32 [n], weights, then biases; empty if the layer has none.
        filters: number of output channels, or 0 if it equals the number of input channels.
        window: rows and columns of the window; (0, 0) is the whole plane.
        stride: steps down and right.
        padding: rows above and below, columns left and right.
    """

    kind: str
    params: F32 = field(repr=False)
    filters: int = 0
    window: tuple[int, int] = (0, 0)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Network:
    """The network of the file.

    Attributes:
        mean: red, green and blue level that are subtracted first.
        rows, columns: size of the input picture.
        layers: the layers from the input to the output. The file does not contain their connections.
    """

    mean: tuple[float, float, float]
    rows: int
    columns: int
    layers: tuple[Layer, ...]


def read_network(data: bytes) -> Network:
    """Read the whole file.

    Raises:
        ModelDamaged: The data are not such a file, or are incomplete.
    """
    at = data.find(_INPUT)
    if at < 0:
        raise ModelDamaged("the file is not dlib's face recognition network")
    reader = _Reader(data, at + len(_INPUT))
    mean = (reader.number(), reader.number(), reader.number())
    rows, columns = reader.integer(), reader.integer()
    layers = [_layer(reader)]
    reader.skip_training()
    reader.integer()  # pictures per input, stored only in the layer above the input
    while not reader.is_at_end:
        layers.append(_layer(reader))
        reader.skip_training()
    return Network(mean=mean, rows=rows, columns=columns, layers=tuple(layers))


class _Reader:
    """Sequential reader of the file's primitives."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self._at = at

    @property
    def is_at_end(self) -> bool:
        return self._at == len(self._data)

    def take(self, length: int) -> bytes:
        taken = self._data[self._at : self._at + length]
        if len(taken) != length:
            raise ModelDamaged("dlib's network is cut off")
        self._at += length
        return taken

    def integer(self) -> int:
        (control,) = self.take(1)
        length = control & _LENGTH
        if not 0 < length <= _MAX_INTEGER_DIGITS:
            raise ModelDamaged("dlib's network holds a number that is none")
        value = int.from_bytes(self.take(length), "little")
        return -value if control & _SIGN else value

    def number(self) -> float:
        mantissa, exponent = self.integer(), self.integer()
        try:
            return math.ldexp(mantissa, exponent)
        except OverflowError:
            raise ModelDamaged("dlib's network holds a number that is none") from None

    def name(self) -> str:
        length = self.integer()
        if not 0 < length <= _MAX_NAME_LENGTH:
            raise ModelDamaged("dlib's network names no layer where one is due")
        return self.take(length).decode("latin-1")

    def pair(self) -> tuple[int, int]:
        return self.integer(), self.integer()

    def sizes(self) -> tuple[int, ...]:
        """Read an alias: a version and four sizes."""
        self.integer()
        return tuple(self.integer() for _ in range(4))

    def tensor(self) -> F32:
        if self.integer() != _TENSOR_VERSION:
            raise ModelDamaged("dlib's network holds a tensor of another version")
        sizes = [self.integer() for _ in range(4)]
        count = math.prod(sizes)
        if min(sizes) < 0 or count > _MAX_VALUES:
            raise ModelDamaged("dlib's network holds a tensor of another size")
        return np.frombuffer(self.take(4 * count), "<f4").astype(np.float32)

    def skip_training(self) -> None:
        if any(flag not in _FLAGS for flag in self.take(3)):
            raise ModelDamaged("dlib's network holds a flag that is none")
        for _ in range(3):
            self.tensor()


def _layer(reader: _Reader) -> Layer:
    name = reader.name()
    if name == "con_4":
        return _convolution(reader)
    if name in {"max_pool_2", "avg_pool_2"}:
        window, stride, padding = reader.pair(), reader.pair(), reader.pair()
        kind = name.removesuffix("_2")
        return Layer(kind=kind, params=np.empty(0, np.float32), window=window, stride=stride, padding=padding)
    if name == "fc_2":
        outputs, _inputs = reader.pair()
        params = reader.tensor()
        reader.sizes(), reader.sizes(), reader.integer()
        _skip_rates(reader)
        return Layer(kind="fc", params=params, filters=outputs)
    if name == "affine_":
        params = reader.tensor()
        reader.sizes(), reader.sizes(), reader.integer()
        return Layer(kind="affine", params=params)
    if name in {"relu_", "add_prev_"}:
        return Layer(kind=name.removesuffix("_"), params=np.empty(0, np.float32))
    raise ModelDamaged("dlib's network holds a layer of another kind")


def _convolution(reader: _Reader) -> Layer:
    params, filters = reader.tensor(), reader.integer()
    window, stride, padding = reader.pair(), reader.pair(), reader.pair()
    reader.sizes(), reader.sizes()
    _skip_rates(reader)
    return Layer(kind="con", params=params, filters=filters, window=window, stride=stride, padding=padding)


def _skip_rates(reader: _Reader) -> None:
    for _ in range(4):
        reader.number()
