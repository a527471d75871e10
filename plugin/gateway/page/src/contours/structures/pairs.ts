import type { Placed } from "./levels";

/** An ROI of the set that is shown, and its counterpart in the one that it is compared with; either may be absent. */
export interface Pair {
  /** Unique in the list. */
  key: string;
  shown: Placed | undefined;
  other: Placed | undefined;
  /** Their names differ, and their numbers made them a pair. */
  byNumber: boolean;
}

/**
 * Pair the ROIs of two structure sets, in the order of the first: by name, else by number.
 *
 * By number only in sets that number alike, which those show whose names agree: in others ROI 3 of one has nothing to do
 * with ROI 3 of the other.
 */
export function pairsOf(shown: readonly Placed[], others: readonly Placed[]): Pair[] {
  const free = new Set(others);
  const found = new Map<Placed, Placed>();
  const take = (one: Placed, alike: (other: Placed) => boolean): void => {
    const other = [...free].find(alike);
    if (other === undefined || found.has(one)) return;
    found.set(one, other);
    free.delete(other);
  };
  for (const one of shown) take(one, (other) => nameOf(other) === nameOf(one));
  const byName = new Set(found.keys());
  const numberedAlike = found.size > 0 && [...found].every(([one, other]) => one.roi.number === other.roi.number);
  if (numberedAlike) for (const one of shown) take(one, (other) => other.roi.number === one.roi.number);
  return [
    ...shown.map((one, index) => ({ key: `a${index}`, shown: one, other: found.get(one), byNumber: found.has(one) && !byName.has(one) })),
    ...[...free].map((other, index) => ({ key: `b${index}`, shown: undefined, other, byNumber: false })),
  ];
}

const nameOf = (placed: Placed): string => placed.roi.name.trim().toLowerCase();
