"""A small builder of ONNX graphs for towers that are written node by node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Weights = Mapping[str, NDArray[np.floating]]

_OPSET = 20  # the first with Gelu as one node


class Graph:
    """Collects nodes and constants. The caller names each tensor, so that names are the same on every machine."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[TensorProto] = []

    def constant(self, name: str, value: Any) -> str:
        """Adds an array under a name and returns the name."""
        self._constants.append(numpy_helper.from_array(np.array(value, order="C"), name))
        return name

    def op(self, kind: str, name: str, *inputs: str, **attributes: Any) -> str:
        """Adds a node whose only output has the node's name, and returns the name."""
        self._nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def model(self, inputs: list[onnx.ValueInfoProto], outputs: list[onnx.ValueInfoProto]) -> onnx.ModelProto:
        """The checked model of everything that was added."""
        graph = helper.make_graph(self._nodes, "tower", inputs, outputs, self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=10)
        onnx.checker.check_model(model)
        return model
