import type { Grid } from "../image/grid";
import type { Vector } from "../image/vector";
import { pixelOf, type Projection } from "./projection";

const ARM = 4;

/** Points and open contours where the plane passes them: a cross for a point, lines between the points of a contour. */
export function drawOpen(
  context: CanvasRenderingContext2D,
  grid: Grid,
  contours: readonly Float64Array[],
  at: Vector,
  projection: Projection,
  ratio: number,
): void {
  const { depth } = projection.plane;
  const reach = (depth === 2 ? grid.usual : grid.step[depth]) / 2 + 1e-6;
  context.beginPath();
  for (const points of contours) {
    let joined = false;
    for (let index = 0; index < points.length; index += 3) {
      const point = [points[index] ?? 0, points[index + 1] ?? 0, points[index + 2] ?? 0] as const;
      const near = Math.abs(point[depth] - at[depth]) <= reach;
      const [x, y] = pixelOf(projection, point);
      if (near && points.length === 3) cross(context, x, y, ARM * ratio);
      else if (near && joined) context.lineTo(x, y);
      else if (near) context.moveTo(x, y);
      joined = near;
    }
  }
  context.stroke();
}

function cross(context: CanvasRenderingContext2D, x: number, y: number, arm: number): void {
  context.moveTo(x - arm, y);
  context.lineTo(x + arm, y);
  context.moveTo(x, y - arm);
  context.lineTo(x, y + arm);
}
