import { orthanc } from "../../app/base";
import { getOrthanc, Refused } from "../../app/http";
import { headersOf, numbers, type Header, type Tags } from "./headers";
import { readNpy, type Decoded } from "./npy";
import { cross, dot, unit, type Vector } from "./vector";

/** How many slices are asked for at once: more make none of them faster on one connection to Orthanc. */
const AT_ONCE = 6;

/** Every image of a series that has a place in the patient, from the whole headers. Throws Refused. */
export async function headersOfSeries(series: string, signal: AbortSignal): Promise<Header[]> {
  const tags = await getOrthanc<Record<string, Tags>>(`series/${series}/instances-tags?simplify`, { signal });
  return Object.entries(tags).flatMap(([instance, one]) => headersOf(instance, one));
}

/**
 * The middle image of a series, found from what Orthanc has in its index: much faster than the headers of all.
 *
 * Undefined where the index does not hold positions. Throws Refused.
 */
export async function middleHeader(series: string, signal: AbortSignal): Promise<Header | undefined> {
  const listed = await getOrthanc<{ ID: string; MainDicomTags: Tags }[]>(`series/${series}/instances`, { signal });
  const cosines = listed.map((one) => numbers(one.MainDicomTags["ImageOrientationPatient"])).find((found) => found.length === 6);
  if (cosines === undefined) return undefined;
  const normal = unit(cross(cosines.slice(0, 3) as unknown as Vector, cosines.slice(3) as unknown as Vector));
  const placed = listed
    .map((one) => ({ id: one.ID, position: numbers(one.MainDicomTags["ImagePositionPatient"]) }))
    .filter((one) => one.position.length === 3)
    .sort((a, b) => dot(a.position as unknown as Vector, normal) - dot(b.position as unknown as Vector, normal));
  const middle = placed[placed.length >> 1];
  if (middle === undefined) return undefined;
  return headersOf(middle.id, await getOrthanc<Tags>(`instances/${middle.id}/simplified-tags`, { signal }))[0];
}

/** The decoded pixels of an image; undefined when Orthanc gives none that can be shown in grey. Throws Refused. */
export async function pixelsOf(header: Header, signal: AbortSignal): Promise<Decoded | undefined> {
  const address = `${orthanc}instances/${header.instance}/frames/${header.frame}/numpy?rescale=false&compress=false`;
  let answer: Response;
  try {
    answer = await fetch(address, { signal });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Refused(0, "UNREACHABLE", "Orthanc does not answer.");
  }
  if (answer.status === 401 || answer.status === 403) throw new Refused(answer.status, `HTTP_${answer.status}`, `HTTP ${answer.status}`);
  return answer.ok ? readNpy(await answer.arrayBuffer()) : undefined;
}

/**
 * Load slices from the middle outwards, a few at once; `wanted` says which one is looked at, and that goes first.
 *
 * `came` is told of each, with undefined for one that cannot be shown. Throws Refused when Orthanc stops answering.
 */
export async function loadOutwards(
  headers: readonly Header[],
  begun: ReadonlySet<number>,
  wanted: () => number,
  came: (index: number, decoded: Decoded | undefined) => void,
  signal: AbortSignal,
): Promise<void> {
  const open = new Set(headers.keys());
  for (const index of begun) open.delete(index);
  const next = async (): Promise<void> => {
    while (open.size > 0 && !signal.aborted) {
      const index = nearest(open, wanted());
      open.delete(index);
      const header = headers[index];
      if (header !== undefined) came(index, await pixelsOf(header, signal));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
}

function nearest(open: ReadonlySet<number>, wanted: number): number {
  let best = -1;
  for (const index of open) {
    if (best < 0 || Math.abs(index - wanted) < Math.abs(best - wanted)) best = index;
  }
  return best;
}
