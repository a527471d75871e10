import type { JSX } from "preact";
import { fill, number } from "../app/language";
import type { JobAnswer } from "../app/schema";
import { Notice } from "../parts/notice";
import { WORDS } from "./words";

const AGAIN: Readonly<Record<string, string>> = {
  no: WORDS.againNo,
  "send again": WORDS.againSend,
  retry: WORDS.againRetry,
  "by itself": WORDS.againItself,
  repeat: WORDS.againRepeat,
};

/** What a person must look at first: why there is no result, what a check found, and what is odd. */
export function Found({ job }: { job: JobAnswer }): JSX.Element {
  const flagged = job.Rois.filter((roi) => roi.Flags.length > 0);
  return (
    <>
      {job.Error !== null && (
        <Notice tone={job.State === "superseded" || job.State === "excluded" ? "look" : "bad"}>
          {job.Error.Message} <span class="code">[{job.Error.Code}]</span>
          {job.Error.WayOut != null && <div>{fill(WORDS.wayOut, { text: job.Error.WayOut })}</div>}
          {job.Error.Again != null && <div>{AGAIN[job.Error.Again] ?? job.Error.Again}</div>}
        </Notice>
      )}
      <Findings findings={job.Findings} />
      {flagged.length > 0 && (
        <Notice tone="look">
          {fill(WORDS.flagged, { n: number(flagged.length) })}
          <ul>
            {flagged.map((roi) => (
              <li key={roi.Number}>
                {roi.Name}: {roi.Flags.join(", ")}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      {job.Warnings.map((warning) => (
        <Notice key={warning} tone="look">
          {warning}
        </Notice>
      ))}
    </>
  );
}

/** Which rules of the privacy checks were broken and how often; a finding never holds a value. */
export function Findings({ findings }: { findings: Readonly<Record<string, number>> }): JSX.Element | null {
  const rows = Object.entries(findings);
  if (rows.length === 0) return null;
  return (
    <Notice tone="bad">
      {WORDS.findings}
      <ul>
        {rows.map(([rule, count]) => (
          <li key={rule}>
            <span class="code">{rule}</span>: {number(count)}
          </li>
        ))}
      </ul>
    </Notice>
  );
}
