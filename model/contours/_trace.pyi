from typing_extensions import Buffer

def bounds(mask: Buffer, slices: int, rows: int, columns: int, /) -> tuple[int, int, int, int, int, int] | None: ...
def counts(array: Buffer, numbers: Buffer | None, /) -> bytes: ...
def pieces(array: Buffer, numbers: Buffer | None, /) -> bytes: ...
def trace(
    array: Buffer,
    numbers: Buffer | None,
    row_mm: float,
    column_mm: float,
    tolerance_mm: float,
    keyholes: bool,
    /,
) -> tuple[bytes, bytes, bytes]: ...
def text(
    points: Buffer,
    lengths: Buffer,
    slices: Buffer,
    planes: Buffer,
    decimals: int,
    fixed: tuple[bytes, ...],
    /,
) -> tuple[bytes, bytes]: ...
def toggle(
    mask: Buffer,
    slices: int,
    rows: int,
    columns: int,
    points: Buffer,
    lengths: Buffer,
    contour_slices: Buffer,
    /,
) -> None: ...
def nearest(points: Buffer, patches: Buffer, /) -> tuple[bytes, bytes]: ...
