from typing_extensions import Buffer

_Three = tuple[int, int, int]

def add(sums: Buffer, logits: Buffer, weights: Buffer, slice_shape: _Three, tile: _Three, place: _Three, /) -> None: ...
def layer(
    below: Buffer,
    above: Buffer,
    shape: _Three,
    z_near: Buffer,
    z_weight: Buffer,
    y_spans: Buffer,
    y_near: Buffer,
    y_weight: Buffer,
    x_spans: Buffer,
    x_near: Buffer,
    x_weight: Buffer,
    labels: Buffer,
    first: int,
    last: int,
    /,
) -> None: ...
def boxes(labels: Buffer, count: int, /) -> bytes: ...
