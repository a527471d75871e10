import type { PlaneName } from "./image/planes";
import { PRESETS, type Preset } from "./image/window";
import { depthOf, fit, goTo, stepsOf, zoomBy, type Look } from "./scene";
import type { Store } from "./store";
import type { Pair } from "./structures/pairs";

const PRESET_KEYS: Readonly<Record<string, Preset>> = { "1": "soft", "2": "abdomen", "3": "lung", "4": "bone", "5": "brain" };

/** Do what a key means in a plane; false for a key that means nothing here. */
export function press(look: Store<Look>, plane: PlaneName, event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const { scene, point, contours, filled, comparing, differences, cross, smooth } = look.value;
  if (scene === undefined) return false;
  const { count, index } = stepsOf(scene, plane, point);
  const towards = upwards(look.value, plane);
  const far = event.shiftKey ? 10 : 1;
  const preset = PRESET_KEYS[event.key];
  if (preset !== undefined) look.set({ window: PRESETS[preset] });
  else if (event.key === "ArrowUp" || event.key === "PageUp") goTo(look, plane, index + far * towards);
  else if (event.key === "ArrowDown" || event.key === "PageDown") goTo(look, plane, index - far * towards);
  else if (event.key === "Home") goTo(look, plane, towards > 0 ? 0 : count - 1);
  else if (event.key === "End") goTo(look, plane, towards > 0 ? count - 1 : 0);
  else if (event.key === "+" || event.key === "=") zoomBy(look, plane, 1.25);
  else if (event.key === "-") zoomBy(look, plane, 0.8);
  else if (event.key === "0") fit(look, plane);
  else if (event.key === "a" || event.key === "d" || event.key === "w" || event.key === "s") nudge(look, plane, event.key, far);
  else if (event.key === "[") chooseNext(look, -1);
  else if (event.key === "]") chooseNext(look, 1);
  else if (event.key === "n") sliceOfChosen(look, 1);
  else if (event.key === "p") sliceOfChosen(look, -1);
  else if (event.key === "c") look.set({ contours: !contours });
  else if (event.key === "f") look.set(comparing ? { differences: !differences } : { filled: !filled });
  else if (event.key === "x") look.set({ cross: !cross });
  else if (event.key === "i") look.set({ smooth: !smooth });
  else return false;
  return true;
}

/** 1 when higher steps of a plane lie towards the head, the back or the left of the patient, else -1. */
export function upwards({ scene }: Look, plane: PlaneName): 1 | -1 {
  if (scene === undefined) return 1;
  const direction = scene.grid.axes[depthOf(scene.planes, plane)];
  const patient = plane === "axial" ? 2 : plane === "coronal" ? 1 : 0;
  return (direction[patient] ?? 0) >= 0 ? 1 : -1;
}

const NUDGES = { a: [-1, 0], d: [1, 0], w: [0, -1], s: [0, 1] } as const;

/** Move the point across the picture by a pixel of the image. */
function nudge(look: Store<Look>, name: PlaneName, key: keyof typeof NUDGES, far: number): void {
  const { scene, point } = look.value;
  const plane = scene?.planes.find((one) => one.name === name);
  if (scene === undefined || plane === undefined) return;
  const [right, down] = NUDGES[key];
  const step = (axis: 0 | 1 | 2): number => far * (axis === 2 ? scene.grid.usual : scene.grid.step[axis]);
  const next: [number, number, number] = [...point];
  next[plane.across] += right * plane.acrossSign * step(plane.across);
  next[plane.down] += down * plane.downSign * step(plane.down);
  look.set({ point: next });
}

/** Choose a pair and put the crosshair into its middle. */
export function choose(look: Store<Look>, pair: Pair): void {
  const middle = pair.shown?.middle ?? pair.other?.middle;
  const hidden = new Set(look.value.hidden);
  hidden.delete(pair.key);
  look.set({ chosen: pair.key, hidden, ...(middle === undefined ? {} : { point: middle }) });
}

function chooseNext(look: Store<Look>, by: 1 | -1): void {
  const { pairs, chosen } = look.value;
  if (pairs.length === 0) return;
  const now = pairs.findIndex((pair) => pair.key === chosen);
  const next = pairs[now < 0 ? (by > 0 ? 0 : pairs.length - 1) : (now + by + pairs.length) % pairs.length];
  if (next !== undefined) choose(look, next);
}

/** Go to the next slice, towards the head or away from it, on which the chosen structure has a contour. */
function sliceOfChosen(look: Store<Look>, by: 1 | -1): void {
  const { scene, pairs, chosen, point } = look.value;
  const pair = pairs.find((one) => one.key === chosen);
  if (scene === undefined || pair === undefined) return;
  const name = scene.planes.find((plane) => plane.depth === 2)?.name ?? "axial";
  const { index } = stepsOf(scene, name, point);
  const slices = [...new Set([pair.shown, pair.other].flatMap((placed) => [...(placed?.bySlice.keys() ?? [])]))].sort((a, b) => a - b);
  const up = by * upwards(look.value, name) > 0;
  const next = up ? slices.find((slice) => slice > index) : slices.filter((slice) => slice < index).at(-1);
  if (next !== undefined) goTo(look, name, next);
}

/** Hide all but one, all, or none. */
export function showOnly(look: Store<Look>, keys: readonly string[]): void {
  const kept = new Set(keys);
  look.set({ hidden: new Set(look.value.pairs.map((pair) => pair.key).filter((key) => !kept.has(key))) });
}

export function toggle(look: Store<Look>, key: string): void {
  const hidden = new Set(look.value.hidden);
  if (!hidden.delete(key)) hidden.add(key);
  look.set({ hidden });
}
