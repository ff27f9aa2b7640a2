"""The two towers of the embedded encoder as ONNX graphs, built straight from the weights that pip delivers.

Image: EfficientNet-Lite2 (Tan and Le 2019; the Lite family has no squeeze-and-excite and clips at 6, so that it
quantises well). Text: all-MiniLM-L6-v2 (BERT of 6 layers and 384 units; Wang 2020, Reimers 2019), mean pooling.
Written node by node, because every tensor then keeps a name of ours, which the stored quantisation ranges refer to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Weights = Mapping[str, NDArray[np.floating]]

_OPSET = 20  # the first with Gelu as one node
_LITE_BN_EPS = 1e-3
_BERT_LN_EPS = 1e-12
_BERT_HEADS = 12
# of each block of EfficientNet-Lite2: stride of its depthwise convolution (kernels are read off the weights)
_LITE2_STRIDES = (1, 2, 1, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1)


class _Graph:
    """Nodes and constants as they are added; each tensor is named by its caller."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[TensorProto] = []

    def constant(self, name: str, value: NDArray[Any]) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def op(self, kind: str, name: str, *inputs: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def model(self, inputs: list[onnx.ValueInfoProto], outputs: list[onnx.ValueInfoProto]) -> onnx.ModelProto:
        graph = helper.make_graph(self.nodes, "tower", inputs, outputs, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=10)
        onnx.checker.check_model(model)
        return model


def image_tower(weights: Weights, *, size: int) -> onnx.ModelProto:
    """EfficientNet-Lite2 on pictures of size x size.

    weights: the state dict of `efficientnet_lite_pytorch`.
    Input `pixels` uint8 (n, size, size, 3), RGB. Outputs `features` float32 (n, 1280), `logits` float32 (n, 1000).
    """
    graph = _Graph()
    channels_first = graph.op(
        "Transpose", "planes", graph.op("Cast", "floats", "pixels", to=TensorProto.FLOAT), perm=[0, 3, 1, 2]
    )
    centred = graph.op("Sub", "centred", channels_first, graph.constant("mean", np.float32(127.0)))
    x = graph.op("Div", "scaled", centred, graph.constant("deviation", np.float32(128.0)))
    x, size = _convolution(graph, weights, x, "_conv_stem", "_bn0", size=size, stride=2)
    for index, stride in enumerate(_LITE2_STRIDES):
        x, size = _block(graph, weights, x, f"_blocks.{index}.", size=size, stride=stride)
    x, size = _convolution(graph, weights, x, "_conv_head", "_bn1", size=size)
    pooled = graph.op("GlobalAveragePool", "pooled", x)
    graph.op("Flatten", "features", pooled)
    graph.op(
        "Gemm",
        "logits",
        "features",
        graph.constant("fc.weight", weights["_fc.weight"]),
        graph.constant("fc.bias", weights["_fc.bias"]),
        transB=1,
    )
    return graph.model(
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["n", None, None, 3])],
        [
            helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", 1280]),
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 1000]),
        ],
    )


def _block(graph: _Graph, weights: Weights, x: str, prefix: str, *, size: int, stride: int) -> tuple[str, int]:
    """One inverted residual block: widen, convolve each channel, narrow; added to its input where shapes agree."""
    y = x
    if f"{prefix}_expand_conv.weight" in weights:
        y, size = _convolution(graph, weights, y, f"{prefix}_expand_conv", f"{prefix}_bn0", size=size)
    y, size = _convolution(graph, weights, y, f"{prefix}_depthwise_conv", f"{prefix}_bn1", size=size, stride=stride)
    y, size = _convolution(graph, weights, y, f"{prefix}_project_conv", f"{prefix}_bn2", size=size, clip=False)
    expand = weights.get(f"{prefix}_expand_conv.weight")
    narrow_in = expand.shape[1] if expand is not None else weights[f"{prefix}_depthwise_conv.weight"].shape[0]
    if stride == 1 and narrow_in == weights[f"{prefix}_project_conv.weight"].shape[0]:
        y = graph.op("Add", f"{prefix}sum", y, x)
    return y, size


def _convolution(
    graph: _Graph, weights: Weights, x: str, name: str, norm: str, *, size: int, stride: int = 1, clip: bool = True
) -> tuple[str, int]:
    """Convolution with its batch norm folded in, then ReLU6. Padding as TensorFlow's SAME, which is lopsided."""
    kernel = np.asarray(weights[f"{name}.weight"], np.float32)
    gain = weights[f"{norm}.weight"] / np.sqrt(weights[f"{norm}.running_var"] + _LITE_BN_EPS)
    bias = weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * gain
    side = kernel.shape[2]
    out = -(-size // stride)
    total = max((out - 1) * stride + side - size, 0)
    before, after = total // 2, total - total // 2
    x = graph.op(
        "Conv",
        f"{name}.out",
        x,
        graph.constant(f"{name}.weight", kernel * gain[:, None, None, None]),
        graph.constant(f"{name}.bias", np.asarray(bias, np.float32)),
        kernel_shape=[side, side],
        strides=[stride, stride],
        pads=[before, before, after, after],
        group=kernel.shape[0] if kernel.shape[1] == 1 and side > 1 else 1,
    )
    if clip:
        low, high = (graph.constant(f"{name}.{end}", np.float32(value)) for end, value in (("low", 0), ("high", 6)))
        x = graph.op("Clip", f"{name}.relu6", x, low, high)
    return x, out


def text_tower(weights: Weights) -> onnx.ModelProto:
    """MiniLM with mean pooling over the tokens.

    weights: the tensors of `model.safetensors`. Inputs `ids`, `mask` int64 (n, tokens), mask 1 for a token and 0 for
    padding. Output `sentence` float32 (n, 384), not normalised.
    """
    graph = _Graph()
    words = graph.op("Gather", "words", graph.constant("word", weights["embeddings.word_embeddings.weight"]), "ids")
    # one segment only: its embedding is added to every position once and for all
    places = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    length = graph.op("Shape", "length", "ids", start=1, end=2)
    zero = graph.constant("zero", np.array([0], np.int64))
    positions = graph.op("Slice", "positions", graph.constant("places", places), zero, length, zero)
    x = graph.op("Add", "embedded", words, positions)
    x = _layer_norm(graph, weights, x, "embeddings.LayerNorm")
    floats = graph.op("Cast", "mask.floats", "mask", to=TensorProto.FLOAT)
    wide = graph.op("Unsqueeze", "mask.wide", floats, graph.constant("axes", np.array([1, 2], np.int64)))
    absent = graph.op("Sub", "absent", wide, graph.constant("one", np.float32(1.0)))
    bias = graph.op("Mul", "bias", absent, graph.constant("far", np.float32(1e4)))
    layers = sum(name.endswith("intermediate.dense.weight") for name in weights)
    for index in range(layers):
        x = _bert_layer(graph, weights, x, bias, f"encoder.layer.{index}.")
    last = graph.constant("last", np.array([2], np.int64))
    column = graph.op("Unsqueeze", "mask.column", floats, last)
    tokens_axis = graph.constant("axis.tokens", np.array([1], np.int64))
    tokens = graph.op("ReduceSum", "tokens.sum", graph.op("Mul", "tokens.kept", x, column), tokens_axis, keepdims=0)
    count = graph.op("ReduceSum", "tokens.count", column, tokens_axis, keepdims=0)
    graph.op("Div", "sentence", tokens, count)
    return graph.model(
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "t"]) for name in ("ids", "mask")],
        [helper.make_tensor_value_info("sentence", TensorProto.FLOAT, ["n", places.shape[1]])],
    )


def _bert_layer(graph: _Graph, weights: Weights, x: str, bias: str, prefix: str) -> str:
    """Self-attention, then the two-layer perceptron, each added to its input and normalised after (post-norm)."""
    heads = graph.constant(f"{prefix}split", np.array([0, 0, _BERT_HEADS, -1], np.int64))
    query, key, value = (
        graph.op(
            "Transpose",
            f"{prefix}{part}.heads",
            graph.op(
                "Reshape", f"{prefix}{part}.split", _linear(graph, weights, x, f"{prefix}attention.self.{part}"), heads
            ),
            perm=[0, 2, 3, 1] if part == "key" else [0, 2, 1, 3],
        )
        for part in ("query", "key", "value")
    )
    width = weights[f"{prefix}attention.self.query.weight"].shape[0] // _BERT_HEADS
    scale = graph.constant(f"{prefix}scale", np.float32(np.sqrt(width)))
    scores = graph.op("Div", f"{prefix}scores", graph.op("MatMul", f"{prefix}products", query, key), scale)
    shares = graph.op("Softmax", f"{prefix}shares", graph.op("Add", f"{prefix}masked", scores, bias), axis=-1)
    mixed = graph.op(
        "Transpose", f"{prefix}mixed", graph.op("MatMul", f"{prefix}mix", shares, value), perm=[0, 2, 1, 3]
    )
    joined = graph.op(
        "Reshape", f"{prefix}joined", mixed, graph.constant(f"{prefix}join", np.array([0, 0, -1], np.int64))
    )
    y = _linear(graph, weights, joined, f"{prefix}attention.output.dense")
    x = _layer_norm(graph, weights, graph.op("Add", f"{prefix}attended", y, x), f"{prefix}attention.output.LayerNorm")
    y = graph.op("Gelu", f"{prefix}gelu", _linear(graph, weights, x, f"{prefix}intermediate.dense"))
    y = _linear(graph, weights, y, f"{prefix}output.dense")
    return _layer_norm(graph, weights, graph.op("Add", f"{prefix}fed", y, x), f"{prefix}output.LayerNorm")


def _linear(graph: _Graph, weights: Weights, x: str, name: str) -> str:
    matrix = graph.constant(f"{name}.weight", np.asarray(weights[f"{name}.weight"], np.float32).T)
    product = graph.op("MatMul", f"{name}.product", x, matrix)
    return graph.op("Add", f"{name}.out", product, graph.constant(f"{name}.bias", weights[f"{name}.bias"]))


def _layer_norm(graph: _Graph, weights: Weights, x: str, name: str) -> str:
    gain, shift = (graph.constant(f"{name}.{part}", weights[f"{name}.{part}"]) for part in ("weight", "bias"))
    return graph.op("LayerNormalization", f"{name}.out", x, gain, shift, axis=-1, epsilon=_BERT_LN_EPS)
