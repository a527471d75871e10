import { orthanc } from "../app/base";
import { getOrthanc, Refused } from "../app/http";
import type { Tags } from "./image/headers";
import type { SeriesFacts } from "./opening";
import { readStructureSet, type StructureSet } from "./structures/rtstruct";

/** An RTSTRUCT of the study, as Orthanc lists it. */
export interface ListedSet {
  /** Orthanc's id of the instance. */
  id: string;
  description: string;
  /** As DICOM writes it: 20260131, 120000. */
  date: string;
  time: string;
  /** Whether it says that it refers to this series; undefined where it says nothing. */
  ours: boolean | undefined;
}

/** The RTSTRUCTs of the study of a series: those that refer to it first, the newest of them first. Throws Refused. */
export async function listSets(facts: SeriesFacts, signal: AbortSignal): Promise<ListedSet[]> {
  const series = await getOrthanc<{ Instances: string[]; MainDicomTags: Tags }[]>(`studies/${facts.study}/series`, { signal });
  const uid = String((await getOrthanc<{ MainDicomTags: Tags }>(`series/${facts.id}`, { signal })).MainDicomTags["SeriesInstanceUID"] ?? "");
  const drawn = series.filter((one) => one.MainDicomTags["Modality"] === "RTSTRUCT");
  const listed = await Promise.all(
    drawn.flatMap((one) =>
      one.Instances.map(async (id): Promise<ListedSet> => {
        const instance = await getOrthanc<{ MainDicomTags: Tags }>(`instances/${id}`, { signal });
        const of = (tag: string): string => String(instance.MainDicomTags[tag] ?? one.MainDicomTags[tag] ?? "");
        return {
          id,
          description: of("SeriesDescription"),
          date: of("InstanceCreationDate") || of("SeriesDate"),
          time: of("InstanceCreationTime") || of("SeriesTime"),
          ours: await refersTo(id, uid, signal),
        };
      }),
    ),
  );
  const rank = (one: ListedSet): number => (one.ours === true ? 0 : one.ours === undefined ? 1 : 2);
  return listed.sort((a, b) => rank(a) - rank(b) || (b.date + b.time).localeCompare(a.date + a.time));
}

/** The structure set itself, and the file's bytes are not kept. Throws Refused. */
export async function loadSet(id: string, signal: AbortSignal): Promise<StructureSet> {
  let answer: Response;
  try {
    answer = await fetch(`${orthanc}instances/${id}/file`, { signal });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Refused(0, "UNREACHABLE", "Orthanc does not answer.");
  }
  if (!answer.ok) throw new Refused(answer.status, `HTTP_${answer.status}`, `HTTP ${answer.status}`);
  const read = readStructureSet(new Uint8Array(await answer.arrayBuffer()));
  if (read === undefined) throw new Refused(415, "NO_RTSTRUCT", "NO_RTSTRUCT");
  return read;
}

// ReferencedFrameOfReferenceSequence / RTReferencedStudySequence / RTReferencedSeriesSequence: asked for by itself, since
// the whole object may be large.
const REFERENCES = "3006-0010/0/3006-0012/0/3006-0014/0/0020-000e";

async function refersTo(id: string, uid: string, signal: AbortSignal): Promise<boolean | undefined> {
  const answer = await fetch(`${orthanc}instances/${id}/content/${REFERENCES}`, { signal });
  if (!answer.ok) return undefined;
  return (await answer.text()).replace(/[\0\s]+$/, "") === uid;
}
