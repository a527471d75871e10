import type { JSX } from "preact";
import { orthanc } from "../app/base";
import { fill, number } from "../app/language";
import type { JobAnswer } from "../app/schema";
import { Wide } from "../parts/wide";
import { Heads } from "../parts/heads";
import { WORDS } from "./words";

/** The structures of the result, those to be looked at first. */
export function Structures({ job }: { job: JobAnswer }): JSX.Element | null {
  if (job.Rois.length === 0) return null;
  const rois = [...job.Rois].sort((one, other) => Number(other.Flags.length > 0) - Number(one.Flags.length > 0));
  return (
    <>
      <h2>{WORDS.rois}</h2>
      <Wide name={WORDS.rois}>
        <table>
          <Heads of={[WORDS.name, WORDS.fullName, { number: WORDS.volume }, WORDS.flags]} />
          <tbody>
            {rois.map((roi) => (
              <tr key={roi.Number}>
                <th scope="row">{roi.Name}</th>
                <td>{roi.FullName}</td>
                <td class="number">{number(roi.Volume, 1)}</td>
                <td class="look">{roi.Flags.join(", ")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
    </>
  );
}

/** What the result does not hold: structures that were not drawn, slices that were left out. */
export function Missing({ job }: { job: JobAnswer }): JSX.Element {
  return (
    <>
      {job.NotDrawn.length > 0 && (
        <>
          <h2>{WORDS.missing}</h2>
          <ul>
            {job.NotDrawn.map((one) => (
              <li key={one.Label}>
                {one.Label}: {one.Reason}
              </li>
            ))}
          </ul>
        </>
      )}
      {job.LeftOut.length > 0 && <LeftOut job={job} />}
    </>
  );
}

function LeftOut({ job }: { job: JobAnswer }): JSX.Element {
  return (
    <>
      <h2>{fill(WORDS.leftOut, { n: number(job.LeftOut.length) })}</h2>
      <details>
        <summary>{WORDS.leftOutWhich}</summary>
        <ul>
          {job.LeftOut.map((one) => (
            <li key={`${one.Instance} ${one.Frame ?? 0}`}>
              <a class="code" href={`${orthanc}app/explorer.html#instance?uuid=${one.Instance}`}>
                {one.Instance.slice(0, 8)}
              </a>
              {one.Frame != null && ` ${fill(WORDS.frame, { n: number(one.Frame) })}`}: {one.Reason}
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}
