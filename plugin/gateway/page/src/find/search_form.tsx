import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { WORDS } from "./words";

/** The text that Orthanc is asked for, once it is sent. */
export function SearchForm({ text: begun, search }: { text: string; search: (text: string) => void }): JSX.Element {
  const [text, setText] = useState(begun);
  return (
    <form
      role="search"
      class="row"
      onSubmit={(event) => {
        event.preventDefault();
        search(text.trim());
      }}
    >
      <label for="text">{WORDS.text}</label>
      <input
        id="text"
        type="search"
        autocomplete="off"
        spellcheck={false}
        aria-describedby="hint"
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          if (event.currentTarget.value === "") search("");
        }}
      />
      <button type="submit">{WORDS.search}</button>
      <small id="hint" class="dim">
        {WORDS.hint}
      </small>
    </form>
  );
}
