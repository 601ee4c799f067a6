"""The graph tab of TensorBoard, written through tensorboardX."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from ..errors import MissingDependencyError
from ..files import writable_folder
from .graph import Graph
from .walk import Vertex


def write_tensorboard(graph: Graph, folder: str | os.PathLike) -> Path:
    """Write a graph into an event file in ``folder``, and return the folder: ``tensorboard --logdir folder`` shows it.

    Modules are the boxes that open and close there. Raises MissingDependencyError when tensorboardX is not installed
    (extra ``tensorboard``), FileError when the folder cannot be written.

    >>> import tempfile, tensorgraph as tg
    >>> x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.name[:16] for path in write_tensorboard(tg.viz.graph(x.sum()), folder).iterdir()]
    ['events.out.tfeve']
    """
    try:
        from tensorboardX import FileWriter
        from tensorboardX.proto.graph_pb2 import GraphDef
        from tensorboardX.proto.versions_pb2 import VersionDef
    except ImportError as error:
        raise MissingDependencyError(
            "write_tensorboard: needs tensorboardX (pip install 'tensorgraph[tensorboard]')"
        ) from error
    path = writable_folder(folder)
    names = _names(graph.vertices)
    definition = GraphDef(
        node=[_node(graph, vertex, names) for vertex in graph.vertices], versions=VersionDef(producer=22)
    )
    writer = FileWriter(str(path))
    try:
        writer.add_onnx_graph(definition)  # takes any GraphDef
    finally:
        writer.close()
    return path


def _names(vertices: list[Vertex]) -> dict[str, str]:
    """A name for each vertex, with its scopes as folders, of the characters that TensorBoard takes."""
    return {
        vertex.id: "/".join(
            [*map(_word, vertex.scope), f"{_word(vertex.name or vertex.op or vertex.kind)}_{vertex.id}"]
        )
        for vertex in vertices
    }


def _word(name: Any) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", str(name)).strip("_") or "_"


def _node(graph: Graph, vertex: Vertex, names: dict[str, str]) -> Any:
    from tensorboardX.proto.attr_value_pb2 import AttrValue
    from tensorboardX.proto.node_def_pb2 import NodeDef
    from tensorboardX.proto.tensor_shape_pb2 import TensorShapeProto

    shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=n) for n in vertex.shape])
    facts = {"dtype": vertex.dtype, **dict(vertex.settings)}
    detail = graph.details.get(vertex.id)
    if detail is not None and detail.place is not None:
        facts["place"] = str(detail.place)
    if detail is not None and detail.facts is not None:
        facts |= {n: v for n, v in detail.facts._asdict().items() if isinstance(v, int | float)}
    attributes = {name: AttrValue(s=str(value).encode()) for name, value in facts.items()}
    attributes["_output_shapes"] = AttrValue(list=AttrValue.ListValue(shape=[shape]))
    kind = {"parameter": "Parameter", "input": "Input"}.get(vertex.kind, vertex.op or vertex.kind)
    return NodeDef(name=names[vertex.id], op=kind, input=[names[source] for source in vertex.sources], attr=attributes)
