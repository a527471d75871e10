import type { JSX } from "preact";
import { api, orthanc } from "../app/base";
import { post } from "../app/http";
import type { JobAnswer } from "../app/schema";
import { Refusal } from "../parts/notice";
import { useRequest } from "../parts/request";
import { WORDS } from "./words";

/** What can still be asked of a job: nothing is offered that cannot help. */
export function actionOf(job: JobAnswer): "cancel" | "retry" | undefined {
  // Once the RTSTRUCT is stored, there is nothing left to cancel.
  if (job.State === "waiting" || job.State === "running") {
    return job.Stage === "erase" || job.Stage === "closed" ? undefined : "cancel";
  }
  if (job.State === "cancelled") return "retry";
  if (job.State !== "failed" && job.State !== "rejected") return undefined;
  const again = job.Error?.Again;
  // A code that this gateway does not know may be one that a retry helps.
  return again == null || again === "retry" || again === "by itself" ? "retry" : undefined;
}

/** Retry or cancel, with the sentence of the gateway when it refuses. */
export function Action({ job, changed }: { job: JobAnswer; changed: () => void }): JSX.Element {
  const { busy, refused, send } = useRequest(changed);
  const action = actionOf(job);
  const act = (): Promise<void> => send(() => post<JobAnswer>(`jobs/${job.ID}/${action}`));
  return (
    <>
      {/* Never disabled: a button that is loses the focus of whoever pressed it. */}
      {action !== undefined && (
        <button type="button" aria-disabled={busy} onClick={() => void act()}>
          {WORDS[action]}
        </button>
      )}
      <Refusal refused={refused} />
    </>
  );
}

/** Where the job's result and its proofs lie. */
export function Ways({ job }: { job: JobAnswer }): JSX.Element {
  const month = job.Created.slice(0, 7);
  return (
    <ul class="row ways" aria-label={WORDS.ways}>
      {job.Rtstruct !== null && (
        <>
          <li>
            <a href={`#/jobs/${job.ID}/contours`}>{WORDS.contours}</a>
          </li>
          <li>
            <a href={`${orthanc}instances/${job.Rtstruct}/file`} download={`${job.Rtstruct}.dcm`}>
              {WORDS.rtstruct}
            </a>
          </li>
        </>
      )}
      {job.EvidenceCode !== null && (
        <>
          <li>
            <a href={`${api}evidence/${job.EvidenceCode}`} download={`certificate-${job.EvidenceCode}.json`}>
              {WORDS.certificate}
            </a>
          </li>
          <li>
            <a href={`${api}evidence/${job.EvidenceCode}?format=pdf`} target="_blank" rel="noopener">
              {WORDS.certificatePdf}
            </a>
          </li>
        </>
      )}
      <li>
        <a href={`${api}reports/${month}?format=pdf`} target="_blank" rel="noopener">
          {WORDS.report}
        </a>
      </li>
      <li>
        <a href={`#/series/${job.Series}/leaves`}>{WORDS.leaves}</a>
      </li>
      <li>
        <a href={`#/rules?series=${job.Series}`}>{WORDS.rules}</a>
      </li>
    </ul>
  );
}
