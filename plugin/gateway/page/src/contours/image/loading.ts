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

/** An image and its pixels. */
export interface Image {
  header: Header;
  decoded: Decoded;
}

/**
 * The middle image of a series, found from what Orthanc has in its index: much faster than the headers of all.
 *
 * Undefined where the index does not hold positions, or the image cannot be shown in grey. Throws Refused.
 */
export async function middleImage(series: string, signal: AbortSignal): Promise<Image | undefined> {
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
  const [tags, decoded] = await Promise.all([
    getOrthanc<Tags>(`instances/${middle.id}/simplified-tags`, { signal }),
    pixelsOf({ instance: middle.id, frame: 0 }, signal),
  ]);
  const [header] = headersOf(middle.id, tags);
  return header === undefined || decoded === undefined ? undefined : { header, decoded };
}

/** The decoded pixels of an image; undefined when Orthanc gives none that can be read. Throws Refused. */
export async function pixelsOf({ instance, frame }: Pick<Header, "instance" | "frame">, signal: AbortSignal): Promise<Decoded | undefined> {
  return (await decoded(`instances/${instance}/frames/${frame}/numpy`, signal))[0];
}

async function decoded(path: string, signal: AbortSignal): Promise<Decoded[]> {
  let answer: Response;
  try {
    answer = await fetch(`${orthanc}${path}?rescale=false&compress=false`, { signal });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Refused(0, "UNREACHABLE", "Orthanc does not answer.");
  }
  if (answer.status === 401 || answer.status === 403) throw new Refused(answer.status, `HTTP_${answer.status}`, `HTTP ${answer.status}`);
  return answer.ok ? readNpy(await answer.arrayBuffer()) : [];
}

/** What one request fetches: a slice, or all frames of an enhanced object, which Orthanc would read anew for each. */
interface Request {
  path: string;
  /** Which slice of the series each is, by its frame in the answer. */
  slices: Map<number, number>;
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
  const open = requestsFor(headers, begun);
  const next = async (): Promise<void> => {
    while (open.length > 0 && !signal.aborted) {
      const [request] = open.splice(nearest(open, wanted()), 1);
      if (request === undefined) return;
      const answer = await decoded(request.path, signal);
      for (const [frame, index] of request.slices) came(index, answer[frame]);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
}

function requestsFor(headers: readonly Header[], begun: ReadonlySet<number>): Request[] {
  const objects = new Map<string, Request>();
  for (const [index, { instance, frame, enhanced }] of headers.entries()) {
    if (begun.has(index) && !enhanced) continue;
    const request = objects.get(instance) ?? { path: `instances/${instance}/${enhanced ? "" : `frames/${frame}/`}numpy`, slices: new Map<number, number>() };
    request.slices.set(enhanced ? frame : 0, index);
    objects.set(instance, request);
  }
  return [...objects.values()];
}

function nearest(open: readonly Request[], wanted: number): number {
  const away = ({ slices }: Request): number => Math.min(...[...slices.values()].map((index) => Math.abs(index - wanted)));
  const distances = open.map(away);
  return distances.indexOf(Math.min(...distances));
}
