import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { post, Refused } from "../app/http";
import { fill } from "../app/language";
import type { ExplanationAnswer } from "../app/schema";
import { Explanation } from "../parts/explanation";
import { Notice, Refusal } from "../parts/notice";
import { Pick } from "./pick";
import { readTags } from "./tags";
import { WORDS } from "./words";

/** Ask the rules in force about one series, stored or given by its tags. */
export function Ask({ chosen, choose }: { chosen: string; choose: (series: string) => void }): JSX.Element {
  const [text, setText] = useState("");
  const [said, setSaid] = useState<ExplanationAnswer | undefined>();
  const [refused, setRefused] = useState<Refused | undefined>();
  const [wrong, setWrong] = useState<string | undefined>();
  const ask = async (question: unknown): Promise<void> => {
    setWrong(undefined);
    try {
      setSaid(await post<ExplanationAnswer>("routing/explain", question));
      setRefused(undefined);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      setSaid(undefined);
      setRefused(error);
    }
  };
  const askTags = (): void => {
    const pasted = readTags(text);
    if ("tags" in pasted) {
      void ask({ Tags: pasted.tags });
      return;
    }
    setSaid(undefined);
    setRefused(undefined);
    setWrong(
      "notJson" in pasted
        ? fill(WORDS.notJson, { line: pasted.notJson.line, column: pasted.notJson.column })
        : fill(WORDS.notTags, { lines: pasted.wrong.join(", ") || "1" }),
    );
  };
  return (
    <>
      <h3>{WORDS.stored}</h3>
      <Pick chosen={chosen} choose={choose} />
      <p>
        <button type="button" disabled={chosen === ""} onClick={() => void ask({ Series: chosen })}>
          {WORDS.explain}
        </button>
      </p>
      <details>
        <summary>{WORDS.paste}</summary>
        <label class="field">
          {WORDS.tags}
          <textarea
            id="tags"
            rows={8}
            spellcheck={false}
            class="code"
            placeholder={"Modality: CT\nSliceThickness: 2.5\nSlices: 120"}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <p class="dim">{WORDS.tagsHint}</p>
        <button type="button" onClick={askTags}>
          {WORDS.explainTags}
        </button>
      </details>
      <div aria-live="polite" id="said">
        {wrong !== undefined && <Notice tone="bad">{wrong}</Notice>}
        <Refusal refused={refused} />
        {said !== undefined && <Explanation said={said} />}
      </div>
    </>
  );
}
