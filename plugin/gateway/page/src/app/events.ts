import { useEffect, useState } from "preact/hooks";
import { api } from "./base";
import { getIfNew, Refused } from "./http";
import type { NowAnswer } from "./schema";

/** How the page learns of news: told by events, by asking now and then, or not at all while nobody looks. */
export type Way = "events" | "asking" | "asleep";

/** What happens now, as far as it is known. */
export interface Watched {
  now: NowAnswer | undefined;
  refused: Refused | undefined;
  way: Way;
}

/** Where events do not come through (an old proxy, a gateway that starts), it is asked this often. */
const ASK_MS = 5000;
/** After so many askings events are tried again. */
const TRIES = 6;

/** Watch what happens now for as long as the view is shown and the tab is looked at. */
export function useNow(): Watched {
  const [watched, setWatched] = useState<Watched>({ now: undefined, refused: undefined, way: "asleep" });
  useEffect(() => watch((part) => setWatched((before) => ({ ...before, ...part }))), []);
  return watched;
}

function watch(tell: (part: Partial<Watched>) => void): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stop = new AbortController();
  let tag = "";
  let opened = false;

  const listen = (): void => {
    // A browser sends the id of the last event by itself only when it connects again.
    source = new EventSource(`${api}events${tag === "" ? "" : `?LastEventID=${encodeURIComponent(tag)}`}`);
    source.addEventListener("now", (event) => {
      tag = event.lastEventId;
      tell({ now: JSON.parse(event.data) as NowAnswer, refused: undefined, way: "events" });
    });
    source.onopen = () => {
      opened = true;
      tell({ refused: undefined, way: "events" });
    };
    source.onerror = () => {
      // Each answer ends after its event, and the browser comes again by itself. What it gives up is closed; where
      // nobody is, it tries for ever and says nothing.
      if (!opened || source?.readyState === EventSource.CLOSED) {
        source?.close();
        ask(TRIES);
      }
      opened = false;
    };
  };

  const ask = (left: number): void => {
    tell({ way: "asking" });
    const { signal } = stop;
    getIfNew<NowAnswer>("now", tag, { signal }).then(
      (found) => {
        if (found !== undefined) {
          tag = found.tag;
          tell({ now: found.answer });
        }
        tell({ refused: undefined });
        later(left);
      },
      (error: unknown) => {
        if (signal.aborted) return;
        if (!(error instanceof Refused)) throw error;
        error.again = true;
        tell({ refused: error });
        later(left);
      },
    );
  };

  const later = (left: number): void => {
    timer = setTimeout(() => (left > 1 ? ask(left - 1) : listen()), ASK_MS);
  };

  const sleep = (): void => {
    source?.close();
    clearTimeout(timer);
    stop.abort();
    stop = new AbortController();
  };

  const looked = (): void => {
    sleep();
    if (document.hidden) tell({ way: "asleep" });
    else listen();
  };

  looked();
  document.addEventListener("visibilitychange", looked);
  return () => {
    document.removeEventListener("visibilitychange", looked);
    sleep();
  };
}
