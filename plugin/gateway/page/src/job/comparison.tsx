import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { api, orthanc } from "../app/base";
import { get } from "../app/http";
import { fill, moment, number } from "../app/language";
import type { ComparedVersion, JobComparisonAnswer, JobAnswer, JobQualityAnswer } from "../app/schema";
import { useAnswer } from "../parts/answer";
import { Notice, Refusal } from "../parts/notice";
import { ComparedRois, VERDICTS } from "./compared-rois";
import { WORDS } from "./comparison-words";

/** What people made of the result of a job, version by version; nothing while none of theirs has come. */
export function Comparison({ job }: { job: JobAnswer }): JSX.Element | null {
  const short = job.Quality;
  return short == null ? null : <Compared job={job} short={short} />;
}

function Compared({ job, short }: { job: JobAnswer; short: JobQualityAnswer }): JSX.Element {
  const [chosen, setChosen] = useState("");
  const path = `quality/${job.ID}${chosen === "" ? "" : `?Version=${chosen}`}`;
  // Asked for anew when another version has come, or was compared.
  const { answer, refused } = useAnswer(`${path} ${JSON.stringify(short)}`, (signal) => get<JobComparisonAnswer>(path, { signal }));
  const shown = answer?.Versions.find((one) => (chosen === "" ? one.Effective : one.Instance === chosen)) ?? answer?.Versions.at(-1);
  return (
    <section id="comparison">
      <h2>{WORDS.title}</h2>
      <Refusal refused={refused} />
      {answer !== undefined && shown !== undefined && (
        <>
          {answer.Versions.length > 1 && <Versions versions={answer.Versions} shown={shown} choose={setChosen} />}
          <About job={job} version={shown} />
          {answer.Warnings.map((warning) => (
            <Notice key={warning} tone="look">
              {warning}
            </Notice>
          ))}
          {shown.State === "compared" && (
            <>
              <Counted answer={answer} />
              <ComparedRois rois={answer.Rois} />
            </>
          )}
        </>
      )}
    </section>
  );
}

interface Choice {
  versions: readonly ComparedVersion[];
  shown: ComparedVersion;
  choose: (instance: string) => void;
}

function Versions({ versions, shown, choose }: Choice): JSX.Element {
  const titleOf = (version: ComparedVersion, place: number): string => {
    const said = [fill(WORDS.versionOf, { n: place + 1, all: versions.length, time: moment(version.Arrived) }), WORDS[version.Approval]];
    if (version.Effective) said.push(WORDS.counts);
    if (version.State !== "compared") said.push(WORDS[version.State]);
    return said.join(", ");
  };
  return (
    <p>
      <label>
        {WORDS.version}{" "}
        <select id="version" value={shown.Instance} onChange={(event) => choose(event.currentTarget.value)}>
          {versions.map((version, place) => (
            <option key={version.Instance} value={version.Instance}>
              {titleOf(version, place)}
            </option>
          ))}
        </select>
      </label>
    </p>
  );
}

/** What a version is, and the ways to it. */
function About({ job, version }: { job: JobAnswer; version: ComparedVersion }): JSX.Element {
  const approval = WORDS[version.Approval];
  const decision = `${api}jobs/${job.ID}/assessment?Version=${version.Instance}`;
  return (
    <>
      {version.State !== "compared" && (
        <Notice tone={version.State === "refused" ? "bad" : ""}>
          {WORDS[version.State]} {version.Code !== null && <span class="code">[{version.Code}]</span>}
        </Notice>
      )}
      {version.Late && <Notice tone="look">{WORDS.late}</Notice>}
      <dl class="facts">
        <dt>{WORDS.came}</dt>
        <dd>{moment(version.Arrived)}</dd>
        <dt>{WORDS.approval}</dt>
        <dd>
          <span class={version.Approval === "APPROVED" ? "good" : undefined}>
            {version.Reviewed === null ? approval : fill(WORDS.reviewedAt, { approval, time: moment(version.Reviewed) })}
          </span>
        </dd>
        <dt>{WORDS.link}</dt>
        <dd>{WORDS[version.Link]}</dd>
      </dl>
      <ul class="row ways">
        {job.Rtstruct !== null && (
          <li>
            <a href={`#/jobs/${job.ID}/contours?rtstruct=${job.Rtstruct}&with=${version.Instance}`}>{WORDS.look}</a>
          </li>
        )}
        <li>
          <a href={`${orthanc}instances/${version.Instance}/file`} download={`${version.Instance}.dcm`}>
            {WORDS.file}
          </a>
        </li>
        {version.State === "compared" && (
          <>
            <li>
              <a href={`${decision}&format=sr`} download={`${job.ID}-assessment.dcm`}>
                {WORDS.report}
              </a>
            </li>
            <li>
              <a href={`${decision}&format=fhir`} download={`${job.ID}-assessment.json`}>
                {WORDS.fhir}
              </a>
            </li>
          </>
        )}
      </ul>
    </>
  );
}

/** How many structures have each verdict. */
function Counted({ answer }: { answer: JobComparisonAnswer }): JSX.Element {
  const said = VERDICTS.map((verdict) => ({ verdict, n: answer.Rois.filter((roi) => roi.Verdict === verdict).length }))
    .filter(({ n }) => n > 0)
    .map(({ verdict, n }) => fill(WORDS.counted, { n: number(n), verdict: WORDS[verdict] }));
  return (
    <p>
      <strong id="verdicts">{said.join(", ")}</strong> <span class="dim">{WORDS.help}</span>
    </p>
  );
}
