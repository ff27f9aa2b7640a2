"""The text tower as an ONNX graph: all-MiniLM-L6-v2, a BERT of 6 layers and 384 units (Wang 2020, Reimers 2019).

Its upper layers have low-rank adapters (LoRA, Hu 2021) trained on captions, which are merged into the weights. Both
branches can be computed in one pass: with the adapters, and plain.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper

from core.encoders.embedded.graph import Graph, Weights

ADAPTED = "adapted."  # prefix of the layers with merged adapters
_WIDEST = "intermediate.dense.weight"  # a matrix that each layer has once
_LN_EPS = 1e-12
_HEADS = 12


def merge_adapters(weights: Weights, adapters: Weights) -> dict[str, np.ndarray]:
    """Weights, and under the prefix `adapted.` those of all layers with adapters, W + up @ down for each matrix W.

    Adapters are `{matrix}.down` (rank, in) and `{matrix}.up` (out, rank).
    """
    matrices = [name.removesuffix(".down") for name in adapters if name.endswith(".down")]
    layers = tuple({".".join(name.split(".")[:3]) + "." for name in matrices})
    adapted = {name: value for name, value in weights.items() if name.startswith(layers)}
    for name in matrices:
        adapted[f"{name}.weight"] = weights[f"{name}.weight"] + adapters[f"{name}.up"] @ adapters[f"{name}.down"]
    return dict(weights) | {f"{ADAPTED}{name}": value for name, value in adapted.items()}


def text_tower(weights: Weights, *, plain: bool = False, states: bool = False) -> onnx.ModelProto:
    """MiniLM with mean pooling over the tokens.

    Parameters
    ----------
    weights : mapping of str to ndarray
        The tensors of `model.safetensors`, or from `merge_adapters`.
    plain : bool
        Whether the sentence without adapters is an output as well. The layers below the adapters are computed once.
    states : bool
        Whether the states of the tokens are an output as well, whose mean the sentence is.

    Returns
    -------
    onnx.ModelProto
        Inputs `ids`, `mask` int64 (n, tokens); mask is 1 for tokens and 0 for padding. Outputs `sentence` and, where
        wished, `plain`, float32 (n, 384), not normalized; `states` float32 (n, tokens, 384).
    """
    graph = Graph()
    x, width = _embed_tokens(graph, weights)
    floats = graph.op("Cast", "mask.floats", "mask", to=TensorProto.FLOAT)
    wide = graph.op("Unsqueeze", "mask.wide", floats, graph.constant("axes", np.array([1, 2], np.int64)))
    absent = graph.op("Sub", "absent", wide, graph.constant("one", np.float32(1.0)))
    bias = graph.op("Mul", "bias", absent, graph.constant("far", np.float32(1e4)))
    layers = [f"encoder.layer.{index}." for index in range(_count_layers(weights))]
    upper = [layer for layer in layers if f"{ADAPTED}{layer}{_WIDEST}" in weights]
    for layer in layers[: len(layers) - len(upper)]:
        x = _bert_layer(graph, weights, x, bias, layer)
    branches = {"sentence": [f"{ADAPTED}{layer}" for layer in upper]} | ({"plain": upper} if plain else {})
    for output, branch in branches.items():
        y = x
        for layer in branch:
            y = _bert_layer(graph, weights, y, bias, layer)
        _mean_over_tokens(graph, y, floats, output)
        if states and output == "sentence":
            graph.op("Identity", "states", y)
    shapes: dict[str, list[str | int]] = {name: ["n", width] for name in branches}
    shapes |= {"states": ["n", "t", width]} if states else {}
    return graph.model(
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "t"]) for name in ("ids", "mask")],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()],
    )


def _count_layers(weights: Weights) -> int:
    return sum(name.startswith("encoder.") and name.endswith(_WIDEST) for name in weights)


def _embed_tokens(graph: Graph, weights: Weights) -> tuple[str, int]:
    """Words plus positions, and the width of both."""
    words = graph.op("Gather", "words", graph.constant("word", weights["embeddings.word_embeddings.weight"]), "ids")
    # there is only one segment, so its embedding is added to the positions here
    places = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    length = graph.op("Shape", "length", "ids", start=1, end=2)
    zero = graph.constant("zero", np.array([0], np.int64))
    positions = graph.op("Slice", "positions", graph.constant("places", places), zero, length, zero)
    x = graph.op("Add", "embedded", words, positions)
    return _layer_norm(graph, weights, x, "embeddings.LayerNorm"), places.shape[1]


def _mean_over_tokens(graph: Graph, x: str, floats: str, name: str) -> str:
    """The mean of the states x over the tokens that are no padding."""
    column = graph.op("Unsqueeze", f"{name}.mask", floats, graph.constant(f"{name}.last", np.array([2], np.int64)))
    axis = graph.constant(f"{name}.tokens", np.array([1], np.int64))
    total = graph.op("ReduceSum", f"{name}.sum", graph.op("Mul", f"{name}.kept", x, column), axis, keepdims=0)
    return graph.op("Div", name, total, graph.op("ReduceSum", f"{name}.count", column, axis, keepdims=0))


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
