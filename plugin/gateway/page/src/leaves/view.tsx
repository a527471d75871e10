import type { JSX } from "preact";
import { api } from "../app/base";
import { get, Refused } from "../app/http";
import { fill, number } from "../app/language";
import type { Place } from "../app/routes";
import type { OutgoingAnswer, SeriesAnswer } from "../app/schema";
import { useAnswer } from "../parts/answer";
import { StateBadge } from "../parts/badge";
import { SeriesFacts } from "../parts/described";
import { Explanation } from "../parts/explanation";
import { Notice, Refusal } from "../parts/notice";
import { Heads } from "../parts/heads";
import { Attributes } from "./attributes";
import { WORDS } from "./words";
import "./leaves.css";

/** What leaves of a series: every attribute before and after, or why it would be refused. Nothing does, by asking. */
export default function Leaves({ parts }: Place): JSX.Element {
  const id = parts["id"] ?? "";
  const outcome = useAnswer(id, (signal) => get<SeriesAnswer>(`series/${id}`, { signal }));
  const outgoing = useAnswer(id, (signal) => get<OutgoingAnswer>(`series/${id}/outgoing`, { signal }));
  const said = outgoing.answer;
  return (
    <>
      <h1>{WORDS.title}</h1>
      <p class="dim">{WORDS.hint}</p>
      <SeriesFacts series={id} {...studyOf(outcome.answer)} />
      <Refusal refused={outcome.refused} />
      {outcome.answer !== undefined && <Outcome said={outcome.answer} />}
      <h2>{WORDS.attributes}</h2>
      <div aria-live="polite">
        {said === undefined && outgoing.refused === undefined && <p class="dim">{WORDS.making}</p>}
        {outgoing.refused !== undefined && <Refused422 refused={outgoing.refused} />}
      </div>
      {said !== undefined && (
        <>
          <p>
            {fill(WORDS.summary, { n: number(said.Instances), mb: number(said.Bytes / 1e6, 1), profile: said.Profile })}{" "}
            <a href={`${api}series/${id}/outgoing?format=zip`} download="outgoing.zip">
              {WORDS.zip}
            </a>
          </p>
          <Attributes said={said} />
        </>
      )}
    </>
  );
}

function studyOf(said: SeriesAnswer | undefined): { study?: string } {
  const study = said?.Jobs[0]?.Study;
  return study === undefined ? {} : { study };
}

/** What became of the series. */
function Outcome({ said }: { said: SeriesAnswer }): JSX.Element {
  return (
    <>
      <h2>{WORDS.outcome}</h2>
      <p>
        <span class="badge">{WORDS[said.Outcome]}</span> {said.Reason}
      </p>
      {(said.Missing ?? []).length > 0 && (
        <ul>
          {(said.Missing ?? []).map((one) => (
            <li key={one}>{one}</li>
          ))}
        </ul>
      )}
      {said.Jobs.length > 0 && (
        <ul class="plain">
          {said.Jobs.map((job) => (
            <li key={job.ID}>
              <StateBadge state={job.State} />{" "}
              <a href={`#/jobs/${job.ID}`}>{fill(WORDS.job, { rule: job.Rule ?? WORDS.request, model: job.Model || "–" })}</a>
            </li>
          ))}
        </ul>
      )}
      {said.Explanation != null && (
        <details>
          <summary>{WORDS.rules}</summary>
          <Explanation said={said.Explanation} />
        </details>
      )}
    </>
  );
}

/** The series would not leave: the sentence, and which rules of the check were broken how often; never a value. */
function Refused422({ refused }: { refused: Refused }): JSX.Element {
  const findings = Object.entries(findingsOf(refused));
  return (
    <>
      <Refusal refused={refused} />
      {findings.length > 0 && (
        <Notice tone="bad">
          {WORDS.findings}
          <table id="findings">
            <Heads of={[WORDS.rule, { number: WORDS.count }]} />
            <tbody>
              {findings.map(([rule, count]) => (
                <tr key={rule}>
                  <th scope="row" class="code">
                    {rule}
                  </th>
                  <td class="number">{number(count)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Notice>
      )}
    </>
  );
}

function findingsOf(refused: Refused): Readonly<Record<string, number>> {
  const said = refused.answer as { Findings?: Readonly<Record<string, number>> | null } | null;
  return said?.Findings ?? {};
}
