import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { api } from "../app/base";
import { replaceQuery, type Place } from "../app/routes";
import { Chain } from "./chain";
import { Month } from "./month";
import { WORDS } from "./words";

const MONTH = /^\d{4}-\d{2}$/;

/** What an auditor asks for: one job by its code, the chain, a month. */
export default function Evidence({ query }: Place): JSX.Element {
  const asked = query.get("month") ?? "";
  const [shown, setShown] = useState(MONTH.test(asked) ? asked : "");
  return (
    <>
      <h1>{WORDS.title}</h1>
      <h2>{WORDS.codeTitle}</h2>
      <CodeForm />
      <h2>{WORDS.chainTitle}</h2>
      <Chain />
      <h2>{WORDS.monthTitle}</h2>
      <MonthForm
        shown={shown}
        show={(month) => {
          setShown(month);
          replaceQuery({ month });
        }}
      />
      {shown !== "" && <Month month={shown} />}
      <h2>{WORDS.dossierTitle}</h2>
      <p class="dim">{WORDS.dossierHelp}</p>
      <p class="row">
        <a href={`${api}dossier?format=pdf`} download="dossier.pdf">
          {WORDS.dossierPdf}
        </a>
        <a href={`${api}dossier?format=md`} download="dossier.md">
          {WORDS.dossierText}
        </a>
      </p>
    </>
  );
}

function CodeForm(): JSX.Element {
  const [code, setCode] = useState("");
  const open = (event: Event): void => {
    event.preventDefault();
    // Pasted codes carry spaces and dashes of all kinds; the address has room for the letters alone.
    const plain = code.replace(/[^0-9A-Za-z]+/g, "");
    if (plain !== "") location.hash = `#/evidence/${plain}`;
  };
  return (
    <form class="row" onSubmit={open}>
      <label for="code">{WORDS.code}</label>
      <input id="code" class="code" size={24} value={code} autocomplete="off" spellcheck={false} required aria-describedby="code-help" onInput={(event) => setCode(event.currentTarget.value)} />
      <button type="submit">{WORDS.show}</button>
      <span id="code-help" class="dim">
        {WORDS.codeHelp}
      </span>
    </form>
  );
}

function MonthForm({ shown, show }: { shown: string; show: (month: string) => void }): JSX.Element {
  const [month, setMonth] = useState(shown === "" ? new Date().toISOString().slice(0, 7) : shown);
  const open = (event: Event): void => {
    event.preventDefault();
    if (MONTH.test(month)) show(month);
  };
  return (
    <form class="row" onSubmit={open}>
      <label for="month">{WORDS.month}</label>
      <input id="month" type="month" pattern="\d{4}-\d{2}" required value={month} aria-describedby="month-help" onInput={(event) => setMonth(event.currentTarget.value)} />
      <button type="submit">{WORDS.showMonth}</button>
      <span id="month-help" class="dim">
        {WORDS.monthHelp}
      </span>
    </form>
  );
}
