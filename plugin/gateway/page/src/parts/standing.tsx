import type { JSX } from "preact";
import { number } from "../app/language";
import type { JobRowAnswer } from "../app/schema";
import { StateBadge } from "./badge";
import { WORDS } from "./words";

/** Where a job stands: its state; of one that runs the stage and how far; of the others what is the matter. */
export function Standing({ job }: { job: JobRowAnswer }): JSX.Element {
  return (
    <>
      <StateBadge state={job.State} /> {job.Flagged > 0 && <span class="badge look">{WORDS.look}</span>}
      {job.State === "running" && <Running job={job} />}
      {job.Why != null && <span class="reason dim">{job.Why.Message}</span>}
      {job.Error !== null && (
        <span class="reason">
          {job.Error.Message} <span class="code dim">[{job.Error.Code}]</span>
        </span>
      )}
    </>
  );
}

function Running({ job }: { job: JobRowAnswer }): JSX.Element {
  const stage = WORDS[`stage_${job.Stage}`];
  return (
    <span class="reason">
      <progress value={job.Progress} aria-label={stage} /> {stage} {number(100 * job.Progress)} %
      {job.Doing != null && job.Doing !== "" && <span class="dim"> · {job.Doing}</span>}
    </span>
  );
}
