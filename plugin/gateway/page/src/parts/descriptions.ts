import { useEffect, useState } from "preact/hooks";
import { getOrthanc, postOrthanc, Refused } from "../app/http";

/** What Orthanc shows this user of a series and its study; in memory only, and shown as text only. */
export interface Description {
  patient: string;
  patientId: string;
  study: string;
  studyDate: string;
  series: string;
  modality: string;
  /** When the last slice came (ISO 8601); empty when Orthanc does not say. */
  updated: string;
}

/** `hidden`: Orthanc does not let this user see it; `gone`: it is not in Orthanc any more. */
export type Described = Description | "hidden" | "gone";

/** Of a job; the study is empty where nobody said which. */
export interface Ids {
  Series: string;
  Study: string;
}

interface Resource {
  ID: string;
  ParentStudy?: string;
  LastUpdate?: string;
  MainDicomTags?: Readonly<Record<string, string>>;
  PatientMainDicomTags?: Readonly<Record<string, string>>;
}

type Known = Resource | "hidden" | "gone";
type Level = "Series" | "Study";

/** As many are asked for at once: of a series Orthanc names each slice, too. */
const AT_ONCE = 25;
const MOST_KEPT = 4000;
const KEPT: Readonly<Record<Level, Map<string, Known>>> = { Series: new Map(), Study: new Map() };
/** By the id of the series: the same object each time, so that nothing is drawn again for it. */
const WORDED = new Map<string, Description>();

/** Describe each of these jobs by its series; what is not known yet is absent, and comes. */
export function useDescribed(shown: readonly Ids[]): (ids: Ids) => Described | undefined {
  const [, setTurn] = useState(0);
  const key = shown.map((ids) => ids.Series).join();
  useEffect(() => {
    const stop = new AbortController();
    const told = (): void => {
      if (!stop.signal.aborted) setTurn((turn) => turn + 1);
    };
    void learnAll(shown, stop.signal, told);
    return () => stop.abort();
  }, [key]);
  return described;
}

/** The study of a series, where Orthanc said so. */
function studyOf({ Series, Study }: Ids): string {
  const series = KEPT.Series.get(Series);
  return Study === "" && typeof series === "object" ? (series.ParentStudy ?? "") : Study;
}

function described(ids: Ids): Described | undefined {
  const series = KEPT.Series.get(ids.Series);
  const study = KEPT.Study.get(studyOf(ids));
  if (series === "hidden" || study === "hidden") return "hidden";
  if (study === "gone" || (series === "gone" && ids.Study === "")) return "gone";
  if (series === undefined || study === undefined) return undefined;
  const before = WORDED.get(ids.Series);
  if (before !== undefined) return before;
  const ofSeries = series === "gone" ? {} : series.MainDicomTags;
  const ofStudy = { ...study.MainDicomTags, ...study.PatientMainDicomTags };
  const worded: Description = {
    patient: person(ofStudy["PatientName"] ?? ""),
    patientId: ofStudy["PatientID"] ?? "",
    study: ofStudy["StudyDescription"] ?? "",
    studyDate: day(ofStudy["StudyDate"] ?? ""),
    series: ofSeries?.["SeriesDescription"] ?? "",
    modality: ofSeries?.["Modality"] ?? "",
    updated: series === "gone" ? "" : instant(series.LastUpdate ?? ""),
  };
  WORDED.set(ids.Series, worded);
  return worded;
}

async function learnAll(shown: readonly Ids[], signal: AbortSignal, told: () => void): Promise<void> {
  try {
    for (let begin = 0; begin < shown.length; begin += AT_ONCE) {
      const some = shown.slice(begin, begin + AT_ONCE).filter((ids) => described(ids) === undefined);
      if (some.length === 0) continue;
      await learn("Series", some.map((ids) => ids.Series), signal);
      await learn("Study", some.map(studyOf), signal);
      told();
    }
  } catch (error) {
    // What Orthanc does not answer now is asked for when the list is shown again.
    if (!signal.aborted && !(error instanceof Refused)) throw error;
  }
}

async function learn(level: Level, wanted: readonly string[], signal: AbortSignal): Promise<void> {
  const kept = KEPT[level];
  const unknown = [...new Set(wanted)].filter((id) => id !== "" && !kept.has(id));
  if (unknown.length === 0) return;
  const found = await asked(level, unknown, signal);
  if (kept.size > MOST_KEPT) {
    kept.clear();
    WORDED.clear();
  }
  for (const [id, resource] of found) kept.set(id, resource);
}

/** In one request where this user may make it, else one by one: Orthanc may show some, and not all. */
async function asked(level: Level, ids: readonly string[], signal: AbortSignal): Promise<Map<string, Known>> {
  try {
    const body = { Resources: ids, Level: level, Metadata: false };
    const found = await postOrthanc<readonly Resource[]>("tools/bulk-content", body, { signal });
    const all = new Map<string, Known>(ids.map((id) => [id, "gone"]));
    for (const one of found) all.set(one.ID, withoutSlices(one));
    return all;
  } catch (error) {
    if (!(error instanceof Refused) || error.status === 0) throw error;
    const one = async (id: string): Promise<[string, Known]> => [id, await alone(level, id, signal)];
    return new Map(await Promise.all(ids.map(one)));
  }
}

async function alone(level: Level, id: string, signal: AbortSignal): Promise<Known> {
  try {
    return withoutSlices(await getOrthanc<Resource>(`${level === "Study" ? "studies" : "series"}/${id}`, { signal }));
  } catch (error) {
    if (!(error instanceof Refused) || error.status === 0) throw error;
    return error.status === 404 ? "gone" : "hidden";
  }
}

/** What is kept of an answer, which names each slice of a series too. */
function withoutSlices({ ID, ParentStudy = "", LastUpdate = "", MainDicomTags = {}, PatientMainDicomTags = {} }: Resource): Resource {
  return { ID, ParentStudy, LastUpdate, MainDicomTags, PatientMainDicomTags };
}

/** A person's name as people read it (DICOM PS3.5 6.2.1): each way of writing it, its parts apart. */
function person(name: string): string {
  const writings = name.split("=").map((writing) => {
    const parts = writing.split("^").map((part) => part.trim());
    return parts.filter((part) => part !== "").join(", ");
  });
  return writings.filter((writing) => writing !== "").join(" / ");
}

/** A date of DICOM with dashes. */
function day(date: string): string {
  return date.replace(/^(\d{4})(\d{2})(\d{2})$/, "$1-$2-$3");
}

/** Orthanc writes times as 20260131T120000, in UTC. */
function instant(time: string): string {
  const found = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})/.exec(time);
  return found === null ? "" : `${found[1]}-${found[2]}-${found[3]}T${found[4]}:${found[5]}:${found[6]}Z`;
}
