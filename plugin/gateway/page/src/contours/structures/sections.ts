import type { Grid } from "../image/grid";
import type { Level, Placed } from "./levels";

/** A part of a line that lies inside: from, to, mm. */
export type Span = readonly [number, number];

/** What one slab of an ROI shows in a plane across the slices. */
export interface Section {
  /** Lower and upper end of the slab along w, mm. */
  slab: Span;
  spans: readonly Span[];
}

/**
 * Where a level is cut by the line u = `at` (axis 0) or v = `at` (axis 1): exact, from the contours' own points.
 *
 * Crossings of all contours of the level together, so that exclusive or, holes and keyholes come out right.
 */
export function spansOf(level: Level, axis: 0 | 1, at: number): Span[] {
  const [low, high] = axis === 0 ? [level.box[0], level.box[1]] : [level.box[2], level.box[3]];
  if (at < low || at > high) return [];
  const { points, starts } = level;
  const other = 1 - axis;
  const crossings: number[] = [];
  for (let contour = 0; contour < starts.length; contour++) {
    const start = starts[contour] ?? 0;
    const end = starts[contour + 1] ?? points.length;
    let before = end - 2;
    for (let here = start; here < end; here += 2) {
      const a = points[before + axis] ?? 0;
      const b = points[here + axis] ?? 0;
      if (a > at !== b > at) {
        const p = points[before + other] ?? 0;
        const q = points[here + other] ?? 0;
        crossings.push(p + ((at - a) / (b - a)) * (q - p));
      }
      before = here;
    }
  }
  crossings.sort((p, q) => p - q);
  const spans: Span[] = [];
  for (let index = 0; index + 1 < crossings.length; index += 2) {
    const span = [crossings[index] ?? 0, crossings[index + 1] ?? 0] as const;
    // The two sides of a keyhole's channel lie on each other: nothing is between them.
    if (span[1] - span[0] > 1e-9) spans.push(span);
  }
  return joined(spans);
}

/** What an ROI shows in the plane u = `at` or v = `at`: a section for each slab that it cuts, upwards. */
export function sectionsOf(grid: Grid, placed: Placed, axis: 0 | 1, at: number): Section[] {
  const found: Section[] = [];
  for (const level of placed.levels) {
    const slab = grid.slabs[level.slice];
    if (slab === undefined) continue;
    const spans = spansOf(level, axis, at);
    if (spans.length > 0) found.push({ slab, spans });
  }
  return found;
}

/** The outline of sections as lines: [from, w, to, w] along a slab's end, [at, w, at, w] along its sides. */
export function outlineOf(sections: readonly Section[]): (readonly [number, number, number, number])[] {
  const lines: (readonly [number, number, number, number])[] = [];
  for (const [index, { slab, spans }] of sections.entries()) {
    for (const [from, to] of spans) lines.push([from, slab[0], from, slab[1]], [to, slab[0], to, slab[1]]);
    const below = sections[index - 1];
    const above = sections[index + 1];
    // Where slabs touch, the line between them is only where one has what the other has not.
    if (below === undefined || Math.abs(below.slab[1] - slab[0]) > 1e-6) lines.push(...flat(spans, slab[0]));
    if (above !== undefined && Math.abs(above.slab[0] - slab[1]) <= 1e-6) lines.push(...flat(either(spans, above.spans), slab[1]));
    else lines.push(...flat(spans, slab[1]));
  }
  return lines;
}

/** What lies in one of two sets of spans, not in both. */
export function either(a: readonly Span[], b: readonly Span[]): Span[] {
  const ends = [...a, ...b].flat().sort((p, q) => p - q);
  const spans: Span[] = [];
  for (let index = 0; index + 1 < ends.length; index += 2) {
    const span = [ends[index] ?? 0, ends[index + 1] ?? 0] as const;
    if (span[1] - span[0] > 1e-9) spans.push(span);
  }
  return spans;
}

/** Length of spans, and of what two sets of spans share, mm. */
export const lengthOf = (spans: readonly Span[]): number => spans.reduce((sum, [from, to]) => sum + to - from, 0);
export const shared = (a: readonly Span[], b: readonly Span[]): number => (lengthOf(a) + lengthOf(b) - lengthOf(either(a, b))) / 2;

function joined(spans: readonly Span[]): Span[] {
  const made: [number, number][] = [];
  for (const [from, to] of spans) {
    const last = made.at(-1);
    if (last !== undefined && from - last[1] < 1e-9) last[1] = to;
    else made.push([from, to]);
  }
  return made;
}

const flat = (spans: readonly Span[], w: number): (readonly [number, number, number, number])[] =>
  spans.map(([from, to]) => [from, w, to, w] as const);
