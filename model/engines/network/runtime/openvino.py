"""OpenVINO as the runtime of a tile on the CPU: converted networks, compiled once and kept for the tiles to come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

from model.engines.network.head import Head, read_head
from model.engines.network.runtime.convertible import Array, Fold
from model.engines.network.runtime.graph import require_harmless
from model.engines.network.runtime.library import openvino
from model.errors import InputRefused
from model.process.cores import threads

# What OpenVINO's exceptions say when memory runs out; they are RuntimeErrors.
MEMORY = ("bad_alloc", "bad allocation", "out of memory", "not enough memory", "failed to allocate", "cannot allocate")
# How often it is asked whether a tile is still wanted.
ASK_MILLISECONDS = 50


def left_apart(heads: Sequence[Head | None]) -> Head | None:
    """Return the last layer that is left to the caller, of those of all folds.

    Fewer channels than classes are summed sooner; several folds are averaged as logits within the graph.
    """
    first = heads[0]
    return first if len(heads) == 1 and first is not None and first.channels < first.classes else None


class OpenVino:
    """One network with its folds averaged: tiles (1, 1, z, y, x) to (1, channels, z, y, x) float32, C-contiguous.

    What a call returns is overwritten by the next one. ``head`` is the layer that comes after the channels, where it
    is left to the caller. The network is compiled for the shape of the tile when that changes, which takes less than
    a second; the numbers stay mapped from the disk, so that processes share them until OpenVINO has packed them.
    """

    def __init__(self, folds: Sequence[Fold], *, bf16: bool = False, count: int | None = None) -> None:
        """Read the files, verified before; raises InputRefused when they are not harmless or OpenVINO cannot."""
        for one in folds:
            require_harmless(one.graph, one.data)
        heads = [None if one.head is None else read_head(one.head) for one in folds]
        self.head: Head | None = left_apart(heads)
        self._library = openvino()
        self._core = self._library.Core()
        self._settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": 1,
            "INFERENCE_NUM_THREADS": count or threads(),
            "INFERENCE_PRECISION_HINT": "bf16" if bf16 else "f32",
            # Threads that are bound to cores stand in the way of another worker's, which are bound to the same ones.
            "ENABLE_CPU_PINNING": False,
        }
        try:
            read = [self._core.read_model(str(one.graph), str(one.data)) for one in folds]
            inside = [None if self.head is not None else head for head in heads]
            self._network = self._averaged(read, inside)
        except RuntimeError as error:
            raise _foreign(error) from None
        given = read[0].input(0).get_partial_shape()
        self._any_shape = bool(given.is_dynamic)
        self._traced = [] if self._any_shape else [int(size) for size in given.to_shape()]
        self._shape: tuple[int, ...] = ()
        self._compiled: Any = None
        self._request: Any = None

    def __call__(self, tile: Array) -> Array:
        """Compute a tile."""
        with self._errors():
            self._prepare(tile.shape)
            if self._request is None:
                self._request = self._compiled.create_infer_request()
            self._request.set_input_tensor(self._library.Tensor(tile, shared_memory=True))
            self._request.infer()
        answer: Array = self._request.get_output_tensor().data
        return answer

    def answer_shape(self, shape: tuple[int, ...]) -> tuple[int, ...] | None:
        """Return the shape of the answer to a tile of this shape; None where it is known after it was computed only.

        Where it is None, ``compute`` cannot be used.
        """
        with self._errors():
            self._prepare(shape)
            output = self._compiled.output(0)
            known = output.get_partial_shape().is_static and output.element_type == self._library.Type.f32
            return tuple(int(size) for size in output.shape) if known else None

    def compute(self, tile: Array, answer: Array, wanted: Callable[[], bool]) -> bool:
        """Compute a tile straight into ``answer``; False when ``wanted``, asked meanwhile, said that it is not."""
        with self._errors():
            self._prepare(tile.shape)
            # A request holds its arrays until it is given others: these belong to somebody who may leave.
            request = self._compiled.create_infer_request()
            request.set_input_tensor(self._library.Tensor(tile, shared_memory=True))
            request.set_output_tensor(self._library.Tensor(answer, shared_memory=True))
            request.start_async()
            while not request.wait_for(ASK_MILLISECONDS):
                if not wanted():
                    request.cancel()
                    with suppress(RuntimeError):  # which is how it says that it was cancelled
                        request.wait()
                    return False
            request.wait()  # raises what went wrong
        return True

    def rest(self) -> None:
        """Give back the memory of all layers, until the next tile; the network stays compiled."""
        self._request = None
        if self._compiled is not None:
            self._compiled.release_memory()

    def _prepare(self, shape: tuple[int, ...]) -> None:
        if shape != self._shape:
            self._compile(shape)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except RuntimeError as error:
            if any(word in str(error).lower() for word in MEMORY):
                self._forget()
                raise MemoryError from None
            raise RuntimeError(f"OpenVINO: {type(error).__name__}") from None

    def _compile(self, shape: tuple[int, ...]) -> None:
        if not self._any_shape and list(shape) != self._traced:
            # What was traced on tiles of one shape may hold that shape anywhere, and would answer wrongly.
            raise ValueError("the network takes tiles of the shape alone for which it was converted")
        self._forget()  # before the next one is made: each holds the memory of all layers
        self._network.reshape(list(shape))
        self._compiled = self._core.compile_model(self._network, "CPU", self._settings)
        self._shape = shape

    def _forget(self) -> None:
        self._shape, self._request, self._compiled = (), None, None

    def _averaged(self, networks: Sequence[Any], heads: Sequence[Head | None]) -> Any:
        """Return one graph of all folds: one input, the mean of their answers; layers share memory then."""
        if len(networks) == 1 and heads[0] is None:
            return networks[0]
        operations = self._library.opset13
        given = networks[0].input(0).get_node()
        mean: Any = None
        for network, head in zip(networks, heads, strict=True):
            own = network.input(0)
            if own.get_node() is not given:
                for target in own.get_target_inputs():
                    target.replace_source_output(given.output(0))
            answer = network.get_results()[0].input_value(0)
            if head is not None:
                answer = _with(operations, answer, head)
            mean = answer if mean is None else operations.add(mean, answer).output(0)
        if len(networks) > 1:
            mean = operations.divide(mean, operations.constant(np.float32(len(networks)))).output(0)
        return self._library.Model([mean], [given], "folds")


def _with(operations: Any, answer: Any, head: Head) -> Any:
    """Append the last layer to a graph."""
    ones = [1, 1, 1]
    weights = operations.constant(head.weights.reshape(head.classes, head.channels, *ones))
    bias = operations.constant(head.bias.reshape(1, head.classes, *ones))
    nothing = [0, 0, 0]
    return operations.add(operations.convolution(answer, weights, ones, nothing, nothing, ones), bias).output(0)


def _foreign(error: RuntimeError) -> InputRefused:
    return InputRefused(
        "WEIGHTS_FORMAT", f"OpenVINO cannot read a converted network of the package ({type(error).__name__})."
    )
