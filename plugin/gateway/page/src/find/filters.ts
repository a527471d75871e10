import type { FindRequest, State } from "../app/schema";
import { STATES } from "../parts/badge";

/** What jobs are filtered by, as it stands behind the question mark of the view's address: never a name. */
export interface Filters {
  state: readonly State[];
  model: string;
  target: string;
  rule: string;
  /** Days of this reader's calendar: 2026-01-31. */
  since: string;
  until: string;
  flagged: boolean;
  /** Orthanc's ids of studies, with commas between: how a link from Orthanc's own pages says which are meant. */
  study: string;
}

export const NO_FILTERS: Filters = { state: [], model: "", target: "", rule: "", since: "", until: "", flagged: false, study: "" };

const ORTHANC_ID = /^[0-9a-f]{8}(-[0-9a-f]{8}){4}$/;

/** Read the filters of an address; what is none of them is passed over. */
export function filtersOf(query: URLSearchParams): Filters {
  const text = (key: string): string => query.get(key) ?? "";
  const day = (key: string): string => (/^\d{4}-\d\d-\d\d$/.test(text(key)) ? text(key) : "");
  const named = new Set(text("state").split(","));
  return {
    state: STATES.filter((state) => named.has(state)),
    model: text("model"),
    target: text("target"),
    rule: text("rule"),
    since: day("since"),
    until: day("until"),
    flagged: text("flagged") === "1",
    study: text("study").split(",").filter((id) => ORTHANC_ID.test(id)).join(),
  };
}

/** Write the filters for an address; what does not filter is empty. */
export function queryOf(filters: Filters): Record<string, string> {
  const { state, flagged, ...texts } = filters;
  return { ...texts, state: state.join(), flagged: flagged ? "1" : "" };
}

/** What the gateway is asked, without a page. A rule of no name is a person's request. */
export function asked(filters: Filters): FindRequest {
  return {
    ...(filters.state.length > 0 && { State: filters.state }),
    ...(filters.model !== "" && { Model: [filters.model] }),
    ...(filters.target !== "" && { Target: [filters.target] }),
    ...(filters.rule !== "" && { Rule: [filters.rule === BY_REQUEST ? "" : filters.rule] }),
    ...(filters.since !== "" && { Since: midnight(filters.since, 0) }),
    ...(filters.until !== "" && { Until: midnight(filters.until, 1) }),
    ...(filters.flagged && { Flagged: true }),
    ...(filters.study !== "" && { Studies: filters.study.split(",") }),
  };
}

/** How the address calls jobs that no rule asked for; no rule has this name. */
export const BY_REQUEST = "-";

/** The midnight at which a day of this reader begins, or so many days later. */
function midnight(day: string, later: number): string {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + later).toISOString();
}
