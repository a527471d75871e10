import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { api } from "../app/base";
import { get, post, Refused } from "../app/http";
import { fill, moment, number } from "../app/language";
import type { Place } from "../app/routes";
import type { JobAnswer, State } from "../app/schema";
import { useAnswer } from "../parts/answer";
import { StateBadge } from "../parts/badge";
import { Notice, Refusal } from "../parts/notice";
import { WORDS as COMMON } from "../parts/words";
import { WORDS } from "./words";

const ACTIONS: Readonly<Partial<Record<State, "cancel" | "retry">>> = {
  waiting: "cancel",
  running: "cancel",
  failed: "retry",
  rejected: "retry",
  cancelled: "retry",
};

/** One job. */
export default function Job({ parts }: Place): JSX.Element {
  const id = parts["id"] ?? "";
  const { answer: job, refused, again } = useAnswer(id, (signal) => get<JobAnswer>(`jobs/${id}`, { signal }), 2);
  if (job === undefined) return <Refusal refused={refused} />;
  return (
    <>
      <h1>{fill(WORDS.title, { time: moment(job.Created) })}</h1>
      <Refusal refused={refused} />
      {job.Error !== null && (
        <Notice tone="bad">
          {job.Error.Message} <span class="code">[{job.Error.Code}]</span>
          {job.Error.WayOut != null && <div>{fill(WORDS.wayOut, { text: job.Error.WayOut })}</div>}
        </Notice>
      )}
      {job.Warnings.map((warning) => (
        <Notice key={warning} tone="look">
          {warning}
        </Notice>
      ))}
      <Facts job={job} />
      <Action job={job} changed={again} />
      {job.Rois.length > 0 && <Rois job={job} />}
      {job.NotDrawn.length > 0 && (
        <>
          <h2>{WORDS.missing}</h2>
          <ul>
            {job.NotDrawn.map((one) => (
              <li key={one.Label}>
                {one.Label}: {one.Reason}
              </li>
            ))}
          </ul>
        </>
      )}
      {job.Rtstruct !== null && <img class="preview" src={`${api}jobs/${job.ID}/preview`} alt={WORDS.preview} />}
    </>
  );
}

function Facts({ job }: { job: JobAnswer }): JSX.Element {
  return (
    <dl class="facts">
      <dt>{WORDS.state}</dt>
      <dd>
        <StateBadge state={job.State} />
      </dd>
      <dt>{WORDS.model}</dt>
      <dd>{job.Model}</dd>
      <dt>{WORDS.rule}</dt>
      <dd>{job.Rule ?? COMMON.byRequest}</dd>
      <dt>{WORDS.slices}</dt>
      <dd>{number(job.Instances)}</dd>
      <dt>{WORDS.code}</dt>
      <dd class="code">{job.EvidenceCode}</dd>
    </dl>
  );
}

function Action({ job, changed }: { job: JobAnswer; changed: () => void }): JSX.Element | null {
  const [refused, setRefused] = useState<Refused | undefined>();
  const [busy, setBusy] = useState(false);
  const action = ACTIONS[job.State];
  const act = async (): Promise<void> => {
    setBusy(true);
    try {
      await post<JobAnswer>(`jobs/${job.ID}/${action}`);
      setRefused(undefined);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      setRefused(error);
    }
    setBusy(false);
    changed();
  };
  return (
    <p>
      {action !== undefined && (
        <button type="button" disabled={busy} onClick={() => void act()}>
          {WORDS[action]}
        </button>
      )}
      <Refusal refused={refused} />
    </p>
  );
}

function Rois({ job }: { job: JobAnswer }): JSX.Element {
  return (
    <>
      <h2>{WORDS.rois}</h2>
      <div class="wide">
        <table>
          <thead>
            <tr>
              <th scope="col">{WORDS.name}</th>
              <th scope="col" class="number">
                {WORDS.volume}
              </th>
              <th scope="col">{WORDS.flags}</th>
            </tr>
          </thead>
          <tbody>
            {job.Rois.map((roi) => (
              <tr key={roi.Number}>
                <td>{roi.Name}</td>
                <td class="number">{number(roi.Volume, 1)}</td>
                <td class="look">{roi.Flags.join(", ")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
