import type { JSX } from "preact";
import type { Described } from "./descriptions";
import { WORDS } from "./words";

/** Whose series it is and which one, in two lines; `known` is absent while Orthanc is still asked. */
export function Who({ known }: { known: Described | undefined }): JSX.Element {
  if (known === undefined) return <span class="dim">…</span>;
  if (known === "hidden") return <span class="dim">{WORDS.hidden}</span>;
  if (known === "gone") return <span class="dim">{WORDS.gone}</span>;
  return (
    <>
      <span class="who">{joined(known.patient, known.patientId) || WORDS.nameless}</span>
      <span class="what dim">{joined(known.studyDate, known.modality, known.study, known.series)}</span>
    </>
  );
}

function joined(...texts: string[]): string {
  return texts.filter((text) => text !== "").join(" · ");
}
