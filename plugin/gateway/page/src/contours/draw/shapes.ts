import { nearestSlice, type Grid } from "../image/grid";
import type { Plane } from "../image/planes";
import type { Vector } from "../image/vector";
import type { Level, Placed } from "../structures/levels";
import { outlineOf, sectionsOf } from "../structures/sections";

/** An ROI in one plane: its inside (by the even-odd rule) and its outline, in mm along two axes. */
export interface Shape {
  inside: Path2D;
  outline: Path2D;
}

const ofLevels = new WeakMap<Level, Shape>();

/** What an ROI shows in a plane through `point`; undefined when the plane does not cut it. */
export function shapeOf(grid: Grid, plane: Plane, placed: Placed, point: Vector): Shape | undefined {
  if (plane.depth === 2) {
    const level = placed.bySlice.get(nearestSlice(grid, point[2]));
    return level === undefined ? undefined : onSlice(level);
  }
  const sections = sectionsOf(grid, placed, plane.depth, point[plane.depth]);
  if (sections.length === 0) return undefined;
  const inside = new Path2D();
  for (const { slab, spans } of sections) {
    for (const [from, to] of spans) inside.rect(from, slab[0], to - from, slab[1] - slab[0]);
  }
  const outline = new Path2D();
  for (const [x0, y0, x1, y1] of outlineOf(sections)) {
    outline.moveTo(x0, y0);
    outline.lineTo(x1, y1);
  }
  return { inside, outline };
}

/** The contours of a level, of the file's own points: u, v. */
function onSlice(level: Level): Shape {
  const kept = ofLevels.get(level);
  if (kept !== undefined) return kept;
  const path = new Path2D();
  for (const [contour, start] of level.starts.entries()) {
    const end = level.starts[contour + 1] ?? level.points.length;
    for (let index = start; index < end; index += 2) {
      const u = level.points[index] ?? 0;
      const v = level.points[index + 1] ?? 0;
      if (index === start) path.moveTo(u, v);
      else path.lineTo(u, v);
    }
    path.closePath();
  }
  const shape = { inside: path, outline: path };
  ofLevels.set(level, shape);
  return shape;
}
