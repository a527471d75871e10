import type { JSX } from "preact";
import { api } from "../app/base";
import { get } from "../app/http";
import { fill, moment, number } from "../app/language";
import type { Place } from "../app/routes";
import type { CertificateBody, SignedCertificate } from "../app/schema";
import { useAnswer } from "../parts/answer";
import { Outcome } from "../parts/badge";
import { Loading, Notice, Refusal } from "../parts/notice";
import { Heads } from "../parts/heads";
import { Wide } from "../parts/wide";
import { Chain } from "./chain";
import { WORDS } from "./words";

/** The certificate of one job: what happened, in sentences; what was deleted; and the chain behind it. */
export default function Certificate({ parts }: Place): JSX.Element {
  const code = parts["code"] ?? "";
  const { answer, refused } = useAnswer(code, (signal) => get<SignedCertificate>(`evidence/${code}`, { signal }));
  const body = answer?.document.body;
  return (
    <>
      <p>
        <a href="#/evidence">{WORDS.all}</a>
      </p>
      <h1>{fill(WORDS.certificate, { code: body?.EvidenceCode ?? code })}</h1>
      <Refusal refused={refused} />
      {body === undefined && refused === undefined && <Loading />}
      {body !== undefined && <Shown body={body} code={code} />}
    </>
  );
}

function Shown({ body, code }: { body: CertificateBody; code: string }): JSX.Element {
  return (
    <>
      <p class="row">
        <a href={`${api}evidence/${code}?format=pdf`} download={`certificate-${code}.pdf`}>
          {WORDS.asPdf}
        </a>
        <a href={`${api}evidence/${code}`} download={`certificate-${code}.json`}>
          {WORDS.asJson}
        </a>
      </p>
      <dl class="facts">
        <dt>{WORDS.state}</dt>
        <dd class={body.State === "closed" ? "good" : "look"}>{WORDS[body.State]}</dd>
        <dt>{WORDS.outcome}</dt>
        <dd>{body.Outcome === null ? "–" : <Outcome word={body.Outcome} />}</dd>
        <dt>{WORDS.issued}</dt>
        <dd>{moment(body.Issued)}</dd>
        <dt>{WORDS.recipient}</dt>
        <dd>{body.Recipient?.Name ?? WORDS.nobody}</dd>
        <dt>{WORDS.records}</dt>
        <dd>{fill(WORDS.recordsOf, { count: number(body.Records.length) })}</dd>
      </dl>
      {body.Missing.length > 0 && (
        <Notice tone="look">
          {WORDS.missing}: {body.Missing.join(", ")}
        </Notice>
      )}
      <h2>{WORDS.statements}</h2>
      <ul lang="en">
        {body.Statements.map((statement) => (
          <li key={statement}>{statement}</li>
        ))}
      </ul>
      <Deletions body={body} />
      <Times body={body} />
      <h2>{WORDS.chainTitle}</h2>
      <Chain />
    </>
  );
}

function Deletions({ body }: { body: CertificateBody }): JSX.Element | null {
  if (body.Deletions.length === 0) return null;
  return (
    <>
      <h2 id="deletions">{WORDS.deletions}</h2>
      <Wide name={WORDS.deletions}>
        <table aria-labelledby="deletions">
          <Heads of={[WORDS.where, { number: WORDS.files }, { number: WORDS.left }, WORDS.time, WORDS.how]} />
          <tbody>
            {body.Deletions.map((one) => (
              <tr key={`${one.Where} ${one.Time}`}>
                <td>{one.Where}</td>
                <td class="number">{one.Files == null ? "–" : number(one.Files)}</td>
                <td class="number">{one.Left === undefined ? "–" : one.Left === null ? WORDS.unknown : number(one.Left)}</td>
                <td>{moment(one.Time)}</td>
                <td>{one.How}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
    </>
  );
}

function Times({ body }: { body: CertificateBody }): JSX.Element {
  return (
    <>
      <h2 id="times">{WORDS.times}</h2>
      <Wide name={WORDS.times}>
        <table aria-labelledby="times">
          <Heads of={[WORDS.event, WORDS.time, { number: WORDS.record }]} />
          <tbody>
            {body.Times.map((one) => (
              <tr key={one.Record}>
                <td class="code">{one.Event}</td>
                <td>{moment(one.Time)}</td>
                <td class="number">{number(one.Record)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
    </>
  );
}
