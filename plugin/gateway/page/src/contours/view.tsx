import type { JSX } from "preact";
import { get } from "../app/http";
import type { Place } from "../app/routes";
import type { JobAnswer } from "../app/schema";
import { useAnswer } from "../parts/answer";
import { Loading, Refusal } from "../parts/notice";
import "./contours.css";
import { Viewer } from "./viewer";
import { WORDS } from "./words";

/** Contours over their images: of a job (`#/jobs/…/contours`), or of a series (`#/series/…/contours?rtstruct=…&with=…`). */
export default function Contours({ parts, query }: Place): JSX.Element {
  const { job, series } = parts;
  return (
    <div class="contours">
      {job !== undefined && <OfJob id={job} query={query} />}
      {series !== undefined && <OfSeries id={series} query={query} />}
    </div>
  );
}

function OfJob({ id, query }: { id: string; query: URLSearchParams }): JSX.Element {
  const { answer: job, refused } = useAnswer(id, (signal) => get<JobAnswer>(`jobs/${id}`, { signal }));
  return (
    <>
      <div class="head">
        <h1>{WORDS.title}</h1>
        <p>
          <a href={`#/jobs/${id}`}>{WORDS.ofJob}</a>
        </p>
      </div>
      <Refusal refused={refused} />
      {job === undefined && refused === undefined && <Loading />}
      {job !== undefined && <Viewer series={job.Series} jobs={[job]} query={query} />}
    </>
  );
}

/** The jobs of the series are asked for too: what they say of volumes and flags stands beside their own structure sets. */
function OfSeries({ id, query }: { id: string; query: URLSearchParams }): JSX.Element {
  const { answer: jobs, refused } = useAnswer(id, (signal) => get<JobAnswer[]>(`jobs?Series=${id}`, { signal }));
  return (
    <>
      <h1>{WORDS.title}</h1>
      <Refusal refused={refused} />
      <Viewer series={id} jobs={refused === undefined ? jobs : []} query={query} />
    </>
  );
}
