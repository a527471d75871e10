import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { get } from "../app/http";
import { fill, number } from "../app/language";
import type { ProblemAnswer, RulesAnswer } from "../app/schema";
import { useAnswer } from "../parts/answer";
import { Notice, Refusal } from "../parts/notice";
import { save } from "../parts/save";
import { Changes } from "./changes";
import { readDraft, written, type Draft } from "./draft";
import { NotJson } from "./located";
import { useTrial } from "./trial";
import { WORDS } from "./words";

const LASTS = [20, 100, 200] as const;
/** Instead of a number of series: the one that is chosen above. */
const CHOSEN = 0;

/** A draft of the rules: written here, run against the last series, taken away as a file; kept nowhere. */
export function Editor({ chosen }: { chosen: string }): JSX.Element {
  const asked = useAnswer("rules", (signal) => get<RulesAnswer>("routing/rules", { signal }));
  const [text, setText] = useState<string | undefined>();
  const [last, setLast] = useState<number>(100);
  const [wrong, setWrong] = useState<NotJson | undefined>();
  const [run, setRun] = useState<Draft | undefined>();
  const field = useRef<HTMLTextAreaElement>(null);
  const trying = useTrial();
  const present = asked.answer;
  useEffect(() => {
    if (present !== undefined) setText((before) => before ?? written(present.Rules));
  }, [present]);
  const start = (): void => {
    if (text === undefined || trying.running) return;
    try {
      const draft = readDraft(text);
      setWrong(undefined);
      setRun(draft);
      trying.run(draft.rules, last === CHOSEN ? { Series: [chosen] } : { Last: last });
    } catch (error) {
      if (!(error instanceof NotJson)) throw error;
      trying.stop();
      trying.clear();
      setWrong(error);
      goTo(field.current, error.line);
    }
  };
  return (
    <>
      <Refusal refused={asked.refused} />
      <label class="field">
        {WORDS.draft}
        <textarea
          id="draft"
          ref={field}
          rows={16}
          spellcheck={false}
          class="code"
          value={text ?? ""}
          aria-describedby="draft-hint"
          aria-invalid={wrong !== undefined}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <p id="draft-hint" class="dim">
        {WORDS.draftHint}
      </p>
      <div class="row">
        <label>
          {WORDS.last}{" "}
          <select value={last} onChange={(event) => setLast(Number(event.currentTarget.value))}>
            {LASTS.map((one) => (
              <option key={one} value={one}>
                {fill(WORDS.lastSeries, { n: number(one) })}
              </option>
            ))}
            {chosen !== "" && <option value={CHOSEN}>{WORDS.theChosen}</option>}
          </select>
        </label>
        <button type="button" onClick={start} aria-disabled={text === undefined || trying.running}>
          {WORDS.run}
        </button>
        {trying.running && (
          <button type="button" onClick={trying.stop}>
            {WORDS.stop}
          </button>
        )}
        <Export text={text ?? ""} field={field.current} />
        <button type="button" class="quiet" onClick={() => setText(written(present?.Rules ?? null))}>
          {WORDS.reset}
        </button>
      </div>
      <div aria-live="polite">
        {wrong !== undefined && (
          <Notice tone="bad">
            {fill(WORDS.notJson, { line: wrong.line, column: wrong.column })} {WORDS[`expected_${wrong.expected}`]}
          </Notice>
        )}
        <Refusal refused={trying.refused} />
        {trying.running && trying.trial === undefined && <p class="dim">{WORDS.running}</p>}
      </div>
      {run !== undefined && trying.trial !== undefined && (
        <>
          <Problems title={WORDS.problems} tone="bad" problems={trying.trial.problems} draft={run} field={field.current} />
          <Problems title={WORDS.without} tone="look" problems={trying.trial.without} draft={run} field={field.current} />
          {trying.trial.problems.length === 0 && <Changes trial={trying.trial} rules={run.rules} />}
        </>
      )}
    </>
  );
}

interface ProblemsGiven {
  title: string;
  tone: "bad" | "look";
  problems: readonly ProblemAnswer[];
  draft: Draft;
  field: HTMLTextAreaElement | null;
}

/** What is wrong, in the sentences of the start, each with the way to its line. */
function Problems({ title, tone, problems, draft, field }: ProblemsGiven): JSX.Element | null {
  if (problems.length === 0) return null;
  return (
    <Notice tone={tone}>
      <div role="alert">{title}</div>
      <ul>
        {problems.map((one) => (
          <li key={one.Message}>
            <button type="button" class="quiet" onClick={() => goTo(field, draft.lineOf(one.Path))}>
              {fill(WORDS.line, { n: number(draft.lineOf(one.Path)) })}
            </button>{" "}
            {one.Message}
          </li>
        ))}
      </ul>
    </Notice>
  );
}

/** Take the draft away: as a file, or into the clipboard. */
function Export({ text, field }: { text: string; field: HTMLTextAreaElement | null }): JSX.Element {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    setCopied(await toClipboard(text, field));
  };
  return (
    <>
      <button type="button" onClick={() => save(new Blob([text], { type: "application/json" }), "rules.json")}>
        {WORDS.save}
      </button>
      <button type="button" onClick={() => void copy()}>
        {WORDS.copy}
      </button>
      <span role="status" class="good">
        {copied && WORDS.copied}
      </span>
    </>
  );
}

/** Browsers give the clipboard only to pages over TLS or on this machine; elsewhere the old way is left. */
async function toClipboard(text: string, field: HTMLTextAreaElement | null): Promise<boolean> {
  if (isSecureContext) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
    }
  }
  field?.select();
  return document.execCommand("copy");
}

/** Put the cursor on a line of the draft, and show it. */
function goTo(field: HTMLTextAreaElement | null, line: number): void {
  if (field === null) return;
  const lines = field.value.split("\n");
  const begin = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  field.focus();
  field.setSelectionRange(begin, begin + (lines[line - 1]?.length ?? 0));
  field.scrollTop = (field.scrollHeight / lines.length) * Math.max(0, line - 4);
}
