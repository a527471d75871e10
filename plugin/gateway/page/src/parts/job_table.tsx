import { Component, type JSX } from "preact";
import { fill, moment, number } from "../app/language";
import type { JobRowAnswer } from "../app/schema";
import type { Described, Ids } from "./descriptions";
import { Heads } from "./heads";
import { Standing } from "./standing";
import { Who } from "./who";
import { Wide } from "./wide";
import { WORDS } from "./words";

interface Listed {
  /** What the jobs have in common, in a word. */
  name: string;
  pages: readonly (readonly JobRowAnswer[])[];
  described: (ids: Ids) => Described | undefined;
}

/** Jobs in a table; each page of them is a part of its own, which is not drawn again for another's sake. */
export function JobTable({ name, pages, described }: Listed): JSX.Element {
  return (
    <Wide name={name}>
      <table class="jobs">
        <Heads of={[WORDS.series, WORDS.state, WORDS.model, WORDS.rule, { number: WORDS.slices }, WORDS.changed]} />
        {pages.map((jobs, index) => (
          <Page key={index} jobs={jobs} known={jobs.map(described)} />
        ))}
      </table>
    </Wide>
  );
}

interface Shown {
  jobs: readonly JobRowAnswer[];
  known: readonly (Described | undefined)[];
}

class Page extends Component<Shown> {
  override shouldComponentUpdate(next: Shown): boolean {
    const { jobs, known } = this.props;
    return next.jobs !== jobs || next.known.some((one, index) => one !== known[index]);
  }

  override render({ jobs, known }: Shown): JSX.Element {
    return (
      <tbody>
        {jobs.map((job, index) => (
          <Row key={job.ID} job={job} known={known[index]} />
        ))}
      </tbody>
    );
  }
}

function Row({ job, known }: { job: JobRowAnswer; known: Described | undefined }): JSX.Element {
  return (
    <tr data-job={job.ID}>
      <td>
        <a href={`#/jobs/${job.ID}`} class="to-job">
          <Who known={known} />
          <span class="hidden">{fill(WORDS.openJob, { time: moment(job.Created) })}</span>
        </a>
      </td>
      <td>
        <Standing job={job} />
      </td>
      <td>
        {job.Model} <span class="dim">{job.Target}</span>
      </td>
      <td>{job.Rule ?? WORDS.byRequest}</td>
      <td class="number">{number(job.Instances)}</td>
      <td class="time">{moment(job.Updated)}</td>
    </tr>
  );
}
