import type { JSX } from "preact";
import { post } from "../app/http";
import { fill, moment, number } from "../app/language";
import type { DeliveredAnswer, DeliveryState, JobAnswer } from "../app/schema";
import { Refusal } from "../parts/notice";
import { useRequest } from "../parts/request";
import { Wide } from "../parts/wide";
import { WORDS } from "./deliveries-words";

const TONES: Readonly<Record<DeliveryState, string>> = { waiting: "busy", delivered: "good", sent: "look", refused: "bad" };

/** Each destination of the result: how it stands, how that is known, and the way to send it again. */
export function Deliveries({ job, changed }: { job: JobAnswer; changed: () => void }): JSX.Element | null {
  const { busy, refused, send } = useRequest(changed);
  const rows = job.Delivered ?? [];
  if (rows.length === 0) return null;
  const again = (destination: string): Promise<void> =>
    send(() => post<JobAnswer>(`jobs/${job.ID}/deliver`, { Destinations: [destination] }));
  return (
    <>
      <h2>{WORDS.title}</h2>
      <Refusal refused={refused} />
      <Wide name={WORDS.title}>
        <table id="deliveries">
          <thead>
            <tr>
              {[WORDS.destination, WORDS.state, WORDS.proof, WORDS.status, WORDS.at, WORDS.tries].map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
              <td />
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Delivery key={row.Destination} row={row} busy={busy} again={() => void again(row.Destination)} />
            ))}
          </tbody>
        </table>
      </Wide>
    </>
  );
}

function Delivery({ row, busy, again }: { row: DeliveredAnswer; busy: boolean; again: () => void }): JSX.Element {
  return (
    <tr data-destination={row.Destination}>
      <th scope="row">{row.Destination}</th>
      <td>
        <span class={`badge ${TONES[row.State]}`}>{WORDS[row.State]}</span>
      </td>
      <td>{row.Proof === null ? "–" : WORDS[row.Proof]}</td>
      <td class="code">{row.Status ?? "–"}</td>
      <td>{moment(row.At)}</td>
      <td>{fill(WORDS.times, { n: number(row.Tries) })}</td>
      <td>
        {/* What waits is tried by itself; what is proved to be there needs nothing. */}
        {(row.State === "refused" || row.State === "sent" || row.Status === "DELIVERY_HELD") && (
          <button type="button" aria-disabled={busy} onClick={again}>
            {fill(WORDS.again, { destination: row.Destination })}
          </button>
        )}
      </td>
    </tr>
  );
}
