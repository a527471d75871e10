import { nearestSlice, type Grid } from "./image/grid";
import { PLANES, planesOf, type Plane, type PlaneName } from "./image/planes";
import { Reslicer } from "./image/reslice";
import type { Vector } from "./image/vector";
import { Voxels } from "./image/voxels";
import type { Window } from "./image/window";
import { Store } from "./store";
import type { Pair } from "./structures/pairs";

/** The images of a series, ready to be drawn. */
export interface Scene {
  grid: Grid;
  planes: readonly Plane[];
  voxels: Voxels;
  reslicer: Reslicer;
}

export function sceneOf(grid: Grid): Scene {
  return { grid, planes: planesOf(grid), voxels: new Voxels(grid), reslicer: new Reslicer(grid) };
}

export type Tool = "crosshair" | "window" | "pan" | "zoom";

/** What is looked at, and how. */
export interface Look {
  scene: Scene | undefined;
  /** The point where the three planes meet: u, v, w in mm. */
  point: Vector;
  window: Window;
  tool: Tool;
  /** Times the size at which the whole picture fits. */
  zoom: Readonly<Record<PlaneName, number>>;
  /** How far the middle of each picture was moved: across and down, mm. */
  pan: Readonly<Record<PlaneName, readonly [number, number]>>;
  smooth: boolean;
  cross: boolean;
  pairs: readonly Pair[];
  /** Keys of the pairs that are not drawn. */
  hidden: ReadonlySet<string>;
  chosen: string | undefined;
  contours: boolean;
  filled: boolean;
  /** Of the filling, 0 to 1. */
  opacity: number;
  /** Two sets are looked at. */
  comparing: boolean;
  /** Colour what differs between them. */
  differences: boolean;
  /** Grows when slices came. */
  arrived: number;
  pointer: { plane: PlaneName; at: Vector } | undefined;
}

const each = <Value>(value: Value): Readonly<Record<PlaneName, Value>> => ({ axial: value, coronal: value, sagittal: value });

export function newLook(): Store<Look> {
  return new Store<Look>({
    scene: undefined,
    point: [0, 0, 0],
    window: { centre: 40, width: 400 },
    tool: "crosshair",
    zoom: each(1),
    pan: each([0, 0] as const),
    smooth: true,
    cross: true,
    pairs: [],
    hidden: new Set(),
    chosen: undefined,
    contours: true,
    filled: false,
    opacity: 0.35,
    comparing: false,
    differences: true,
    arrived: 0,
    pointer: undefined,
  });
}

/** All of the picture again, at its middle. */
export function fit(look: Store<Look>, plane?: PlaneName): void {
  const names = plane === undefined ? PLANES : [plane];
  const zoom = { ...look.value.zoom };
  const pan = { ...look.value.pan };
  for (const name of names) {
    zoom[name] = 1;
    pan[name] = [0, 0];
  }
  look.set({ zoom, pan });
}

export function zoomBy(look: Store<Look>, plane: PlaneName, factor: number): void {
  look.set({ zoom: { ...look.value.zoom, [plane]: Math.min(40, Math.max(0.25, look.value.zoom[plane] * factor)) } });
}

export function panBy(look: Store<Look>, plane: PlaneName, across: number, down: number): void {
  const [a, d] = look.value.pan[plane];
  look.set({ pan: { ...look.value.pan, [plane]: [a + across, d + down] } });
}

/** How many steps a plane has, and at which one it is. */
export function stepsOf({ grid, planes }: Scene, name: PlaneName, point: Vector): { count: number; index: number } {
  const depth = depthOf(planes, name);
  if (depth === 2) return { count: grid.slices.length, index: nearestSlice(grid, point[2]) };
  const count = depth === 0 ? grid.columns : grid.rows;
  return { count, index: Math.min(count - 1, Math.max(0, Math.round(point[depth] / grid.step[depth]))) };
}

/** Go to a step of a plane: a slice, a column or a row of pixels. */
export function goTo(look: Store<Look>, name: PlaneName, index: number): void {
  const { scene, point } = look.value;
  if (scene === undefined) return;
  const { count } = stepsOf(scene, name, point);
  const step = Math.min(count - 1, Math.max(0, index));
  const depth = depthOf(scene.planes, name);
  const at = depth === 2 ? (scene.grid.slices[step]?.at[2] ?? 0) : step * scene.grid.step[depth];
  const next: [number, number, number] = [...point];
  next[depth] = at;
  look.set({ point: next });
}

/** Which axis of the series runs into a plane. */
export function depthOf(planes: readonly Plane[], name: PlaneName): 0 | 1 | 2 {
  return planes.find((plane) => plane.name === name)?.depth ?? 2;
}
