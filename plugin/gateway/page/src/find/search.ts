import { postOrthanc } from "../app/http";

/** What Orthanc found for a text, as ids; `cut` when it found more than it was asked for. */
export interface Hits {
  studies: string[];
  series: string[];
  cut: boolean;
}

export const MOST = 2000;

/** What was searched for last, for whoever comes back from a job; it is forgotten with the tab. */
export const last = { text: "" };
const OF_STUDIES = ["PatientName", "PatientID", "StudyDescription", "AccessionNumber"];
const OF_SERIES = ["SeriesDescription"];

/** Ask Orthanc, as the user who looks, whose studies and series hold a text; it goes in bodies alone. */
export async function search(text: string, signal: AbortSignal): Promise<Hits> {
  const pattern = `*${text.trim().replace(/[\s,^]+/g, "*")}*`;
  const find = (Level: string, key: string): Promise<readonly string[]> =>
    postOrthanc("tools/find", { Level, Query: { [key]: pattern }, CaseSensitive: false, Limit: MOST + 1 }, { signal });
  const studies = await Promise.all(OF_STUDIES.map((key) => find("Study", key)));
  const series = await Promise.all(OF_SERIES.map((key) => find("Series", key)));
  return {
    studies: [...new Set(studies.flat())].slice(0, MOST),
    series: [...new Set(series.flat())].slice(0, MOST),
    cut: [...studies, ...series].some((found) => found.length > MOST),
  };
}
