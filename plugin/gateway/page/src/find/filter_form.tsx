import type { JSX } from "preact";
import { number } from "../app/language";
import type { FoundCounts } from "../app/schema";
import { STATES, StateBadge } from "../parts/badge";
import { BY_REQUEST, type Filters } from "./filters";
import { WORDS } from "./words";

interface Shown {
  filters: Filters;
  /** How many jobs each value would find; absent until the first answer. */
  counts: FoundCounts | undefined;
  change: (filters: Filters) => void;
}

/** What the gateway filters by; each value says how many jobs it finds beside the other filters. */
export function FilterForm({ filters, counts, change }: Shown): JSX.Element {
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()}>
      <fieldset>
        <legend>{WORDS.state}</legend>
        {STATES.filter((state) => filters.state.includes(state) || counts?.State[state] !== undefined).map((state) => (
          <label key={state}>
            <input
              type="checkbox"
              checked={filters.state.includes(state)}
              onChange={(event) => change({ ...filters, state: toggled(filters.state, state, event.currentTarget.checked) })}
            />{" "}
            <StateBadge state={state} /> {number(counts?.State[state] ?? 0)}
          </label>
        ))}
      </fieldset>
      <div class="row">
        <Choice label={WORDS.model} value={filters.model} counts={counts?.Model} choose={(model) => change({ ...filters, model })} />
        <Choice label={WORDS.target} value={filters.target} counts={counts?.Target} choose={(target) => change({ ...filters, target })} />
        <Choice
          label={WORDS.rule}
          value={filters.rule}
          counts={counts?.Rule}
          nameless={{ value: BY_REQUEST, words: WORDS.byRequest }}
          choose={(rule) => change({ ...filters, rule })}
        />
        <Day label={WORDS.since} value={filters.since} choose={(since) => change({ ...filters, since })} />
        <Day label={WORDS.until} value={filters.until} choose={(until) => change({ ...filters, until })} />
        <label>
          <input
            type="checkbox"
            checked={filters.flagged}
            onChange={(event) => change({ ...filters, flagged: event.currentTarget.checked })}
          />{" "}
          {WORDS.flagged} <span class="dim">{counts === undefined ? "" : number(counts.Flagged)}</span>
        </label>
      </div>
    </form>
  );
}

interface Choosing {
  label: string;
  value: string;
  counts: FoundCounts["Model"] | undefined;
  /** How the empty value is called, and what it says; without it jobs that have none are not offered. */
  nameless?: { value: string; words: string };
  choose: (value: string) => void;
}

function Choice({ label, value, counts = {}, nameless, choose }: Choosing): JSX.Element {
  const named = Object.keys(counts).filter((name) => name !== "").sort();
  const offered = value === "" || value === nameless?.value || named.includes(value) ? named : [...named, value];
  return (
    <label>
      {label}{" "}
      <select value={value} onChange={(event) => choose(event.currentTarget.value)}>
        <option value="">{WORDS.any}</option>
        {nameless !== undefined && (counts[""] !== undefined || value === nameless.value) && (
          <option value={nameless.value}>{`${nameless.words} (${number(counts[""] ?? 0)})`}</option>
        )}
        {offered.map((name) => (
          <option key={name} value={name}>
            {`${name} (${number(counts[name] ?? 0)})`}
          </option>
        ))}
      </select>
    </label>
  );
}

function Day({ label, value, choose }: { label: string; value: string; choose: (day: string) => void }): JSX.Element {
  return (
    <label>
      {label} <input type="date" value={value} onChange={(event) => choose(event.currentTarget.value)} />
    </label>
  );
}

function toggled<Value>(values: readonly Value[], value: Value, on: boolean): Value[] {
  return on ? [...values, value] : values.filter((one) => one !== value);
}
