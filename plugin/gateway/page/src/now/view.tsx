import type { JSX } from "preact";
import { get } from "../app/http";
import { fill, moment, number } from "../app/language";
import type { HealthAnswer, JobAnswer } from "../app/schema";
import { useAnswer } from "../parts/answer";
import { StateBadge } from "../parts/badge";
import { Notice, Refusal } from "../parts/notice";
import { WORDS as COMMON } from "../parts/words";
import { WORDS } from "./words";

/** What happens now. */
export default function Now(): JSX.Element {
  const health = useAnswer("health", (signal) => get<HealthAnswer>("health", { signal }), 5);
  const jobs = useAnswer("jobs", (signal) => get<JobAnswer[]>("jobs?Limit=100", { signal }), 2);
  return (
    <>
      <h1>{WORDS.title}</h1>
      <Refusal refused={health.refused ?? jobs.refused} />
      <p id="health" role="status" class="dim">
        {health.answer !== undefined && fill(WORDS.working, { version: health.answer.Version })}
      </p>
      {health.answer?.Alerts.map((alert) => <Notice tone="look">{alert.Message}</Notice>)}
      {health.answer?.Warnings?.map((warning) => <Notice tone="look">{warning}</Notice>)}
      {jobs.answer?.length === 0 && <p id="none">{WORDS.none}</p>}
      {jobs.answer !== undefined && jobs.answer.length > 0 && <Table jobs={jobs.answer} />}
    </>
  );
}

function Table({ jobs }: { jobs: readonly JobAnswer[] }): JSX.Element {
  return (
    <div class="wide">
      <table>
        <caption class="dim">{WORDS.newest}</caption>
        <thead>
          <tr>
            <th scope="col">{WORDS.created}</th>
            <th scope="col">{WORDS.state}</th>
            <th scope="col">{WORDS.model}</th>
            <th scope="col">{WORDS.rule}</th>
            <th scope="col" class="number">
              {WORDS.slices}
            </th>
          </tr>
        </thead>
        <tbody>
          {jobs.map((job) => (
            <tr key={job.ID} data-job={job.ID}>
              <td>
                <a href={`#/jobs/${job.ID}`} aria-label={fill(WORDS.open, { time: moment(job.Created) })}>
                  {moment(job.Created)}
                </a>
              </td>
              <td>
                <StateBadge state={job.State} />{" "}
                {job.State === "running" && <progress value={job.Progress} aria-label={job.Stage} />}
              </td>
              <td>{job.Model}</td>
              <td>{job.Rule ?? COMMON.byRequest}</td>
              <td class="number">{number(job.Instances)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
