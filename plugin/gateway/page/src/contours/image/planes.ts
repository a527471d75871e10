import type { Grid } from "./grid";
import type { Vector } from "./vector";

export type PlaneName = "axial" | "coronal" | "sagittal";
export const PLANES: readonly PlaneName[] = ["axial", "coronal", "sagittal"];

type Axis = 0 | 1 | 2;

/** One of the three planes: which axis of the series runs across the picture, which down, which into it, and whether backwards. */
export interface Plane {
  name: PlaneName;
  across: Axis;
  acrossSign: 1 | -1;
  down: Axis;
  downSign: 1 | -1;
  depth: Axis;
  /** Letters at the edges: left, right, top, bottom. */
  letters: readonly [string, string, string, string];
}

// As radiologists look: at the patient from the feet, from the front, from the left. Which patient axis (x to the left,
// y to the back, z to the head) runs across and which down.
const LOOK: Readonly<Record<PlaneName, { across: Vector; down: Vector }>> = {
  axial: { across: [1, 0, 0], down: [0, 1, 0] },
  coronal: { across: [1, 0, 0], down: [0, 0, -1] },
  sagittal: { across: [0, 1, 0], down: [0, 0, -1] },
};

/**
 * The three planes along the series' own axes, each turned and mirrored as the patient's plane that it is nearest to.
 *
 * Slices are never interpolated into another direction: an oblique series is shown along its own slices.
 */
export function planesOf(grid: Grid): readonly Plane[] {
  const own = assigned(grid);
  return PLANES.map((name) => {
    const look = LOOK[name];
    const [across, acrossSign] = nearestAxis(grid, own, look.across);
    const [down, downSign] = nearestAxis(grid, own, look.down);
    const depth = (3 - across - down) as Axis;
    const right = scaled(grid.axes[across], acrossSign);
    const bottom = scaled(grid.axes[down], downSign);
    return {
      name,
      across,
      acrossSign,
      down,
      downSign,
      depth,
      letters: [letters(scaled(right, -1)), letters(right), letters(scaled(bottom, -1)), letters(bottom)],
    };
  });
}

/** Where a direction points to in the patient: the letters of the axes that it follows, the strongest first. */
export function letters(direction: Vector): string {
  return (["RL", "AP", "FH"] as const)
    .map((pair, axis) => ({ letter: pair.charAt((direction[axis] ?? 0) > 0 ? 1 : 0), size: Math.abs(direction[axis] ?? 0) }))
    .filter(({ size }) => size > 0.26)
    .sort((a, b) => b.size - a.size)
    .map(({ letter }) => letter)
    .join("");
}

/** For each patient axis the axis of the series that stands for it: every one for one, so that they follow it most. */
function assigned(grid: Grid): readonly Axis[] {
  const orders: Axis[][] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
  const follows = (order: readonly Axis[]): number => order.reduce<number>((sum, axis, patient) => sum + Math.abs(grid.axes[axis][patient as Axis]), 0);
  return orders.reduce((best, order) => (follows(order) > follows(best) + 1e-9 ? order : best));
}

function nearestAxis(grid: Grid, own: readonly Axis[], look: Vector): [Axis, 1 | -1] {
  const patient = look.findIndex((value) => value !== 0) as Axis;
  const axis = own[patient] ?? patient;
  return [axis, grid.axes[axis][patient] * look[patient] >= 0 ? 1 : -1];
}

const scaled = (a: Vector, by: number): Vector => [a[0] * by, a[1] * by, a[2] * by];
