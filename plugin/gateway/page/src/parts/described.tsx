import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { explorer } from "../app/base";
import { getOrthanc, Refused } from "../app/http";
import { WORDS } from "./described-words";

// Whose series it is, the browser asks of Orthanc as the user who looks: the gateway keeps no such text. Nor does this
// page, but in memory for as long as it is open.

/** What Orthanc says of a series and its study, as text of unknown content. */
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

/** Not visible: this user may not see it. Gone: Orthanc has it no more. */
export type Described = Description | "hidden" | "gone";

interface Resource {
  MainDicomTags?: Readonly<Record<string, string>>;
  PatientMainDicomTags?: Readonly<Record<string, string>>;
  ParentStudy?: string;
  LastUpdate?: string;
}

const MOST = 2000;
const known = new Map<string, Promise<Described>>();

/** Describe a series; asked once for each page load. */
export function describe(series: string): Promise<Described> {
  const asked = known.get(series);
  if (asked !== undefined) return asked;
  const asking = ask(series);
  known.set(series, asking);
  const [oldest] = known.keys();
  if (known.size > MOST && oldest !== undefined) known.delete(oldest);
  asking.catch(() => known.delete(series));
  return asking;
}

async function ask(series: string): Promise<Described> {
  try {
    const one = await getOrthanc<Resource>(`series/${series}`);
    const study = await getOrthanc<Resource>(`studies/${one.ParentStudy ?? ""}`);
    return {
      patient: person(study.PatientMainDicomTags?.["PatientName"]),
      patientId: study.PatientMainDicomTags?.["PatientID"] ?? "",
      study: study.MainDicomTags?.["StudyDescription"] ?? "",
      studyDate: day(study.MainDicomTags?.["StudyDate"]),
      series: one.MainDicomTags?.["SeriesDescription"] ?? "",
      modality: one.MainDicomTags?.["Modality"] ?? "",
      updated: instant(one.LastUpdate),
    };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (error.forbidden) return "hidden";
    if (error.status === 404) return "gone";
    throw error;
  }
}

/** A person's name as people read it (DICOM PS3.5 6.2.1): each way of writing it, its parts apart. */
export function person(name: string | undefined): string {
  const writings = (name ?? "").split("=").map((writing) => apart(writing, "^", ", "));
  return writings.filter((writing) => writing !== "").join(" / ");
}

function apart(text: string, between: string, shown: string): string {
  const parts = text.split(between).map((part) => part.trim());
  return parts.filter((part) => part !== "").join(shown);
}

function day(date: string | undefined): string {
  return (date ?? "").replace(/^(\d{4})(\d{2})(\d{2})$/, "$1-$2-$3");
}

/** Orthanc writes times as 20260131T120000, in UTC. */
function instant(time: string | undefined): string {
  const found = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})/.exec(time ?? "");
  return found === null ? "" : `${found[1]}-${found[2]}-${found[3]}T${found[4]}:${found[5]}:${found[6]}Z`;
}

/** The description of a series; undefined until Orthanc has answered. */
export function useDescribed(series: string): Described | undefined {
  const [said, setSaid] = useState<{ series: string; described: Described } | undefined>();
  useEffect(() => {
    let wanted = true;
    describe(series).then(
      (described) => wanted && setSaid({ series, described }),
      () => undefined, // the view says by itself that Orthanc does not answer
    );
    return () => {
      wanted = false;
    };
  }, [series]);
  return said?.series === series ? said.described : undefined;
}

/** A series in one line, or why it cannot be told. */
export function SeriesLine({ series }: { series: string }): JSX.Element {
  const said = useDescribed(series);
  if (said === undefined) return <span class="dim code">{series.slice(0, 8)} …</span>;
  if (typeof said === "string") return <span class="dim">{WORDS[said]}</span>;
  const parts = [said.patient, said.study, said.series].map((part) => part || "–");
  return <span>{parts.join(" · ")}</span>;
}

/** Whose series it is, in full, with the ways to it in Orthanc Explorer. */
export function SeriesFacts({ series, study }: { series: string; study?: string }): JSX.Element {
  const said = useDescribed(series);
  const rows: [string, string][] =
    said === undefined || typeof said === "string"
      ? []
      : [
          [WORDS.patient, [said.patient, said.patientId && `(${said.patientId})`].filter(Boolean).join(" ")],
          [WORDS.study, [said.study, said.studyDate].filter(Boolean).join(", ")],
          [WORDS.series, [said.series, said.modality].filter(Boolean).join(", ")],
        ];
  return (
    <section aria-label={WORDS.whose}>
      {typeof said === "string" && <p class="dim">{WORDS[said]}</p>}
      <dl class="facts">
        {rows.map(([name, value]) => (
          <>
            <dt>{name}</dt>
            <dd>{value || "–"}</dd>
          </>
        ))}
        <dt>Orthanc</dt>
        <dd class="row">
          {study !== undefined && <a href={explorer("study", study)}>{WORDS.openStudy}</a>}
          <a href={explorer("series", series)}>{WORDS.openSeries}</a>
        </dd>
      </dl>
    </section>
  );
}
