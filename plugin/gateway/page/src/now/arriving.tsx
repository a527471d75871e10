import type { JSX } from "preact";
import { clock, number } from "../app/language";
import type { ArrivingList } from "../app/schema";
import type { Described, Ids } from "../parts/descriptions";
import { Who } from "../parts/who";
import { Heads } from "../parts/heads";
import { Wide } from "../parts/wide";
import { Heading } from "./heading";
import { WORDS } from "./words";

interface Shown {
  list: ArrivingList;
  described: (ids: Ids) => Described | undefined;
}

/** The series that have come and are not decided on yet, and what each waits for. */
export function Arriving({ list, described }: Shown): JSX.Element | null {
  if (list.Series.length === 0) return null;
  return (
    <section aria-labelledby="arriving">
      <Heading id="arriving" title={WORDS.arriving} shown={list.Series.length} total={list.Total} />
      <Wide name={WORDS.arriving}>
        <table>
          <Heads of={[WORDS.series, { number: WORDS.slices }, WORDS.waitsFor, WORDS.arrived]} />
          <tbody>
            {list.Series.map((one) => (
              <tr key={one.Series} data-series={one.Series}>
                <td>
                  <Who known={described({ Series: one.Series, Study: "" })} />
                </td>
                <td class="number">{one.Slices === null ? "" : number(one.Slices)}</td>
                <td>{one.Why.Message}</td>
                <td>{clock(one.Arrived)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
    </section>
  );
}
