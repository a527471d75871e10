import type { JSX } from "preact";
import { fill, moment, number } from "../app/language";
import type { SubjectAnswer, SubjectJob } from "../app/schema";
import { Outcome } from "../parts/badge";
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
      <Rights />
    </>
  );
}

function Jobs({ jobs }: { jobs: readonly SubjectJob[] }): JSX.Element {
  return (
    <>
      <h3 id="subject-jobs">{WORDS.jobs}</h3>
      <Wide name={WORDS.jobs}>
        <table class="subject" aria-labelledby="subject-jobs">
          <Heads of={[WORDS.received, WORDS.outcome, WORDS.model, WORDS.sentTo, WORDS.held, WORDS.inWords, WORDS.code]} />
          <tbody>
            {jobs.map((job) => (
              <tr key={job.EvidenceCode}>
                <td data-name={WORDS.received}>{job.Received === null ? "–" : moment(job.Received)}</td>
                <td data-name={WORDS.outcome}><Outcome word={job.Outcome} /></td>
                <td data-name={WORDS.model}>{job.Model ?? "–"}</td>
                <td data-name={WORDS.sentTo}>{job.SentTo === null ? "–" : fill(WORDS.sentImages, { target: job.SentTo, n: number(job.ImagesSent) })}</td>
                <td data-name={WORDS.held} class={job.StillHeld ? "look" : ""}>{job.StillHeld ? WORDS.yes : WORDS.no}</td>
                <td>
                  <ul class="plain" lang="en">
                    {job.InWords.map((sentence) => (
                      <li key={sentence}>{sentence}</li>
                    ))}
                  </ul>
                </td>
                <td data-name={WORDS.code}>
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

/** What the API says of rights speaks of its own addresses; this is the same for who reads the page. */
function Rights(): JSX.Element {
  return (
    <details>
      <summary>{WORDS.mayAsk}</summary>
      <ul>
        {[WORDS.mayKnow, WORDS.mayTake, WORDS.mayCorrect, WORDS.mayErase, WORDS.mayObject, WORDS.mayImages].map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </details>
  );
}
