"""What an ONNX file says of tensors that lie outside it, read without the `onnx` package, which prediction lacks.

onnxruntime would look for such a tensor in the current directory. The file is a message of Protocol Buffers: fields,
each a key (its number and how it is written) and a value; messages in it are values that count their bytes.
https://protobuf.dev/programming-guides/encoding  https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

from __future__ import annotations

VARINT, EIGHT, COUNTED, FOUR = 0, 1, 2, 5

# By kind of message, the fields that are messages to look into, and of which kind.
INSIDE: dict[str, dict[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
OUTSIDE = {13, 14}
"""Fields of a tensor: where its data are, and that they are elsewhere; 0 in the second says here."""


def has_outside_data(model: bytes) -> bool:
    """Whether any tensor of an ONNX model has its data in another file. Raises ValueError for what is no such file."""
    waiting = [("model", 0, len(model))]
    while waiting:
        kind, at, end = waiting.pop()
        inside = INSIDE[kind]
        while at < end:
            key, at = _varint(model, at, end)
            number, wire = key >> 3, key & 7
            size = 0
            if wire in (VARINT, COUNTED):
                size, at = _varint(model, at, end)
            if kind == "tensor" and number in OUTSIDE and (wire == COUNTED or size):
                return True
            if wire == COUNTED and number in inside:
                waiting.append((inside[number], at, at + size))
            at += {VARINT: 0, EIGHT: 8, COUNTED: size, FOUR: 4}.get(wire, end + 1)
            if at > end:
                raise ValueError(f"it ends within a field, at byte {end}")
    return False


def _varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """A number in seven bits a byte, the lowest first, and where it ends."""
    value = shift = 0
    while at < end and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
    raise ValueError(f"it ends within a number, at byte {at}")
