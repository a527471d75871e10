import type { JSX } from "preact";
import { moment } from "../app/language";
import type { SubjectAnswer, SubjectJob } from "../app/schema";
import { Heads } from "../parts/heads";
import { Wide } from "../parts/wide";
import { WORDS } from "./words";
import "./rights.css";

/** What was done with a patient's data: each job, what is held, and what may be asked for. */
export function Found({ answer }: { answer: SubjectAnswer }): JSX.Element {
  return (
    <>
      <p lang="en">{answer.Summary}</p>
      {answer.Jobs.length > 0 && <Jobs jobs={answer.Jobs} />}
      <Sentences title={WORDS.heldOf} sentences={answer.Held} />
      <Sentences title={WORDS.mayAsk} sentences={answer.Rights} />
    </>
  );
}

function Jobs({ jobs }: { jobs: readonly SubjectJob[] }): JSX.Element {
  return (
    <>
      <h3 id="subject-jobs">{WORDS.jobs}</h3>
      <Wide name={WORDS.jobs}>
        <table aria-labelledby="subject-jobs">
          <Heads of={[WORDS.received, WORDS.outcome, WORDS.model, WORDS.sentTo, WORDS.held, WORDS.inWords, WORDS.code]} />
          <tbody>
            {jobs.map((job) => (
              <tr key={job.EvidenceCode}>
                <td>{job.Received === null ? "–" : moment(job.Received)}</td>
                <td>{job.Outcome}</td>
                <td>{job.Model ?? "–"}</td>
                <td>{job.SentTo ?? "–"}</td>
                <td class={job.StillHeld ? "look" : ""}>{job.StillHeld ? WORDS.yes : WORDS.no}</td>
                <td>
                  <ul class="plain" lang="en">
                    {job.InWords.map((sentence) => (
                      <li key={sentence}>{sentence}</li>
                    ))}
                  </ul>
                </td>
                <td>
                  <a class="code" href={`#/evidence/${job.EvidenceCode}`}>
                    {job.EvidenceCode}
                  </a>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
    </>
  );
}

function Sentences({ title, sentences }: { title: string; sentences: readonly string[] }): JSX.Element {
  return (
    <details>
      <summary>{title}</summary>
      <ul lang="en">
        {sentences.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </details>
  );
}
