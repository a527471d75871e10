import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { post, Refused } from "../app/http";
import { clock, fill, number } from "../app/language";
import type { NowTarget, TargetAnswer } from "../app/schema";
import { Refusal } from "../parts/notice";
import { Heads } from "../parts/heads";
import { Wide } from "../parts/wide";
import { WORDS } from "./words";

const TONES: Readonly<Record<NowTarget["State"], string>> = { ready: "good", paused: "look", "backing-off": "bad" };

/** Where jobs are drawn, whether each takes jobs, and the button that pauses and resumes it. */
export function Targets({ targets }: { targets: readonly NowTarget[] }): JSX.Element | null {
  const [refused, setRefused] = useState<Refused | undefined>();
  const [busy, setBusy] = useState("");
  if (targets.length === 0) return null;
  const turn = async (target: NowTarget): Promise<void> => {
    setBusy(target.Name);
    try {
      const action = target.State === "ready" ? "pause" : "resume";
      await post<TargetAnswer>(`targets/${encodeURIComponent(target.Name)}/${action}`);
      setRefused(undefined);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      setRefused(error);
    }
    setBusy("");
  };
  return (
    <section aria-labelledby="targets">
      <h2 id="targets">{WORDS.targets}</h2>
      <Refusal refused={refused} />
      <Wide name={WORDS.targets}>
        <table>
          <Heads of={[WORDS.name, WORDS.kind, WORDS.state, WORDS.jobs, WORDS.action]} />
          <tbody>
            {targets.map((target) => (
              <tr key={target.Name} data-target={target.Name}>
                <td>{target.Name}</td>
                <td>{kind(target.Type)}</td>
                <td>
                  <span class={`badge ${TONES[target.State]}`}>{WORDS[`target_${target.State}`]}</span>
                  {target.Reason !== null && <span class="reason">{whyNot(target)}</span>}
                </td>
                <td>
                  {fill(WORDS.jobsOf, {
                    running: number(target.Running),
                    limit: number(target.Limit),
                    waiting: number(target.Waiting),
                  })}
                </td>
                <td>
                  <Turn target={target} busy={busy === target.Name} turn={() => void turn(target)} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
    </section>
  );
}

function Turn({ target, busy, turn }: { target: NowTarget; busy: boolean; turn: () => void }): JSX.Element {
  const ready = target.State === "ready";
  const label = fill(ready ? WORDS.pauseOf : WORDS.resumeOf, { name: target.Name });
  // Not disabled while it is busy: that would take the focus away from whoever pressed it.
  return (
    <button type="button" aria-label={label} aria-disabled={busy} onClick={() => busy || turn()}>
      {ready ? WORDS.pause : WORDS.resume}
    </button>
  );
}

function kind(type: string): string {
  const known: Readonly<Record<string, string>> = {
    local: WORDS.kind_local,
    service: WORDS.kind_service,
    dicom: WORDS.kind_dicom,
  };
  return known[type] ?? type;
}

function whyNot(target: NowTarget): string {
  const reason = target.Reason ?? "";
  return target.NextTry === null ? reason : fill(WORDS.nextTry, { reason, time: clock(target.NextTry) });
}
