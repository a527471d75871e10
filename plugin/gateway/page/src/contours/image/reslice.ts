import { extent, type Grid } from "./grid";
import { opaque, type Voxels } from "./voxels";
import type { Shading } from "./window";

/** A picture across the slices, and where it lies: the mm of its first pixel's centre and of its pixels. */
export interface Cut {
  picture: ImageData;
  start: readonly [number, number];
  step: readonly [number, number];
}

/** Where the rows of a picture across the slices come from: two slices, and how much of the second. */
interface Source {
  lower: number;
  upper: number;
  share: number;
}

/**
 * How a picture across the slices is put together: the same for every cut of a series.
 *
 * An even stack has a row for each slice, so that each is shown as it is. One that is uneven or sheared is laid on an
 * even grid of the same mm: rows between two slices take their share of both, rows in a gap stay empty.
 */
export class Reslicer {
  private readonly sources: readonly Source[];
  private readonly rowStart: number;
  private readonly rowStep: number;

  constructor(private readonly grid: Grid) {
    const [first] = grid.slices;
    if (grid.even || first === undefined) {
      this.rowStart = 0;
      this.rowStep = grid.usual;
      this.sources = grid.slices.map((_, index) => ({ lower: index, upper: index, share: 0 }));
      return;
    }
    const [low, high] = extent(grid);
    this.rowStep = Math.max(Math.min(grid.step[0], grid.step[1], grid.usual / 2), (high[2] - low[2]) / 4096);
    this.rowStart = low[2] + this.rowStep / 2;
    const count = Math.max(1, Math.round((high[2] - low[2]) / this.rowStep));
    this.sources = Array.from({ length: count }, (_, row) => this.source(this.rowStart + row * this.rowStep));
  }

  /** Cut along axis `along` (0: u, 1: v) and the normal, at the mm `across` of the third axis. */
  cut(voxels: Voxels, shading: Shading, along: 0 | 1, across: number): Cut {
    const [low, high] = extent(this.grid);
    const step = this.grid.step[along];
    const start = low[along] + step / 2;
    const width = Math.max(1, Math.round((high[along] - low[along]) / step));
    const picture = new ImageData(width, this.sources.length);
    const pixels = new Uint32Array(picture.data.buffer);
    const below = new Int16Array(width);
    const above = new Int16Array(width);
    let drawn = -1;
    for (const [row, { lower, upper, share }] of this.sources.entries()) {
      if (lower < 0) continue;
      if (lower !== drawn) voxels.line(lower, along, across, start, shading.greys(voxels.meaning(lower)), below);
      drawn = lower;
      const mixed = share > 0 && voxels.has(upper);
      if (mixed) voxels.line(upper, along, across, start, shading.greys(voxels.meaning(upper)), above);
      for (let index = 0; index < width; index++) {
        const here = below[index] ?? -1;
        const there = mixed ? (above[index] ?? -1) : -1;
        if (here >= 0) pixels[row * width + index] = opaque(there < 0 ? here : Math.round(here + share * (there - here)));
        else if (there >= 0 && share >= 0.5) pixels[row * width + index] = opaque(there);
      }
    }
    return { picture, start: [start, this.rowStart], step: [step, this.rowStep] };
  }

  private source(w: number): Source {
    const { slices, slabs } = this.grid;
    const within = slabs.findIndex(([low, high]) => w >= low && w <= high);
    const slice = slices[within];
    if (slice === undefined) return { lower: -1, upper: -1, share: 0 };
    const neighbour = w > slice.at[2] ? within + 1 : within - 1;
    const other = slices[neighbour];
    // Only slabs that touch belong to each other: over a gap nothing is made up.
    const touching = other !== undefined && (neighbour > within ? slabs[within]?.[1] === slabs[neighbour]?.[0] : slabs[within]?.[0] === slabs[neighbour]?.[1]);
    if (other === undefined || !touching) return { lower: within, upper: within, share: 0 };
    return { lower: within, upper: neighbour, share: Math.abs(w - slice.at[2]) / Math.abs(other.at[2] - slice.at[2]) };
  }
}
