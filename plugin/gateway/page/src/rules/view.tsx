import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Place } from "../app/routes";
import { Ask } from "./ask";
import { Editor } from "./editor";
import { WORDS } from "./words";
import "./rules.css";

/** Try a rule: what those in force say of a series, and what a draft would change. */
export default function RulesView({ query }: Place): JSX.Element {
  const [chosen, setChosen] = useState(query.get("series") ?? "");
  return (
    <>
      <h1>{WORDS.title}</h1>
      <p class="dim">{WORDS.nothingKept}</p>
      <section aria-labelledby="ask">
        <h2 id="ask">{WORDS.which}</h2>
        <Ask chosen={chosen} choose={setChosen} />
      </section>
      <section aria-labelledby="try">
        <h2 id="try">{WORDS.tryDraft}</h2>
        <Editor chosen={chosen} />
      </section>
    </>
  );
}
