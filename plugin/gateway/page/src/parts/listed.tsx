import type { JSX } from "preact";
import { Heads } from "./heads";
import { Wide } from "./wide";

interface Listing {
  id: string;
  title: string;
  heads: Parameters<typeof Heads>[0]["of"];
  rows: readonly JSX.Element[];
  /** What stands there without a row. */
  none: string;
}

/** A table under its heading, which scrolls inside itself; one sentence where it has no row. */
export function Listed({ id, title, heads, rows, none }: Listing): JSX.Element {
  return (
    <>
      <h3 id={`${id}-title`}>{title}</h3>
      {rows.length === 0 ? (
        <p class="dim">{none}</p>
      ) : (
        <Wide name={title}>
          <table id={id} aria-labelledby={`${id}-title`}>
            <Heads of={heads} />
            <tbody>{rows}</tbody>
          </table>
        </Wide>
      )}
    </>
  );
}
