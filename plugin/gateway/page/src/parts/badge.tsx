import type { JSX } from "preact";
import type { State } from "../app/schema";
import { WORDS } from "./words";

/** How a state is coloured; the word always stands there too. */
const TONES: Readonly<Record<State, string>> = {
  waiting: "",
  running: "busy",
  done: "good",
  excluded: "",
  rejected: "bad",
  failed: "bad",
  cancelled: "",
  superseded: "",
};

/** Every state, in the order in which a job comes to them. */
export const STATES = Object.keys(TONES) as State[];

/** The state of a job as a word on its colour. */
export function StateBadge({ state }: { state: State }): JSX.Element {
  return <span class={`badge ${TONES[state]}`}>{WORDS[state]}</span>;
}

/** How a job ended, in the reader's language; the chain has a word of its own for one that is not closed. */
export function Outcome({ word }: { word: string }): JSX.Element {
  const state = STATES.find((one) => one === word);
  return state === undefined ? <>{word === "open" ? WORDS.open : word}</> : <StateBadge state={state} />;
}
