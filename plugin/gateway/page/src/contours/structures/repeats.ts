/** A closed contour parallel to the slices: its height, and u, v, w of one point after the other, mm. */
export interface Flat {
  w: number;
  points: Float64Array;
}

// As model/rtstruct/planes.py finds them: boxes and centres that differ by less than this part of a pixel, and areas by
// less than this part, wherever the contours begin and whichever way they run.
const SAME_PIXELS = 0.1;
const SAME_AREA = 0.02;

/** The contours of one plane without those that repeat an earlier one. */
export function withoutRepeats(group: readonly Flat[], pixel: readonly [number, number]): Flat[] {
  if (group.length < 2) return [...group];
  const kept: { flat: Flat; form: Form }[] = [];
  for (const flat of group) {
    const form = formOf(flat.points);
    if (!kept.some((other) => alike(other.form, form, pixel))) kept.push({ flat, form });
  }
  return kept.map(({ flat }) => flat);
}

interface Form {
  /** Lowest and highest u, lowest and highest v, middle of the area. */
  places: readonly number[];
  area: number;
}

function formOf(points: Float64Array): Form {
  const box = [Infinity, -Infinity, Infinity, -Infinity] as [number, number, number, number];
  for (let index = 0; index < points.length; index += 3) {
    const u = points[index] ?? 0;
    const v = points[index + 1] ?? 0;
    box[0] = Math.min(box[0], u);
    box[1] = Math.max(box[1], u);
    box[2] = Math.min(box[2], v);
    box[3] = Math.max(box[3], v);
  }
  const middle = [(box[0] + box[1]) / 2, (box[2] + box[3]) / 2] as const;
  let [twice, across, down] = [0, 0, 0];
  for (let here = 0, before = points.length - 3; here < points.length; before = here, here += 3) {
    const [u0, v0] = [(points[before] ?? 0) - middle[0], (points[before + 1] ?? 0) - middle[1]];
    const [u1, v1] = [(points[here] ?? 0) - middle[0], (points[here + 1] ?? 0) - middle[1]];
    const cross = u0 * v1 - u1 * v0;
    twice += cross;
    across += (u0 + u1) * cross;
    down += (v0 + v1) * cross;
  }
  const flat = Math.abs(twice) < 1e-9;
  const centre = flat ? middle : [middle[0] + across / (3 * twice), middle[1] + down / (3 * twice)];
  return { places: [...box, ...centre], area: Math.abs(twice) / 2 };
}

function alike(a: Form, b: Form, [du, dv]: readonly [number, number]): boolean {
  const steps = [du, du, dv, dv, du, dv];
  return (
    a.places.every((place, index) => Math.abs(place - (b.places[index] ?? 0)) <= SAME_PIXELS * (steps[index] ?? 1)) &&
    Math.abs(a.area - b.area) <= SAME_AREA * b.area
  );
}

/** Area inside the closed line of the points from `start` to `end` of an array with `stride` numbers for each, mm². */
export function areaBetween(points: Float64Array, stride: number, start: number, end: number): number {
  let twice = 0;
  for (let here = start, before = end - stride; here < end; before = here, here += stride) {
    twice += (points[before] ?? 0) * (points[here + 1] ?? 0) - (points[here] ?? 0) * (points[before + 1] ?? 0);
  }
  return Math.abs(twice) / 2;
}
