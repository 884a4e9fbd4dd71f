"""Write dlib's face recognition network as ONNX.

The network (King 2017; `anet_type` of dlib's `dnn_face_recognition_ex.cpp`) is a 7x7 convolution, pooling, 14 residual
blocks of two 3x3 convolutions, the mean of the plane, and 128 numbers. The file contains the layers but not their
connections, which follow from the kinds of the layers. A block begins before the convolution after an `add_prev` (or
after the pooling). A block with an `avg_pool` halves its planes on both branches.

An affine layer is folded into the convolution before it. dlib adds planes of different sizes as if the smaller one were
continued with zeros downwards, to the right and in channels. A `Pad` operator does this here.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from index.arrays import F32, F64
from index.errors import ModelDamaged
from index.faces.dlib.format import Layer, Network
from index.faces.dlib.onnx_writing import FLOAT, UINT8, Graph

INPUT: Final = "chips"
"""Aligned faces, uint8 [n, 150, 150, 3], RGB."""
OUTPUT: Final = "vectors"
"""Vectors, float32 [n, 128], of about unit length."""

_LEVELS: Final = 256.0  # dlib divides levels by this number
_COLOURS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plane:
    """The tensor between two operators.

    Attributes:
        name: name of the tensor.
        channels: number of channels.
        side: number of rows, which equals the number of columns.
    """

    name: str
    channels: int
    side: int


def written_as_onnx(network: Network) -> bytes:
    """Return the network as an ONNX file. The same network gives the same bytes on every machine.

    Raises:
        ModelDamaged: The layers are not those of dlib's face recognition network.
    """
    if network.rows != network.columns:
        raise ModelDamaged("dlib's network takes pictures of another shape")
    try:
        return _Writing(network).model()
    except (IndexError, ValueError):
        raise ModelDamaged("dlib's network has other layers than are known") from None


class _Writing:
    """Writer of the network: one pass over the layers, which writes each operator."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._layers = list(network.layers)
        self._graph = Graph("dlib-resnet-1")
        self._count = 0

    def model(self) -> bytes:
        plane = self._pooled(self._relu(self._convolved(self._input())))
        while self._kind() == "con":
            plane = self._block(plane)
        self._output(plane)
        return self._graph.model()

    def _input(self) -> _Plane:
        side = self._network.rows
        taken = self._graph.takes(INPUT, UINT8, ("n", side, side, _COLOURS))
        levels = self._graph.node("Cast", [taken], "levels", {"to": FLOAT})
        planes = self._graph.node("Transpose", [levels], "planes", {"perm": (0, 3, 1, 2)})
        mean = np.array(self._network.mean, np.float32).reshape(1, _COLOURS, 1, 1)
        centred = self._graph.node("Sub", [planes, self._graph.constant("mean", mean)], "centred")
        scale = self._graph.constant("scale", np.array(1 / _LEVELS, np.float32))
        return _Plane(name=self._graph.node("Mul", [centred, scale], "scaled"), channels=_COLOURS, side=side)

    def _block(self, before: _Plane) -> _Plane:
        """Write a residual block: relu(two convolutions of the input + the input)."""
        made = self._convolved(self._relu(self._convolved(before)))
        kept = self._pooled(before) if self._kind() == "avg_pool" else before
        self._next("add_prev")
        channels, side = max(made.channels, kept.channels), max(made.side, kept.side)
        added = self._graph.node(
            "Add",
            [self._padded(made, channels, side), self._padded(kept, channels, side)],
            self._name("added"),
        )
        return self._relu(_Plane(name=added, channels=channels, side=side))

    def _convolved(self, plane: _Plane) -> _Plane:
        """Write a convolution with the affine layer after it folded in, in float64, so that it is rounded only once."""
        layer, affine = self._next("con"), self._next("affine")
        rows, columns = layer.window
        count = layer.filters * plane.channels * rows * columns
        shape = (layer.filters, plane.channels, rows, columns)
        weights = layer.params[:count].reshape(shape).astype(np.float64)
        bias = layer.params[count:].reshape(layer.filters).astype(np.float64)
        gain, shift = affine.params.reshape(2, layer.filters).astype(np.float64)
        name = self._name("convolved")
        inputs = [
            plane.name,
            self._graph.constant(f"{name}_weights", _rounded(weights * gain[:, None, None, None])),
            self._graph.constant(f"{name}_bias", _rounded(bias * gain + shift)),
        ]
        self._graph.node("Conv", inputs, name, {"kernel_shape": layer.window, **_steps(layer)})
        return _Plane(name=name, channels=layer.filters, side=_side_after(layer, plane.side))

    def _pooled(self, plane: _Plane) -> _Plane:
        layer = self._layers.pop(0)
        operator = {"max_pool": "MaxPool", "avg_pool": "AveragePool"}.get(layer.kind)
        if operator is None:
            raise ModelDamaged("dlib's network pools where it should not")
        name = self._graph.node(
            operator, [plane.name], self._name("pooled"), {"kernel_shape": layer.window, **_steps(layer)}
        )
        return _Plane(name=name, channels=plane.channels, side=_side_after(layer, plane.side))

    def _relu(self, plane: _Plane) -> _Plane:
        self._next("relu")
        name = self._graph.node("Relu", [plane.name], self._name("positive"))
        return _Plane(name=name, channels=plane.channels, side=plane.side)

    def _padded(self, plane: _Plane, channels: int, side: int) -> str:
        more = (channels - plane.channels, side - plane.side)
        if more == (0, 0):
            return plane.name
        name = self._name("padded")
        pads = self._graph.constant(
            f"{name}_by", np.array([0, 0, 0, 0, 0, more[0], more[1], more[1]], np.int64)
        )
        return self._graph.node("Pad", [plane.name, pads], name)

    def _output(self, plane: _Plane) -> None:
        mean, last = self._next("avg_pool"), self._next("fc")
        if mean.window != (0, 0) or self._layers:
            raise ModelDamaged("dlib's network ends otherwise than is known")
        pooled = self._graph.node("GlobalAveragePool", [plane.name], "mean_of_plane")
        flat = self._graph.node("Flatten", [pooled], "flat")
        weights = self._graph.constant("last_weights", last.params.reshape(plane.channels, last.filters))
        self._graph.node("MatMul", [flat, weights], OUTPUT)
        self._graph.gives(OUTPUT, FLOAT, ("n", last.filters))

    def _kind(self) -> str:
        return self._layers[0].kind

    def _next(self, kind: str) -> Layer:
        layer = self._layers.pop(0)
        if layer.kind != kind:
            raise ModelDamaged("dlib's network has its layers in another order")
        return layer

    def _name(self, what: str) -> str:
        self._count += 1
        return f"{what}_{self._count}"


def _steps(layer: Layer) -> dict[str, tuple[int, ...]]:
    return {"strides": layer.stride, "pads": (*layer.padding, *layer.padding)}


def _side_after(layer: Layer, side: int) -> int:
    return (side + 2 * layer.padding[0] - layer.window[0]) // layer.stride[0] + 1


def _rounded(values: F64) -> F32:
    return values.astype(np.float32)
