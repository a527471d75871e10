import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { Refused } from "../app/http";
import { fill, number } from "../app/language";
import { replaceQuery, type Place } from "../app/routes";
import type { FindRequest } from "../app/schema";
import { useDescribed } from "../parts/descriptions";
import { JobTable } from "../parts/job_table";
import { Notice, Refusal } from "../parts/notice";
import { FilterForm } from "./filter_form";
import { asked, filtersOf, queryOf, type Filters } from "./filters";
import { PAGE, useFound, type Found } from "./found";
import { last, MOST, search, type Hits } from "./search";
import { SearchForm } from "./search_form";
import { WORDS } from "./words";

/** Find jobs: by what Orthanc knows of their patients, and by what the gateway knows of them. */
export default function Find({ query }: Place): JSX.Element {
  const [filters, setFilters] = useState(() => filtersOf(query));
  const address = query.toString();
  useEffect(() => setFilters(filtersOf(query)), [address]);
  const [text, setText] = useState(filters.study === "" ? last.text : "");
  const { hits, refused, searching } = useHits(text);

  const wanted = useMemo((): FindRequest | undefined => {
    if (text === "" || refused !== undefined) return asked(filters);
    // Until Orthanc has answered, the list stays as it was.
    return hits === undefined ? undefined : { ...asked(filters), Series: hits.series, Studies: hits.studies };
  }, [filters, text, hits, refused]);
  const found = useFound(wanted);

  const change = (changed: Filters): void => {
    setFilters(changed);
    replaceQuery(queryOf(changed));
  };
  return (
    <>
      <h1>{WORDS.title}</h1>
      <SearchForm
        text={text}
        search={(wanted) => {
          last.text = wanted;
          setText(wanted);
          if (wanted !== "" && filters.study !== "") change({ ...filters, study: "" });
        }}
      />
      {refused !== undefined && <Notice tone="bad">{refused.forbidden ? WORDS.forbidden : refused.message}</Notice>}
      {hits !== undefined && hits.studies.length + hits.series.length === 0 && <Notice>{WORDS.nobody}</Notice>}
      {hits?.cut === true && <Notice tone="look">{fill(WORDS.many, { most: number(MOST) })}</Notice>}
      {filters.study !== "" && (
        <Notice>
          {fill(WORDS.ofStudies, { count: number(filters.study.split(",").length) })}{" "}
          <button type="button" onClick={() => change({ ...filters, study: "" })}>
            {WORDS.allStudies}
          </button>
        </Notice>
      )}
      <FilterForm filters={filters} counts={found.counts} change={change} />
      <Refusal refused={found.refused} />
      <Results found={found} searching={searching} />
    </>
  );
}

function Results({ found, searching }: { found: Found; searching: boolean }): JSX.Element {
  const shown = found.pages.reduce((sum, page) => sum + page.length, 0);
  const described = useDescribed(found.pages.flat());
  const total = found.counts?.Total;
  const left = Math.min(PAGE, (total ?? 0) - shown);
  return (
    <>
      <p role="status" id="found">
        {counted(found, searching)}
      </p>
      {shown > 0 && <JobTable name={WORDS.title} pages={found.pages} described={described} />}
      {total === 0 && !searching && <p>{WORDS.none}</p>}
      {shown > 0 && total !== undefined && (
        <p class="row">
          <span class="dim">{fill(WORDS.shown, { shown: number(shown), total: number(Math.max(total, shown)) })}</span>
          {found.more !== undefined && (
            <button type="button" aria-disabled={found.busy} onClick={() => found.busy || found.more?.()}>
              {fill(WORDS.more, { count: number(Math.max(1, left)) })}
            </button>
          )}
        </p>
      )}
    </>
  );
}

/** How many were found; nothing where that cannot be had. */
function counted({ counts, refused }: Found, searching: boolean): string {
  if (!searching && counts !== undefined) return fill(WORDS.found, { count: number(counts.Total) });
  return searching || refused === undefined ? WORDS.searching : "";
}

/** What Orthanc finds for a text, as soon as it has answered. */
function useHits(text: string): { hits: Hits | undefined; refused: Refused | undefined; searching: boolean } {
  const [answer, setAnswer] = useState<{ text: string; hits?: Hits; refused?: Refused } | undefined>();
  useEffect(() => {
    if (text === "") return;
    const stop = new AbortController();
    search(text, stop.signal).then(
      (hits) => setAnswer({ text, hits }),
      (error: unknown) => {
        if (stop.signal.aborted) return;
        if (!(error instanceof Refused)) throw error;
        setAnswer({ text, refused: error });
      },
    );
    return () => stop.abort();
  }, [text]);
  const now = text !== "" && answer?.text === text ? answer : undefined;
  return { hits: now?.hits, refused: now?.refused, searching: text !== "" && now === undefined };
}
