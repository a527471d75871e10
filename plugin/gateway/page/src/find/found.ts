import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { post, Refused } from "../app/http";
import type { FindRequest, FoundCounts, FoundJobs, JobRowAnswer } from "../app/schema";

export const PAGE = 100;

/** The jobs of a search as far as they were asked for. */
export interface Found {
  pages: readonly (readonly JobRowAnswer[])[];
  counts: FoundCounts | undefined;
  refused: Refused | undefined;
  busy: boolean;
  /** Ask for the next page; undefined on the last one. */
  more: (() => void) | undefined;
}

interface Kept {
  key: string;
  pages: readonly (readonly JobRowAnswer[])[];
  counts: FoundCounts | undefined;
  next: string | null;
}

/** Ask for the first page whenever the search is another; undefined asks for nothing and keeps what is shown. */
export function useFound(wanted: FindRequest | undefined): Found {
  const [kept, setKept] = useState<Kept | undefined>();
  const [refused, setRefused] = useState<Refused | undefined>();
  const [busy, setBusy] = useState(false);
  const key = wanted === undefined ? undefined : JSON.stringify(wanted);
  const stop = useRef(new AbortController());

  const load = useCallback(async (body: FindRequest, put: (answer: FoundJobs) => void): Promise<void> => {
    const { signal } = stop.current;
    setBusy(true);
    try {
      put(await post<FoundJobs>("jobs/find", { ...body, Limit: PAGE }, { signal }));
      setRefused(undefined);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Refused)) throw error;
      setRefused(error);
    }
    setBusy(false);
  }, []);

  useEffect(() => {
    if (wanted === undefined || key === undefined) return;
    stop.current.abort();
    stop.current = new AbortController();
    void load({ ...wanted, Counts: true }, (answer) =>
      setKept({ key, pages: [answer.Jobs], counts: answer.Counts ?? undefined, next: answer.Next }),
    );
  }, [key, load]);
  useEffect(() => () => stop.current.abort(), []);

  const next = kept?.next ?? null;
  const more =
    next === null || wanted === undefined || kept?.key !== key
      ? undefined
      : () =>
          void load({ ...wanted, Cursor: next }, (answer) =>
            setKept((before) =>
              // Pressed twice, the same page comes twice.
              before?.next !== next ? before : { ...before, pages: [...before.pages, answer.Jobs], next: answer.Next },
            ),
          );
  return { pages: kept?.pages ?? [], counts: kept?.counts, refused, busy, more };
}
