import type { JSX } from "preact";

/** The head of a table: a word for each column; that of numbers is told by `number`. */
export function Heads({ of }: { of: readonly (string | { number: string })[] }): JSX.Element {
  return (
    <thead>
      <tr>
        {of.map((one) => {
          const word = typeof one === "string" ? one : one.number;
          return (
            <th key={word} scope="col" class={typeof one === "string" ? undefined : "number"}>
              {word}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}
