import type { JSX } from "preact";
import { api } from "../app/base";
import { get } from "../app/http";
import { fill, moment, number } from "../app/language";
import type { ReportBody, SignedReport } from "../app/schema";
import { useAnswer } from "../parts/answer";
import { Outcome } from "../parts/badge";
import { Notice, Refusal } from "../parts/notice";
import { Heads } from "../parts/heads";
import { Listed } from "../parts/listed";
import { Columns, Rows } from "./charts";
import { spent } from "./stages";
import { WORDS } from "./words";

/** The report of a month: its numbers with charts, refusals, what is still open, and whether the chain holds. */
export function Month({ month }: { month: string }): JSX.Element {
  const { answer, refused } = useAnswer(month, (signal) => get<SignedReport>(`reports/${month}`, { signal }));
  const body = answer?.document.body;
  return (
    <section aria-live="polite" aria-busy={answer === undefined && refused === undefined}>
      <Refusal refused={refused} />
      {body === undefined ? refused === undefined && <p class="dim">{WORDS.loading}</p> : <Shown body={body} />}
    </section>
  );
}

function Shown({ body }: { body: ReportBody }): JSX.Element {
  const { Chain: chain } = body;
  return (
    <>
      <h3>{fill(WORDS.monthOf, { month: body.Month })}</h3>
      {!body.Complete && <p class="dim">{WORDS.soFar}</p>}
      {chain.FirstBrokenRecord === null ? (
        <Notice tone="good">{fill(WORDS.monthChain, { records: number(chain.RecordsVerified) })}</Notice>
      ) : (
        <Notice tone="bad">{fill(WORDS.monthBroken, { sequence: chain.FirstBrokenRecord.Sequence })}</Notice>
      )}
      <p class="row">
        <a href={`${api}reports/${body.Month}?format=pdf`} download={`report-${body.Month}.pdf`}>
          {WORDS.asPdf}
        </a>
        <a href={`${api}reports/${body.Month}`} download={`report-${body.Month}.json`}>
          {WORDS.asJson}
        </a>
      </p>
      <Totals body={body} />
      <Daily body={body} />
      <Stages body={body} />
      <Refusals body={body} />
      <Open body={body} />
    </>
  );
}

function Totals({ body }: { body: ReportBody }): JSX.Element {
  const { Totals: totals } = body;
  const closed = body.Transfers.filter((one) => one.Closed !== null).length;
  return (
    <>
      <dl class="facts">
        <dt>{WORDS.jobs}</dt>
        <dd>{number(totals.Jobs)}</dd>
        <dt>{WORDS.sentSeries}</dt>
        <dd>{number(totals.SeriesSent)}</dd>
        <dt>{WORDS.sentImages}</dt>
        <dd>{number(totals.ImagesSent)}</dd>
        <dt>{WORDS.deletedJobs}</dt>
        <dd id="deleted">{fill(WORDS.deletedOf, { deleted: number(closed), all: number(body.Transfers.length) })}</dd>
        <dt>{WORDS.keysDestroyed}</dt>
        <dd>{number(totals.KeysDestroyed)}</dd>
      </dl>
      <Counts title={WORDS.outcomes} name={WORDS.outcomeName} counts={totals.Outcomes} />
      <Counts title={WORDS.remoteDeletions} name={WORDS.how} counts={totals.RemoteDeletionsByVerification} />
    </>
  );
}

function Counts({ title, name, counts }: { title: string; name: string; counts: Readonly<Record<string, number>> }): JSX.Element | null {
  const rows = Object.entries(counts);
  if (rows.length === 0) return null;
  return (
    <table class="small">
      <caption>{title}</caption>
      <Heads of={[name, { number: WORDS.count }]} />
      <tbody>
        {rows.map(([word, count]) => (
          <tr key={word}>
            <td>
              <Outcome word={word} />
            </td>
            <td class="number">{number(count)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Daily({ body }: { body: ReportBody }): JSX.Element {
  const days = body.Daily;
  return (
    <>
      <h3>{WORDS.daily}</h3>
      <ul class="legend">
        <li class="good">{WORDS.done}</li>
        <li class="look">{WORDS.refused}</li>
        <li class="bad">{WORDS.failed}</li>
      </ul>
      <Columns
        title={WORDS.daily}
        tones={["good", "look", "bad"]}
        bars={days.map((one) => ({ label: String(one.Day), values: [one.Done, one.Refused, one.Failed] }))}
        table={
          <table>
            <caption>{WORDS.daily}</caption>
            <Heads of={[WORDS.day, WORDS.done, WORDS.refused, WORDS.failed].map((word) => ({ number: word }))} />
            <tbody>
              {days.map((one) => (
                <tr key={one.Day}>
                  {[one.Day, one.Done, one.Refused, one.Failed].map((value, place) => (
                    <td key={place} class="number">{number(value)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        }
      />
    </>
  );
}

function Stages({ body }: { body: ReportBody }): JSX.Element {
  const stages = spent(body.Transfers);
  if (stages.length === 0) {
    return (
      <>
        <h3>{WORDS.stages}</h3>
        <p>{WORDS.noTimes}</p>
      </>
    );
  }
  return (
    <>
      <h3>{WORDS.stages}</h3>
      <ul class="legend">
        <li class="busy">{WORDS.median}</li>
        <li>{WORDS.longest}</li>
      </ul>
      <Rows
        title={WORDS.stages}
        tones={["busy", "dim"]}
        bars={stages.map((one) => ({ label: `${WORDS[one.part]}: ${number(one.median, 1)}`, values: [one.median, one.longest] }))}
        table={
          <table>
            <caption>{WORDS.stages}</caption>
            <Heads of={[WORDS.stage, { number: WORDS.jobs }, { number: WORDS.median }, { number: WORDS.longest }]} />
            <tbody>
              {stages.map((one) => (
                <tr key={one.part}>
                  <td>{WORDS[one.part]}</td>
                  <td class="number">{number(one.jobs)}</td>
                  <td class="number">{number(one.median, 1)}</td>
                  <td class="number">{number(one.longest, 1)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        }
      />
    </>
  );
}

function Refusals({ body }: { body: ReportBody }): JSX.Element {
  const rows = body.Refusals.map((one) => (
    <tr key={`${one.EvidenceCode} ${one.Time}`}>
      <td>{moment(one.Time)}</td>
      <td class="code">{one.Event}</td>
      <td class="code">{one.Code ?? "–"}</td>
      <td>{Object.entries(one.Findings).map(([rule, count]) => `${rule}: ${number(count)}`).join(", ")}</td>
      <td>
        <Code code={one.EvidenceCode} />
      </td>
    </tr>
  ));
  const heads = [WORDS.time, WORDS.event, WORDS.reason, WORDS.findings, WORDS.code];
  return <Listed id="refusals" title={WORDS.refusals} heads={heads} rows={rows} none={WORDS.noRefusals} />;
}

function Open({ body }: { body: ReportBody }): JSX.Element {
  const rows = body.OpenItems.map((one) => (
    <tr key={one.EvidenceCode}>
      <td>{moment(one.Since)}</td>
      <td class="code">{one.LastEvent}</td>
      <td class="code">{one.Missing.join(", ")}</td>
      <td>
        <Code code={one.EvidenceCode} />
      </td>
    </tr>
  ));
  const heads = [WORDS.since, WORDS.last, WORDS.missing, WORDS.code];
  return <Listed id="open" title={WORDS.openItems} heads={heads} rows={rows} none={WORDS.noOpen} />;
}

/** A code that leads to its certificate. */
function Code({ code }: { code: string }): JSX.Element {
  return (
    <a class="code" href={`#/evidence/${code}`}>
      {code}
    </a>
  );
}
