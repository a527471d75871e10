import type { JSX } from "preact";
import { fill, number } from "../app/language";
import { WORDS } from "./words";

interface Shown {
  id: string;
  title: string;
  shown: number;
  total: number;
  /** Where all of them are, when there are more. */
  all?: string;
}

/** The title of a list with its true length. */
export function Heading({ id, title, shown, total, all }: Shown): JSX.Element {
  const cut = shown < total;
  return (
    <h2 id={id}>
      {title} <span class="dim">{cut ? fill(WORDS.shown, { shown: number(shown), total: number(total) }) : number(total)}</span>
      {cut && all !== undefined && (
        <>
          {" "}
          <a class="small" href={all} aria-label={`${title}: ${WORDS.all}`}>
            {WORDS.all}
          </a>
        </>
      )}
    </h2>
  );
}
