import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { api } from "../app/base";
import { get, Refused } from "../app/http";
import { fill, moment, number } from "../app/language";
import type { Place } from "../app/routes";
import type { JobAnswer, SignedCertificate } from "../app/schema";
import { useAnswer } from "../parts/answer";
import { StateBadge } from "../parts/badge";
import { SeriesFacts, useDescribed } from "../parts/described";
import { Loading, Refusal } from "../parts/notice";
import { WORDS as COMMON } from "../parts/words";
import { Action, Ways } from "./actions";
import { Comparison } from "./comparison";
import { Deliveries } from "./deliveries";
import { Found } from "./found";
import type { Proof } from "./steps";
import { Missing, Structures } from "./structures";
import { Way } from "./way";
import { Why } from "./why";
import { WORDS } from "./words";
import "./job.css";

/** How often a job is asked for: an open one, one whose result is on its way to a destination, and one that has ended,
 * whose place a newer one may take, or that somebody may retry. */
const OPEN_SECONDS = 1;
const DELIVERING_SECONDS = 4;
const ENDED_SECONDS = 20;

/** One job: its way, what it found, and what can be done. */
export default function Job({ parts }: Place): JSX.Element {
  const id = parts["id"] ?? "";
  const ask = (signal: AbortSignal): Promise<JobAnswer> => get<JobAnswer>(`jobs/${id}`, { signal });
  const [seconds, setSeconds] = useState(OPEN_SECONDS);
  const { answer: job, refused, again } = useAnswer(id, ask, seconds);
  const open = job === undefined || job.State === "waiting" || job.State === "running";
  const delivering = job?.Delivered?.some((one) => one.State === "waiting" || one.Proof === null) ?? false;
  useEffect(() => setSeconds(open ? OPEN_SECONDS : delivering ? DELIVERING_SECONDS : ENDED_SECONDS), [open, delivering]);
  if (job === undefined) return refused === undefined ? <Loading /> : <Refusal refused={refused} />;
  return (
    <>
      <h1>{fill(WORDS.title, { time: moment(job.Created) })}</h1>
      <Refusal refused={refused} />
      <Standing job={job} />
      <Found job={job} />
      <Action job={job} changed={again} />
      <SeriesFacts series={job.Series} study={job.Study} />
      <h2>{WORDS.way}</h2>
      <ItsWay job={job} />
      <Deliveries job={job} changed={again} />
      <Ways job={job} />
      {job.Rtstruct !== null && job.Rois.length > 0 && (
        <a href={`#/jobs/${job.ID}/contours`}>
          <img class="preview" src={`${api}jobs/${job.ID}/preview`} alt={WORDS.preview} />
        </a>
      )}
      <Comparison key={`comparison of ${job.ID}`} job={job} />
      <Structures job={job} />
      <Missing job={job} />
      <Why key={job.ID} job={job} />
      <Facts job={job} />
    </>
  );
}

/** Where the job stands: told aloud when state or stage change, and not with every percent. */
function Standing({ job }: { job: JobAnswer }): JSX.Element {
  return (
    <>
      <p role="status" id="standing">
        <StateBadge state={job.State} /> {job.State === "running" && WORDS[job.Stage]} {job.Waiting}
      </p>
      {job.State === "running" && (
        <p>
          <progress value={job.Progress} aria-label={WORDS.progress} /> <span class="dim">{job.Doing}</span>
        </p>
      )}
    </>
  );
}

/** The times of the way are those of the signed records; asked for anew when the job has come further. */
function ItsWay({ job }: { job: JobAnswer }): JSX.Element {
  const described = useDescribed(job.Series);
  const code = job.EvidenceCode;
  const key = `${code} ${job.State} ${job.Stage}`;
  const { answer: certificate } = useAnswer(key, async (signal) => {
    if (code === null || !hasBegun(job)) return null;
    try {
      return await get<SignedCertificate>(`evidence/${code}`, { signal });
    } catch (error) {
      // No record yet, or erased since: the way is then told by the job's stage.
      if (error instanceof Refused && error.status === 404) return null;
      throw error;
    }
  });
  const begun = hasBegun(job);
  const proof = useMemo((): Proof => {
    if (!begun) return new Map();
    return certificate == null ? undefined : new Map(certificate.document.body.Times.map((one) => [one.Event, one.Time]));
  }, [certificate, begun]);
  const arrived = typeof described === "object" ? described.updated : "";
  return <Way job={job} proof={proof} arrived={arrived} />;
}

/** Whether the chain of evidence has a record of the job: not before it was taken up, or ended at intake. */
function hasBegun(job: JobAnswer): boolean {
  return job.Stage !== "queued" || job.State === "excluded" || job.State === "failed" || job.State === "rejected";
}

function Facts({ job }: { job: JobAnswer }): JSX.Element {
  const rows: [string, string][] = [
    [WORDS.rule, job.Rule ?? COMMON.byRequest],
    [WORDS.model, [job.Model, job.Algorithm?.Version].filter(Boolean).join(" ")],
    [WORDS.sides, job.Algorithm?.Sides ?? ""],
    [WORDS.target, job.Target],
    [WORDS.volumeOf, job.Volume ?? ""],
    [WORDS.slices, number(job.Instances)],
    [WORDS.priority, job.Priority],
    [WORDS.attempt, number(job.Attempt)],
    [WORDS.created, moment(job.Created)],
    [WORDS.updated, moment(job.Updated)],
    [WORDS.code, job.EvidenceCode ?? ""],
    [WORDS.id, job.ID],
  ];
  return (
    <>
      <h2>{WORDS.facts}</h2>
      <dl class="facts">
        {rows.map(([name, value]) =>
          value === "" ? null : (
            <>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </>
          ),
        )}
      </dl>
    </>
  );
}
