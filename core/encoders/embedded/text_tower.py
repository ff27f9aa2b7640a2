"""The text tower as an ONNX graph: all-MiniLM-L6-v2, a BERT of 6 layers and 384 units (Wang 2020, Reimers 2019).

Its upper layers have low-rank adapters (LoRA, Hu 2021) trained on captions, which are merged into the weights.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper

from core.encoders.embedded.graph import Graph, Weights

_LN_EPS = 1e-12
_HEADS = 12


def merge_adapters(weights: Weights, adapters: Weights) -> dict[str, np.ndarray]:
    """Weights with W + up @ down for each adapter, `{layer}.down` (rank, in) and `{layer}.up` (out, rank)."""
    merged = dict(weights)
    for name in [name.removesuffix(".down") for name in adapters if name.endswith(".down")]:
        merged[f"{name}.weight"] = weights[f"{name}.weight"] + adapters[f"{name}.up"] @ adapters[f"{name}.down"]
    return merged


def text_tower(weights: Weights) -> onnx.ModelProto:
    """MiniLM with mean pooling over the tokens. weights: the tensors of `model.safetensors`.

    Inputs `ids`, `mask` int64 (n, tokens); mask is 1 for tokens and 0 for padding. Output `sentence` float32 (n, 384),
    not normalized.
    """
    graph = Graph()
    words = graph.op("Gather", "words", graph.constant("word", weights["embeddings.word_embeddings.weight"]), "ids")
    # there is only one segment, so its embedding is added to the positions here
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
    for index in range(sum(name.endswith("intermediate.dense.weight") for name in weights)):
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


def _bert_layer(graph: Graph, weights: Weights, x: str, bias: str, prefix: str) -> str:
    """Self-attention, then a two-layer perceptron, each added to its input and then normalized (post-norm)."""
    heads = graph.constant(f"{prefix}split", np.array([0, 0, _HEADS, -1], np.int64))
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
    width = weights[f"{prefix}attention.self.query.weight"].shape[0] // _HEADS
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


def _linear(graph: Graph, weights: Weights, x: str, name: str) -> str:
    matrix = graph.constant(f"{name}.weight", np.asarray(weights[f"{name}.weight"], np.float32).T)
    product = graph.op("MatMul", f"{name}.product", x, matrix)
    return graph.op("Add", f"{name}.out", product, graph.constant(f"{name}.bias", weights[f"{name}.bias"]))


def _layer_norm(graph: Graph, weights: Weights, x: str, name: str) -> str:
    gain, shift = (graph.constant(f"{name}.{part}", weights[f"{name}.{part}"]) for part in ("weight", "bias"))
    return graph.op("LayerNormalization", f"{name}.out", x, gain, shift, axis=-1, epsilon=_LN_EPS)
