import type { JSX } from "preact";
import { explorer } from "../app/base";
import { WORDS } from "./described-words";
import { useDescribed as useAllDescribed, type Described } from "./descriptions";

/** The description of a series; undefined until Orthanc has answered. */
export function useDescribed(series: string): Described | undefined {
  const ids = { Series: series, Study: "" };
  return useAllDescribed([ids])(ids);
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
