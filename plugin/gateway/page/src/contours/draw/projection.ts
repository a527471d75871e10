import { extent, type Grid } from "../image/grid";
import type { Plane } from "../image/planes";
import type { Vector } from "../image/vector";
import type { Look } from "../scene";

/** Where mm of a plane lie on its canvas. */
export interface Projection {
  plane: Plane;
  /** Canvas pixels per mm. */
  scale: number;
  /** Canvas pixel of mm 0 of both axes. */
  zero: readonly [number, number];
}

/** Fit the whole series into a canvas of these pixels, then zoom and move it as the reader did. */
export function projectionOf(grid: Grid, plane: Plane, look: Look, width: number, height: number): Projection {
  const [low, high] = extent(grid);
  const wide = high[plane.across] - low[plane.across];
  const tall = high[plane.down] - low[plane.down];
  const scale = Math.min(width / wide, height / tall) * look.zoom[plane.name];
  const [across, down] = look.pan[plane.name];
  const middle = (axis: 0 | 1 | 2, sign: number): number => (sign * (low[axis] + high[axis])) / 2;
  const left = width / 2 - (middle(plane.across, plane.acrossSign) - across) * scale;
  const top = height / 2 - (middle(plane.down, plane.downSign) - down) * scale;
  return { plane, scale, zero: [left, top] };
}

/** Make the canvas draw in mm along two axes of the series; `first` is that of the first coordinate of what is drawn. */
export function inMillimetres(context: CanvasRenderingContext2D, { plane, scale, zero }: Projection, first: 0 | 1 | 2): void {
  const across = plane.acrossSign * scale;
  const down = plane.downSign * scale;
  if (plane.across === first) context.setTransform(across, 0, 0, down, zero[0], zero[1]);
  else context.setTransform(0, down, across, 0, zero[0], zero[1]);
}

/** The point of the series under a pixel of the canvas; along the depth of the plane it is that of `point`. */
export function pointAt({ plane, scale, zero }: Projection, x: number, y: number, point: Vector): Vector {
  const next: [number, number, number] = [...point];
  next[plane.across] = (plane.acrossSign * (x - zero[0])) / scale;
  next[plane.down] = (plane.downSign * (y - zero[1])) / scale;
  return next;
}

/** The pixel of the canvas over a point of the series. */
export function pixelOf({ plane, scale, zero }: Projection, point: Vector): [number, number] {
  return [zero[0] + plane.acrossSign * point[plane.across] * scale, zero[1] + plane.downSign * point[plane.down] * scale];
}
