import { useEffect, useRef, useState } from "preact/hooks";
import { post, Refused } from "../app/http";
import type { ProblemAnswer, TriedSeriesAnswer, TryAnswer } from "../app/schema";

/** What is known of a draft so far. */
export interface Trial {
  problems: readonly ProblemAnswer[];
  without: readonly ProblemAnswer[];
  series: readonly TriedSeriesAnswer[];
  /** How many series are still to be looked at. */
  remaining: number;
}

/** Which series a draft is tried on. */
export type Which = { Last: number } | { Series: readonly string[] };

export interface Trying {
  trial: Trial | undefined;
  refused: Refused | undefined;
  running: boolean;
  /** Which series: `{ Last: 100 }`, or `{ Series: [ids] }`. */
  run: (rules: unknown, which: Which) => void;
  stop: () => void;
  clear: () => void;
}

/** Run a draft, request by request: each takes some seconds at most, and says which series remain. */
export function useTrial(): Trying {
  const [trial, setTrial] = useState<Trial | undefined>();
  const [refused, setRefused] = useState<Refused | undefined>();
  const [running, setRunning] = useState(false);
  const stopping = useRef(new AbortController());
  useEffect(() => () => stopping.current.abort(), []);
  const run = async (rules: unknown, which: Which): Promise<void> => {
    stopping.current.abort();
    const stop = new AbortController();
    stopping.current = stop;
    setRunning(true);
    setTrial(undefined);
    setRefused(undefined);
    let question = which;
    let series: readonly TriedSeriesAnswer[] = [];
    try {
      for (;;) {
        const said = await post<TryAnswer>("routing/try", { Rules: rules, ...question }, { signal: stop.signal });
        series = [...series, ...said.Series];
        setTrial({ problems: said.Problems, without: said.Without, series, remaining: said.Remaining.length });
        if (said.Remaining.length === 0) break;
        question = { Series: said.Remaining };
      }
    } catch (error) {
      if (stop.signal.aborted) return;
      if (!(error instanceof Refused)) throw error;
      setRefused(error);
    }
    setRunning(false);
  };
  return {
    trial,
    refused,
    running,
    run: (rules, which) => void run(rules, which),
    stop: () => {
      stopping.current.abort();
      setRunning(false);
    },
    clear: () => setTrial(undefined),
  };
}
