import type { Grid } from "./grid";
import type { Decoded, Stored } from "./npy";
import type { Greys, Meaning, Shading } from "./window";

/** The pixels of a series, slice by slice as they come; nothing is copied. */
export class Voxels {
  private readonly stored: (Stored | undefined)[];
  /** Slices that could not be had. */
  private readonly missing = new Set<number>();

  constructor(readonly grid: Grid) {
    this.stored = grid.slices.map(() => undefined);
  }

  get loaded(): number {
    return this.stored.reduce((sum, slice) => sum + (slice === undefined ? 0 : 1), 0);
  }

  get unreadable(): number {
    return this.missing.size;
  }

  has(slice: number): boolean {
    return this.stored[slice] !== undefined;
  }

  /** Put a slice in its place; false when it has another size than the series, or colours. */
  place(slice: number, decoded: Decoded | undefined): boolean {
    const { rows, columns } = this.grid;
    if (decoded === undefined || decoded.components !== 1 || decoded.rows !== rows || decoded.columns !== columns) {
      this.missing.add(slice);
      return false;
    }
    this.stored[slice] = decoded.values;
    return true;
  }

  values(slice: number): Stored | undefined {
    return this.stored[slice];
  }

  /** What the stored values of a slice mean. */
  meaning(slice: number): Meaning {
    const header = this.grid.slices[slice];
    const values = this.stored[slice];
    return {
      slope: header?.slope ?? 1,
      intercept: header?.intercept ?? 0,
      signed: values instanceof Int16Array || values instanceof Int8Array,
      inverted: header?.inverted ?? false,
    };
  }

  /** The value at (u, v) of a slice, in the units of the image; undefined outside it or before it came. */
  value(slice: number, u: number, v: number): number | undefined {
    const header = this.grid.slices[slice];
    const values = this.stored[slice];
    if (header === undefined || values === undefined) return undefined;
    const column = Math.round((u - header.at[0]) / this.grid.step[0]);
    const row = Math.round((v - header.at[1]) / this.grid.step[1]);
    if (column < 0 || row < 0 || column >= this.grid.columns || row >= this.grid.rows) return undefined;
    return (values[row * this.grid.columns + column] ?? 0) * header.slope + header.intercept;
  }

  /** The greys of a slice, row by row, opaque. */
  slicePicture(slice: number, shading: Shading): ImageData | undefined {
    const values = this.stored[slice];
    if (values === undefined) return undefined;
    const picture = new ImageData(this.grid.columns, this.grid.rows);
    const pixels = new Uint32Array(picture.data.buffer);
    const greys = shading.greys(this.meaning(slice));
    for (let index = 0; index < pixels.length; index++) pixels[index] = opaque(greys[(values[index] ?? 0) & 0xffff] ?? 0);
    return picture;
  }

  /**
   * Greys of a slice along one of its axes (0: along a row, 1: along a column), at the mm `across` of the other.
   *
   * `line` is filled for pixels whose centres lie at `start`, `start` + step, …; -1 where the slice has no pixel.
   */
  line(slice: number, along: 0 | 1, across: number, start: number, greys: Greys, line: Int16Array): void {
    const header = this.grid.slices[slice];
    const values = this.stored[slice];
    line.fill(-1);
    if (header === undefined || values === undefined) return;
    const { rows, columns, step } = this.grid;
    const other = along === 0 ? 1 : 0;
    const fixed = Math.round((across - header.at[other]) / step[other]);
    if (fixed < 0 || fixed >= (along === 0 ? rows : columns)) return;
    const count = along === 0 ? columns : rows;
    const stride = along === 0 ? 1 : columns;
    const base = along === 0 ? fixed * columns : fixed;
    const shift = (start - header.at[along]) / step[along];
    const whole = Math.round(shift);
    const part = shift - whole;
    if (Math.abs(part) < 1e-3) {
      for (let index = Math.max(0, -whole); index < line.length && index + whole < count; index++) {
        line[index] = greys[(values[base + (index + whole) * stride] ?? 0) & 0xffff] ?? 0;
      }
      return;
    }
    // The slice stands between the pixels of the others: each takes its share of the two beside it.
    const lower = Math.floor(shift);
    const share = shift - lower;
    for (let index = Math.max(0, -lower); index < line.length && index + lower + 1 < count; index++) {
      const here = greys[(values[base + (index + lower) * stride] ?? 0) & 0xffff] ?? 0;
      const next = greys[(values[base + (index + lower + 1) * stride] ?? 0) & 0xffff] ?? 0;
      line[index] = Math.round(here + share * (next - here));
    }
  }
}

/** A grey as a pixel of ImageData on a little-endian machine, which all are that browsers run on. */
export const opaque = (grey: number): number => 0xff000000 | (grey << 16) | (grey << 8) | grey;
