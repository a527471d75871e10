import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { WORDS } from "./words";

export interface Question {
  title: string;
  /** What will happen, a paragraph each. */
  says: readonly string[];
  yes: string;
}

/** The second confirmation: repeats what will happen. Escape, and the first button, do nothing. */
export function Confirm({ question, yes, no }: { question: Question; yes: () => void; no: () => void }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const shown = dialog.current;
    const opener = document.activeElement;
    shown?.showModal();
    return () => {
      shown?.close();
      // With the dialog taken out of the page the browser gives the focus to nobody (seen in Chromium 156).
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby="confirm"
      onCancel={(event) => {
        event.preventDefault();
        no();
      }}
    >
      <h2 id="confirm">{question.title}</h2>
      {question.says.map((text) => (
        <p key={text}>{text}</p>
      ))}
      <div class="row">
        <button type="button" autofocus onClick={no}>
          {WORDS.back}
        </button>
        <button type="button" class="danger" onClick={yes}>
          {question.yes}
        </button>
      </div>
    </dialog>
  );
}
