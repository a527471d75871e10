import type { JSX } from "preact";
import { fill, number } from "../app/language";
import type { ConditionAnswer, ExplanationAnswer, RuleAnswer, StudyChoiceAnswer, VolumeAnswer } from "../app/schema";
import { SeriesLine } from "./described";
import { Wide } from "./wide";
import { WORDS } from "./explanation-words";
import { Heads } from "./heads";
import "./explanation.css";

const TONES: Readonly<Record<ExplanationAnswer["Outcome"], string>> = {
  contour: "good",
  excluded: "",
  none: "",
  error: "bad",
};

/** What was decided, and what each rule said. */
export function Explanation({ said }: { said: ExplanationAnswer }): JSX.Element {
  return (
    <div class="explanation">
      <p>
        <Outcome outcome={said.Outcome} /> {said.Reason}
      </p>
      {said.Decisions.length > 0 && (
        <ul>
          {said.Decisions.map((one) => (
            <li>
              {fill(WORDS.decision, { rule: one.Rule || "–", model: one.Model, target: one.Target })}
              {one.Hours !== null && ` ${fill(WORDS.hours, { hours: one.Hours })}`}
            </li>
          ))}
        </ul>
      )}
      <Rules rules={said.Rules} deciding={decidingOf(said)} />
      {(said.Volumes ?? []).length > 0 && <Volumes volumes={said.Volumes ?? []} />}
      {(said.OnePerStudy ?? []).map((choice) => (
        <Choice key={choice.Rule} choice={choice} />
      ))}
    </div>
  );
}

/** An outcome as a word on its colour. */
export function Outcome({ outcome }: { outcome: ExplanationAnswer["Outcome"] }): JSX.Element {
  return <span class={`badge ${TONES[outcome]}`}>{WORDS[outcome]}</span>;
}

/** The rules that decided: those after them may match, too, and are asked no more. */
export function decidingOf(said: Pick<ExplanationAnswer, "Outcome" | "Decisions" | "Rules">): readonly string[] {
  if (said.Outcome === "contour") return said.Decisions.map((one) => one.Rule);
  return said.Outcome === "excluded" ? said.Rules.filter((rule) => rule.Matched).map((rule) => rule.Name).slice(0, 1) : [];
}

/** Every rule, in order: those that matched, and of the others which condition failed with which value. */
export function Rules({ rules, deciding }: { rules: readonly RuleAnswer[]; deciding: readonly string[] }): JSX.Element {
  return (
    <ol class="rules">
      {rules.map((rule, index) => (
        <li key={`${index} ${rule.Name}`} class={rule.Matched ? "matched" : "failed"}>
          <details open={rule.Matched || rules.length <= 3}>
            <summary>
              <span class={`badge ${rule.Matched ? "good" : ""}`}>{rule.Matched ? WORDS.matches : WORDS.not}</span>{" "}
              {rule.Name}
              {rule.Matched && <span class="dim"> {deciding.includes(rule.Name) ? WORDS.decided : WORDS.tooLate}</span>}
              {!rule.Matched && <FirstFailed rule={rule} />}
            </summary>
            {rule.Error != null && <p class="bad">{rule.Error}</p>}
            <Conditions conditions={rule.Conditions} />
          </details>
        </li>
      ))}
    </ol>
  );
}

function FirstFailed({ rule }: { rule: RuleAnswer }): JSX.Element | null {
  const failed = rule.Conditions.find((one) => !one.Matched);
  if (failed === undefined) return null;
  return <span class="dim"> {fill(WORDS.failed, { fact: failed.Fact, found: written(failed.Found) })}</span>;
}

function Conditions({ conditions }: { conditions: readonly ConditionAnswer[] }): JSX.Element {
  if (conditions.length === 0) return <p class="dim">{WORDS.everything}</p>;
  return (
    <Wide name={WORDS.condition}>
      <table>
        <Heads of={[WORDS.condition, WORDS.expected, WORDS.found, WORDS.answer]} />
        <tbody>
          {conditions.map((one, index) => (
            <tr key={index}>
              <th scope="row" class="code">
                {one.Fact}
              </th>
              <td>{expected(one.Expected)}</td>
              <td>{written(one.Found)}</td>
              <td class={one.Matched ? "good" : "bad"}>{one.Matched ? WORDS.met : WORDS.unmet}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Wide>
  );
}

function Volumes({ volumes }: { volumes: readonly VolumeAnswer[] }): JSX.Element {
  return (
    <>
      <h3>{WORDS.volumes}</h3>
      <ul>
        {volumes.map((one, index) => (
          <li key={index}>
            {one.Volume ?? WORDS.whole}: {fill(WORDS.slices, { n: number(one.Slices) })}
            {one.Refused !== null && (
              <span class="bad">
                {" "}
                {one.Refused.Message} <span class="code">[{one.Refused.Code}]</span>
              </span>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

function Choice({ choice }: { choice: StudyChoiceAnswer }): JSX.Element {
  return (
    <>
      <h3>{fill(WORDS.choice, { rule: choice.Rule })}</h3>
      <ul>
        {choice.Candidates.map((one) => (
          <li key={one.Series}>
            <span class={`badge ${one.Chosen ? "good" : ""}`}>{one.Chosen ? WORDS.chosen : WORDS.beaten}</span>{" "}
            <SeriesLine series={one.Series} /> <span class="dim">{one.Reason}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

/** A value that was found, as text. */
export function written(value: ConditionAnswer["Found"]): string {
  if (value === null || value === "") return WORDS.nothing;
  if (typeof value === "object") return value.map((one) => String(one)).join(", ");
  return String(value);
}

/** What a condition asks for, in words. */
export function expected(wanted: ConditionAnswer["Expected"]): string {
  if (wanted === null || typeof wanted !== "object" || Array.isArray(wanted)) {
    return written(wanted as ConditionAnswer["Found"]);
  }
  const asked = wanted as { Pattern?: string | null; Min?: unknown; Max?: unknown; Exists?: boolean | null };
  const parts: string[] = [];
  if (asked.Pattern != null) parts.push(fill(WORDS.pattern, { pattern: asked.Pattern }));
  if (asked.Min != null) parts.push(fill(WORDS.min, { min: String(asked.Min) }));
  if (asked.Max != null) parts.push(fill(WORDS.max, { max: String(asked.Max) }));
  if (asked.Exists != null) parts.push(asked.Exists ? WORDS.exists : WORDS.absent);
  return parts.join(", ");
}
