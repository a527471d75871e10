import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { get, postOrthanc, Refused } from "../app/http";
import type { JobAnswer } from "../app/schema";
import { useAnswer } from "../parts/answer";
import { SeriesLine } from "../parts/described";
import { Loading, Refusal } from "../parts/notice";
import { WORDS } from "./words";

const ORTHANC_ID = /^[0-9a-f]{8}(-[0-9a-f]{8}){4}$/;
const MOST = 30;

/** Choose a stored series: one of the last, one by its description or patient, or one by Orthanc's id. */
export function Pick({ chosen, choose }: { chosen: string; choose: (series: string) => void }): JSX.Element {
  const last = useAnswer("last", (signal) => get<JobAnswer[]>("jobs?Limit=100", { signal }));
  const [found, setFound] = useState<readonly string[] | undefined>();
  const [text, setText] = useState("");
  const [refused, setRefused] = useState<Refused | undefined>();
  const search = async (event: Event): Promise<void> => {
    event.preventDefault();
    const wanted = text.trim();
    if (ORTHANC_ID.test(wanted)) {
      choose(wanted);
      setFound([wanted]);
      return;
    }
    try {
      setFound(wanted === "" ? undefined : await find(wanted));
      setRefused(undefined);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      setRefused(error);
    }
  };
  const series = found ?? [...new Set((last.answer ?? []).map((job) => job.Series))].slice(0, MOST);
  return (
    <>
      <form class="row" onSubmit={(event) => void search(event)}>
        <label>
          {WORDS.search} <input type="search" value={text} autocomplete="off" onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        <button type="submit">{WORDS.find}</button>
      </form>
      <Refusal refused={refused ?? last.refused} />
      <fieldset class="picks">
        <legend>{found === undefined ? WORDS.lastOnes : WORDS.foundOnes}</legend>
        {series.length === 0 && (found !== undefined || last.answer !== undefined) && (
          <p class="dim">{found === undefined ? WORDS.noneYet : WORDS.noneFound}</p>
        )}
        {found === undefined && last.answer === undefined && last.refused === undefined && <Loading />}
        {series.map((one) => (
          <label key={one} data-series={one}>
            <input type="radio" name="series" checked={one === chosen} onChange={() => choose(one)} /> <SeriesLine series={one} />
          </label>
        ))}
      </fieldset>
    </>
  );
}

/** Orthanc is asked as the user who looks, and by a body: what is searched for stands in no address. */
async function find(text: string): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const [level, keyword] of [
    ["Series", "SeriesDescription"],
    ["Study", "StudyDescription"],
    ["Patient", "PatientName"],
  ] as const) {
    const query = { Level: "Series", Query: { [keyword]: `*${text}*`, Modality: "CT\\MR" }, Limit: MOST, CaseSensitive: false };
    for (const one of await postOrthanc<string[]>("tools/find", query)) found.add(one);
    if (found.size >= MOST && level !== "Series") break;
  }
  return [...found].slice(0, MOST);
}
