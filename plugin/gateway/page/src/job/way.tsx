import type { JSX } from "preact";
import { fill, language, moment, number } from "../app/language";
import type { JobAnswer } from "../app/schema";
import { isHere, stepsOf, type Proof, type Standing, type Step } from "./steps";
import { WORDS } from "./words";

/** The marks of the steps: a tick, a filled ring, a cross, an empty ring, a dash. */
const MARKS: Readonly<Record<Standing, string>> = {
  done: "M7 12.5l3.5 3.5L17 9",
  now: "M12 9a3 3 0 1 1 0 6a3 3 0 1 1 0-6",
  stopped: "M8.5 8.5l7 7M15.5 8.5l-7 7",
  ahead: "",
  skipped: "M8 12h8",
};

/** The way of a job as a picture that is a list: each step with its mark, its time, and what must be said of it. */
export function Way({ job, proof, arrived }: { job: JobAnswer; proof: Proof; arrived: string }): JSX.Element {
  return (
    <ol class="way" aria-label={WORDS.way}>
      {stepsOf(job, proof, arrived).map((step) => (
        <li key={step.name} class={step.standing} aria-current={step.standing === "now" ? "step" : undefined}>
          <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
            <circle cx="12" cy="12" r="10" />
            <path d={MARKS[step.standing]} />
          </svg>
          <div>
            <strong>{WORDS[step.name]}</strong> <span class="dim">{WORDS[step.standing]}</span>
            <Times step={step} job={job} />
            <Note step={step} job={job} />
          </div>
        </li>
      ))}
    </ol>
  );
}

const CLOCK = new Intl.DateTimeFormat(language, { timeStyle: "medium" });

/** The day is said once, with the job; another one is said with its step. */
function when(time: string, job: JobAnswer): string {
  const [then, began] = [new Date(time), new Date(job.Created)];
  return then.toDateString() === began.toDateString() ? CLOCK.format(then) : moment(time);
}

function Times({ step, job }: { step: Step; job: JobAnswer }): JSX.Element | null {
  if (step.time === undefined && step.seconds === undefined) return null;
  return (
    <div class="dim">
      {step.time !== undefined && <div>{when(step.time, job)}</div>}
      {step.seconds !== undefined && <div>{fill(WORDS.seconds, { n: number(step.seconds, 1) })}</div>}
    </div>
  );
}

function Note({ step, job }: { step: Step; job: JobAnswer }): JSX.Element | null {
  const said = note(step, job);
  return said === undefined ? null : <div class="note">{said}</div>;
}

function note(step: Step, job: JobAnswer): string | undefined {
  if (step.name === "stored") return fill(WORDS.slicesStored, { n: number(job.Instances) });
  if (step.name === "decided") return job.Rule === null ? WORDS.requested : fill(WORDS.byRule, { rule: job.Rule });
  if (step.standing === "skipped") return whyNot(step, job);
  if (step.name === "sent") return isHere(job) ? undefined : fill(WORDS.toTarget, { target: job.Target });
  if (step.name === "delivered" && step.standing === "done") return WORDS.underStudy;
  if (step.name === "contoured" && step.standing === "done") {
    return fill(WORDS.structures, { n: number(job.Rois.length), model: job.Model });
  }
  return undefined;
}

function whyNot(step: Step, job: JobAnswer): string {
  if (job.State === "excluded") return WORDS.skippedExcluded;
  if (step.name === "sent" && isHere(job)) return WORDS.skippedHere;
  if (step.name === "erased") return WORDS.skippedErase;
  return WORDS.skippedEnded;
}
