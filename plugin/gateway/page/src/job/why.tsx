import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { post, Refused } from "../app/http";
import type { ExplanationAnswer, JobAnswer } from "../app/schema";
import { Explanation } from "../parts/explanation";
import { Refusal } from "../parts/notice";
import { WORDS } from "./words";

/** Why the job exists: what the rules said then, without values, and on request what they say today, with them. */
export function Why({ job }: { job: JobAnswer }): JSX.Element {
  const [today, setToday] = useState<ExplanationAnswer | undefined>();
  const [refused, setRefused] = useState<Refused | undefined>();
  const ask = async (): Promise<void> => {
    try {
      setToday(await post<ExplanationAnswer>("routing/explain", { Series: job.Series }));
      setRefused(undefined);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      setRefused(error);
    }
  };
  return (
    <>
      <h2>{WORDS.why}</h2>
      {job.OnePerStudy != null && <p>{job.OnePerStudy.Reason}</p>}
      {job.Explanation != null ? <Explanation said={job.Explanation} /> : <p>{WORDS.unexplained}</p>}
      <p>
        <button type="button" onClick={() => void ask()}>
          {WORDS.explain}
        </button>{" "}
        <span class="dim">{WORDS.explainHint}</span>
      </p>
      <div aria-live="polite">
        <Refusal refused={refused} />
        {today !== undefined && (
          <section aria-label={WORDS.today}>
            <h3>{WORDS.today}</h3>
            <Explanation said={today} />
          </section>
        )}
      </div>
    </>
  );
}
