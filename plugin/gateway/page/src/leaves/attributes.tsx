import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { fill, number } from "../app/language";
import type { Action, FoldedAnswer, OutgoingAnswer, OutgoingAttribute } from "../app/schema";
import { Wide } from "../parts/wide";
import { Heads } from "../parts/heads";
import { WORDS } from "./words";

const ACTIONS: readonly Action[] = ["removed", "replaced", "emptied", "kept"];
const TONES: Readonly<Record<Action, string>> = { kept: "look", replaced: "busy", emptied: "", removed: "good" };
/** So many rows at once: an enhanced object has thousands. */
const PAGE = 200;

/** Every attribute, before and after side by side. */
export function Attributes({ said }: { said: OutgoingAnswer }): JSX.Element {
  const [text, setText] = useState("");
  const [action, setAction] = useState("");
  const [shown, setShown] = useState(PAGE);
  const rows = said.Attributes.filter((one) => (action === "" || one.Action === action) && holds(one, text));
  return (
    <>
      <div class="row">
        <label>
          {WORDS.filter} <input type="search" value={text} autocomplete="off" onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        <label>
          {WORDS.action}{" "}
          <select value={action} onChange={(event) => setAction(event.currentTarget.value)}>
            <option value="">{WORDS.every}</option>
            {ACTIONS.map((one) => (
              <option key={one} value={one}>
                {WORDS[one]} ({number(said.Attributes.filter((attribute) => attribute.Action === one).length)})
              </option>
            ))}
          </select>
        </label>
        <span role="status" class="dim">
          {fill(WORDS.rows, { n: number(rows.length), all: number(said.Attributes.length) })}
        </span>
      </div>
      <Wide name={WORDS.attribute}>
        <table class="attributes">
          <Heads of={[WORDS.attribute, WORDS.what, WORDS.before, WORDS.after, WORDS.why]} />
          <tbody>
            {rows.slice(0, shown).map((one) => (
              <tr key={one.Tag} data-tag={one.Tag}>
                <th scope="row">
                  {one.Keyword || WORDS.unnamed} <span class="code dim">{one.Tag} {one.VR}</span>
                </th>
                <td>
                  <span class={`badge ${TONES[one.Action]}`}>{WORDS[one.Action]}</span>
                </td>
                <Value value={one.Before} />
                <Value value={one.After} />
                <td class="dim">{one.Reason}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
      {rows.length > shown && (
        <button type="button" onClick={() => setShown(shown + PAGE)}>
          {fill(WORDS.more, { n: number(rows.length - shown) })}
        </button>
      )}
    </>
  );
}

/** One value, or what differs between slices, folded. */
function Value({ value }: { value: string | FoldedAnswer | null }): JSX.Element {
  if (value === null) return <td class="dim">{WORDS.absent}</td>;
  if (typeof value === "string") return value === "" ? <td class="dim">{WORDS.empty}</td> : <td>{value}</td>;
  return (
    <td>
      <details>
        <summary>{fill(WORDS.differs, { n: number(value.Distinct), slices: number(value.Instances) })}</summary>
        <ul>
          {value.First.map((one, index) => (
            <li key={index}>{one === "" ? WORDS.empty : one}</li>
          ))}
          {value.Distinct > value.First.length && <li>…</li>}
        </ul>
      </details>
    </td>
  );
}

function holds(one: OutgoingAttribute, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return true;
  return [one.Tag, one.Keyword, one.Reason, ...texts(one.Before), ...texts(one.After)].some((part) => part.toLowerCase().includes(wanted));
}

function texts(value: string | FoldedAnswer | null): readonly string[] {
  if (value === null) return [];
  return typeof value === "string" ? [value] : value.First;
}
