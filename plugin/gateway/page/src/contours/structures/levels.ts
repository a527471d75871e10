import { nearestSlice, onAxes, type Grid } from "../image/grid";
import type { Vector } from "../image/vector";
import { areaBetween, withoutRepeats, type Flat } from "./repeats";
import type { Roi } from "./rtstruct";

/** The closed contours of an ROI in one plane: exclusive or acts among them. DICOM PS3.3 C.8.8.6.3. */
export interface Level {
  /** Height along the normal, mm. */
  w: number;
  /** The slice that it is drawn on; -1 where it lies on none, or a nearer one has the slice. */
  slice: number;
  /** u, v of one point after the other, mm; contours begin at `starts`. */
  points: Float64Array;
  starts: readonly number[];
  /** Lowest and highest u and v. */
  box: readonly [number, number, number, number];
}

/** An ROI on the axes of a series. */
export interface Placed {
  roi: Roi;
  levels: readonly Level[];
  bySlice: ReadonlyMap<number, Level>;
  /** Points and open contours: u, v, w of one point after the other, shown as lines without an inside. */
  open: readonly Float64Array[];
  /** Closed contours that are not shown: tilted against the slices, on none of them, of another frame of reference. */
  tilted: number;
  offSlices: number;
  elsewhere: number;
  /** Contours that repeat another one of their plane, and are left out: exclusive or would leave nothing of either. */
  twice: number;
  /** It covers much of a slice: its filling would hide the image and all other structures. */
  large: boolean;
  /** Middle of its box on (u, v, w); undefined without a contour on a slice. */
  middle: Vector | undefined;
}

// As model/rtstruct/planes.py places contours: how far points may leave their plane, and what rounding makes.
const WARP = 0.25;
const ROUNDING_MM = 0.05;
const SAME_PLANE = 0.25;
const LARGE = 0.25;

/** Lay the contours of an ROI on the slices of a series. */
export function placeOn(grid: Grid, roi: Roi): Placed {
  const frames = new Set(grid.slices.map((slice) => slice.frameOfReference));
  if (roi.contours.length > 0 && roi.frame !== "" && !frames.has(roi.frame)) return nowhere(roi);
  const flat: Flat[] = [];
  const open: Float64Array[] = [];
  let tilted = 0;
  const allowed = WARP * grid.usual + ROUNDING_MM;
  for (const { closed, points } of roi.contours) {
    const own = new Float64Array(points.length);
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let index = 0; index < points.length; index += 3) {
      const [u, v, w] = onAxes(grid.origin, grid.axes, [points[index] ?? 0, points[index + 1] ?? 0, points[index + 2] ?? 0]);
      own.set([u, v, w], index);
      low = Math.min(low, w);
      high = Math.max(high, w);
    }
    if (!closed) open.push(own);
    else if (high - low > allowed) tilted++;
    else flat.push({ w: (low + high) / 2, points: own });
  }
  const groups = levelsOf(grid, flat);
  const single = groups.map((group) => withoutRepeats(group, grid.step));
  const levels = onSlices(grid, single.map(levelOf));
  const drawn = levels.filter((level) => level.slice >= 0);
  return {
    roi,
    levels: drawn,
    bySlice: new Map(drawn.map((level) => [level.slice, level])),
    open,
    tilted,
    offSlices: levels.filter((level) => level.slice < 0).reduce((sum, level) => sum + level.starts.length, 0),
    elsewhere: 0,
    twice: flat.length - single.reduce((sum, group) => sum + group.length, 0),
    large: drawn.some((level) => areaOf(level) > LARGE * grid.rows * grid.step[1] * grid.columns * grid.step[0]),
    middle: middleOf(drawn),
  };
}

function nowhere(roi: Roi): Placed {
  return { roi, levels: [], bySlice: new Map(), open: [], tilted: 0, offSlices: 0, elsewhere: roi.contours.length, twice: 0, large: false, middle: undefined };
}

/** Contours at one height, within rounding, are one level. */
function levelsOf(grid: Grid, flat: readonly Flat[]): Flat[][] {
  const sorted = [...flat].sort((a, b) => a.w - b.w);
  const thinnest = grid.slabs.reduce((least, [low, high]) => Math.min(least, high - low), grid.usual);
  const reach = Math.max(Math.min(2 * ROUNDING_MM, thinnest / 2), SAME_PLANE * Math.min(usualGap(sorted) || thinnest, thinnest));
  const groups: Flat[][] = [];
  for (const one of sorted) {
    const group = groups.at(-1);
    if (group?.[0] !== undefined && one.w - group[0].w <= reach + 1e-9) group.push(one);
    else groups.push([one]);
  }
  return groups;
}

function usualGap(sorted: readonly Flat[]): number {
  const gaps = sorted
    .slice(1)
    .map((one, index) => one.w - (sorted[index]?.w ?? 0))
    .filter((gap) => gap > 2 * ROUNDING_MM)
    .sort((a, b) => a - b);
  return gaps[Math.floor(0.75 * gaps.length)] ?? 0;
}

function levelOf(group: readonly Flat[]): Level {
  const starts: number[] = [];
  const points = new Float64Array(group.reduce((sum, one) => sum + (one.points.length / 3) * 2, 0));
  const box: [number, number, number, number] = [Infinity, -Infinity, Infinity, -Infinity];
  let at = 0;
  for (const one of group) {
    starts.push(at);
    for (let index = 0; index < one.points.length; index += 3) {
      const u = one.points[index] ?? 0;
      const v = one.points[index + 1] ?? 0;
      points[at++] = u;
      points[at++] = v;
      box[0] = Math.min(box[0], u);
      box[1] = Math.max(box[1], u);
      box[2] = Math.min(box[2], v);
      box[3] = Math.max(box[3], v);
    }
  }
  const w = group.reduce((sum, one) => sum + one.w, 0) / group.length;
  return { w, slice: -1, points, starts, box };
}

/** Each slice takes the nearest level within half its slab. */
function onSlices(grid: Grid, levels: readonly Level[]): Level[] {
  const taken = new Map<number, { index: number; distance: number }>();
  for (const [index, level] of levels.entries()) {
    for (const [slice, [low, high]] of grid.slabs.entries()) {
      if (level.w < low - ROUNDING_MM || level.w > high + ROUNDING_MM) continue;
      const distance = Math.abs(level.w - (grid.slices[slice]?.at[2] ?? 0));
      const before = taken.get(slice);
      const nearest = nearestSlice(grid, level.w) === slice;
      if (nearest && (before === undefined || distance < before.distance - 1e-6)) taken.set(slice, { index, distance });
    }
  }
  const slices = new Map([...taken].map(([slice, { index }]) => [index, slice]));
  return levels.map((level, index) => ({ ...level, slice: slices.get(index) ?? -1 }));
}

/** Areas of the contours of a level, mm²; holes count as if they were none. */
function areaOf({ points, starts }: Level): number {
  return starts.reduce((sum, start, contour) => sum + areaBetween(points, 2, start, starts[contour + 1] ?? points.length), 0);
}

function middleOf(levels: readonly Level[]): Vector | undefined {
  const [first] = levels;
  const last = levels.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const w = (first.w + last.w) / 2;
  // The middle of the level that is nearest to the middle height: an ROI may bend around the middle of its box.
  const level = levels.reduce((best, one) => (Math.abs(one.w - w) < Math.abs(best.w - w) ? one : best));
  const [left, right, top, bottom] = level.box;
  return [(left + right) / 2, (top + bottom) / 2, level.w];
}
