import type { Grid } from "../image/grid";
import type { Placed } from "./levels";
import { lengthOf, shared, spansOf } from "./sections";

/** How two ROIs differ: cm³ of each, of both, and of what only one has. */
export interface Difference {
  first: number;
  second: number;
  both: number;
  /** Dice coefficient, 0 to 1. */
  dice: number;
}

/** Volume of an ROI in cm³: the area between its contours' lines, row by row of the image, times the slab of its slice. */
export function volumeOf(grid: Grid, placed: Placed): number {
  return compared(grid, placed, undefined).first;
}

/** Compare two ROIs on the same slices. */
export function compared(grid: Grid, a: Placed | undefined, b: Placed | undefined): Difference {
  let first = 0;
  let second = 0;
  let both = 0;
  const rows = grid.step[1];
  for (const [index, slab] of grid.slabs.entries()) {
    const one = a?.bySlice.get(index);
    const other = b?.bySlice.get(index);
    if (one === undefined && other === undefined) continue;
    const thickness = slab[1] - slab[0];
    const low = Math.min(one?.box[2] ?? Infinity, other?.box[2] ?? Infinity);
    const high = Math.max(one?.box[3] ?? -Infinity, other?.box[3] ?? -Infinity);
    const lines = Math.max(1, Math.ceil((high - low) / rows));
    const apart = (high - low) / lines;
    for (let line = 0; line < lines; line++) {
      const v = low + (line + 0.5) * apart;
      const here = one === undefined ? [] : spansOf(one, 1, v);
      const there = other === undefined ? [] : spansOf(other, 1, v);
      const area = apart * thickness;
      first += lengthOf(here) * area;
      second += lengthOf(there) * area;
      both += shared(here, there) * area;
    }
  }
  const cm3 = 1000;
  return { first: first / cm3, second: second / cm3, both: both / cm3, dice: first + second > 0 ? (2 * both) / (first + second) : 1 };
}
