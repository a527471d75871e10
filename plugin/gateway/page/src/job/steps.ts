import type { Event, JobAnswer, Stage } from "../app/schema";

/** The way of a series, step by step. */
export const STEPS = [
  "stored",
  "decided",
  "pseudonymised",
  "checked",
  "sent",
  "contoured",
  "restored",
  "delivered",
  "erased",
] as const;
export type StepName = (typeof STEPS)[number];

/** Done; happens now; the job ended here; still to come; does not apply to this job. */
export type Standing = "done" | "now" | "stopped" | "ahead" | "skipped";

export interface Step {
  name: StepName;
  standing: Standing;
  /** When it was done (ISO 8601); undefined when nobody wrote that down. */
  time: string | undefined;
  /** How long it took; undefined when it was not measured. */
  seconds: number | undefined;
}

/** Which record of the chain of evidence says that a step was done. */
const PROVEN: Readonly<Partial<Record<StepName, readonly Event[]>>> = {
  pseudonymised: ["DEIDENTIFIED"],
  checked: ["SELF_CHECKED"],
  sent: ["SENT"],
  contoured: ["RESULT_RECEIVED"],
  restored: ["REIDENTIFIED"],
  delivered: ["STORED"],
  erased: ["KEY_DESTROYED", "LOCAL_DELETED"],
};

/** Which parts of Timings are of a step. */
const MEASURED: Readonly<Partial<Record<StepName, readonly string[]>>> = {
  pseudonymised: ["pseudonymise"],
  checked: ["gate"],
  contoured: ["load", "sides", "volume", "engine", "quality", "contours"],
  restored: ["restore"],
  delivered: ["store"],
  erased: ["erase"],
};

/** Where the stage stands behind which a step is done; only where no record says so. */
const STAGES: readonly Stage[] = ["queued", "pseudonymise", "draw", "store", "erase", "closed"];
const DONE_AFTER: Readonly<Record<StepName, Stage>> = {
  stored: "queued",
  decided: "queued",
  pseudonymised: "pseudonymise",
  checked: "pseudonymise",
  sent: "draw",
  contoured: "draw",
  restored: "store",
  delivered: "store",
  erased: "erase",
};

/** What the chain says of a job: when each event was written; undefined when it cannot be asked. */
export type Proof = ReadonlyMap<Event, string> | undefined;

/** The steps of a job. `arrived` is when Orthanc got the last slice, empty when nobody tells. */
export function stepsOf(job: JobAnswer, proof: Proof, arrived: string): Step[] {
  const steps = STEPS.map((name): Step => {
    const time = name === "stored" ? arrived || undefined : name === "decided" ? job.Created : provenAt(name, proof);
    const done = isDone(name, job, proof, time);
    return { name, standing: done ? "done" : "ahead", time: done ? time : undefined, seconds: secondsOf(name, job) };
  });
  for (const step of steps) if (step.standing === "ahead" && !applies(step.name, job, proof)) step.standing = "skipped";
  const next = steps.find((step) => step.standing === "ahead");
  if (job.State === "running" && next !== undefined) next.standing = "now";
  if (["failed", "rejected", "cancelled", "superseded"].includes(job.State)) {
    for (const step of steps) if (step.standing === "ahead") step.standing = step === next ? "stopped" : "skipped";
  }
  return steps;
}

function isDone(name: StepName, job: JobAnswer, proof: Proof, time: string | undefined): boolean {
  if (name === "stored" || name === "decided") return true;
  if (proof !== undefined) return time !== undefined;
  if (name === "sent" && isHere(job)) return false;
  return job.State === "done" || (job.State === "running" && after(DONE_AFTER[name], job.Stage));
}

function after(stage: Stage, now: Stage): boolean {
  return STAGES.indexOf(now) > STAGES.indexOf(stage);
}

/** Whether the model runs on this machine, so that nothing is sent. */
export function isHere(job: JobAnswer): boolean {
  return job.Target === "local" || job.Target === "";
}

function applies(name: StepName, job: JobAnswer, proof: Proof): boolean {
  if (job.State === "excluded") return false;
  if (name === "sent") return !isHere(job);
  // Nothing was made, so nothing has to be deleted.
  if (name === "erased" && job.State !== "waiting" && job.State !== "running") return proof?.has("DEIDENTIFIED") ?? true;
  return true;
}

function provenAt(name: StepName, proof: Proof): string | undefined {
  for (const event of PROVEN[name] ?? []) {
    const time = proof?.get(event);
    if (time !== undefined) return time;
  }
  return undefined;
}

function secondsOf(name: StepName, job: JobAnswer): number | undefined {
  const parts = (MEASURED[name] ?? []).map((part) => job.Timings[part]).filter((one) => one !== undefined);
  return parts.length === 0 ? undefined : parts.reduce((sum, one) => sum + one, 0);
}
