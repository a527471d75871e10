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
