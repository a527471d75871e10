import type { Header } from "./headers";
import { cross, dot, minus, unit, type Vector } from "./vector";

/** One slice on the axes of its series. */
export interface Slice extends Header {
  /** Centre of the first pixel: mm along the rows, along the columns, along the normal, from the first slice's. */
  at: Vector;
}

/**
 * A series as a stack of parallel slices, on axes of its own: u along the rows, v along the columns, w along the normal,
 * all in mm from the centre of the first pixel of the first slice.
 */
export interface Grid {
  origin: Vector;
  axes: readonly [Vector, Vector, Vector];
  slices: readonly Slice[];
  rows: number;
  columns: number;
  /** mm between columns (along u) and between rows (along v). */
  step: readonly [number, number];
  /** The usual distance of neighbours, mm. */
  usual: number;
  /** The slab of each slice along w, mm: to the middle between it and its neighbours, at gaps half the usual distance. */
  slabs: readonly (readonly [number, number])[];
  /** Whether all distances are alike and no slice is shifted against another. */
  even: boolean;
  /** Slices stand obliquely on each other (gantry tilt). */
  sheared: boolean;
  /** How many gaps there are that slices seem to be missing in. */
  gaps: number;
  /** Images that are in no slice: of another direction or size, and at the place of another one. */
  otherwise: number;
  twice: number;
}

const SAME_DIRECTION = 2e-3;
const SAME_PLACE_MM = 0.01;
const EVEN = 0.02;
const GAP = 1.5;

/**
 * Make a stack of the images of a series: those of the direction and size that most of them have.
 *
 * Of images at one place the one that is `named` (SOP Instance UIDs of a structure set) stays, else the first by number.
 * Undefined when no image has a place. Source: DICOM PS3.3 C.7.6.2.1.1.
 */
export function gridOf(headers: readonly Header[], named: ReadonlySet<string> = new Set()): Grid | undefined {
  const alike = largest(headers.filter((header) => header.spacing !== undefined && header.rows > 0));
  const [first] = alike;
  if (first?.spacing === undefined) return undefined;
  const row = unit(first.row);
  // What rounding left unperpendicular goes to the column: the normal is that of the plane.
  const normal = unit(cross(row, first.column));
  const axes = [row, cross(normal, row), normal] as const;
  const height = (header: Header): number => dot(header.position, normal);
  const sorted = [...alike].sort((a, b) => height(a) - height(b) || a.number - b.number);
  const kept: Header[] = [];
  for (const header of sorted) {
    const before = kept.at(-1);
    if (before === undefined || height(header) - height(before) > SAME_PLACE_MM) kept.push(header);
    else if (named.has(header.uid) && !named.has(before.uid)) kept[kept.length - 1] = header;
  }
  const [lowest] = kept;
  if (lowest === undefined) return undefined;
  const origin = lowest.position;
  const slices = kept.map((header): Slice => ({ ...header, at: onAxes(origin, axes, header.position) }));
  const distances = slices.slice(1).map((slice, index) => slice.at[2] - (slices[index]?.at[2] ?? 0));
  const usual = median(distances) ?? 1;
  const step = [first.spacing[1], first.spacing[0]] as const;
  const sheared = slices.some((slice) => Math.abs(slice.at[0]) > 0.05 * step[0] || Math.abs(slice.at[1]) > 0.05 * step[1]);
  return {
    origin,
    axes,
    slices,
    rows: first.rows,
    columns: first.columns,
    step,
    usual,
    slabs: slabsOf(slices, usual),
    even: !sheared && distances.every((distance) => Math.abs(distance - usual) < EVEN * usual),
    sheared,
    gaps: distances.filter((distance) => distance > GAP * usual).length,
    otherwise: headers.length - alike.length,
    twice: alike.length - kept.length,
  };
}

/** Patient coordinates to (u, v, w) of a grid. */
export function onAxes(origin: Vector, axes: Grid["axes"], point: Vector): Vector {
  const away = minus(point, origin);
  return [dot(away, axes[0]), dot(away, axes[1]), dot(away, axes[2])];
}

/** (u, v, w) of a grid to patient coordinates (LPS), mm. */
export function inPatient(grid: Grid, [u, v, w]: Vector): Vector {
  const [row, column, normal] = grid.axes;
  const along = (axis: 0 | 1 | 2): number => grid.origin[axis] + u * row[axis] + v * column[axis] + w * normal[axis];
  return [along(0), along(1), along(2)];
}

/** The slice that lies nearest to a height. */
export function nearestSlice(grid: Grid, w: number): number {
  let low = 0;
  let high = grid.slices.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    const here = grid.slices[middle]?.at[2] ?? 0;
    const next = grid.slices[middle + 1]?.at[2] ?? 0;
    if (w <= (here + next) / 2) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Lowest and highest (u, v, w) that a pixel's edge has. */
export function extent(grid: Grid): readonly [Vector, Vector] {
  const us = grid.slices.map((slice) => slice.at[0]);
  const vs = grid.slices.map((slice) => slice.at[1]);
  const [du, dv] = grid.step;
  return [
    [Math.min(...us) - du / 2, Math.min(...vs) - dv / 2, grid.slabs[0]?.[0] ?? 0],
    [Math.max(...us) + (grid.columns - 0.5) * du, Math.max(...vs) + (grid.rows - 0.5) * dv, grid.slabs.at(-1)?.[1] ?? 0],
  ];
}

function slabsOf(slices: readonly Slice[], usual: number): [number, number][] {
  return slices.map((slice, index) => {
    const reach = (other: Slice | undefined): number => {
      const distance = other === undefined ? usual : Math.abs(other.at[2] - slice.at[2]);
      return (distance > GAP * usual ? usual : distance) / 2;
    };
    return [slice.at[2] - reach(slices[index - 1]), slice.at[2] + reach(slices[index + 1])];
  });
}

function largest(headers: readonly Header[]): Header[] {
  const groups: Header[][] = [];
  for (const header of headers) {
    const group = groups.find(([one]) => one !== undefined && parallel(one, header));
    if (group === undefined) groups.push([header]);
    else group.push(header);
  }
  return groups.sort((a, b) => b.length - a.length)[0] ?? [];
}

function parallel(a: Header, b: Header): boolean {
  const near = (p: Vector, q: Vector): boolean => p.every((value, axis) => Math.abs(value - (q[axis] ?? 0)) < SAME_DIRECTION);
  const alike = (p: number | undefined, q: number | undefined): boolean => Math.abs((p ?? 0) - (q ?? 0)) < 1e-3 * (p ?? 0);
  return (
    a.rows === b.rows &&
    a.columns === b.columns &&
    near(a.row, b.row) &&
    near(a.column, b.column) &&
    alike(a.spacing?.[0], b.spacing?.[0]) &&
    alike(a.spacing?.[1], b.spacing?.[1])
  );
}

function median(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
