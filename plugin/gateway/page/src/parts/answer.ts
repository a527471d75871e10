import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { Refused } from "../app/http";

/** What a view shows while it asks: the last answer stays, also when the next attempt is refused. */
export interface Asked<Answer> {
  answer: Answer | undefined;
  refused: Refused | undefined;
  /** Ask again now. */
  again: () => void;
}

/** Where nobody answered, it is asked again after so many seconds, each time after twice as long. */
const AGAIN_SECONDS = 4;
const LONGEST_SECONDS = 64;

/** Ask when the view opens and whenever `key` changes; every `seconds` while the tab is looked at, 0 for one answer. */
export function useAnswer<Answer>(
  key: string,
  ask: (signal: AbortSignal) => Promise<Answer>,
  seconds = 0,
): Asked<Answer> {
  const [answer, setAnswer] = useState<{ key: string; value: Answer } | undefined>();
  const [refused, setRefused] = useState<Refused | undefined>();
  const [turn, setTurn] = useState(0);
  const asking = useRef(ask);
  asking.current = ask;
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let pause = seconds;
    let longer = AGAIN_SECONDS;
    const once = async (): Promise<void> => {
      try {
        const value = await asking.current(stop.signal);
        if (stop.signal.aborted) return;
        pause = seconds;
        longer = AGAIN_SECONDS;
        setAnswer({ key, value });
        setRefused(undefined);
      } catch (error) {
        if (stop.signal.aborted) return;
        if (!(error instanceof Refused)) throw error;
        pause = seconds > 0 || !error.passing ? seconds : longer;
        longer = Math.min(2 * longer, LONGEST_SECONDS);
        error.again = pause > 0;
        setRefused(error);
      }
      if (pause > 0 && !document.hidden) timer = setTimeout(() => void once(), pause * 1000);
    };
    const seen = (): void => {
      clearTimeout(timer);
      if (pause > 0 && !document.hidden) void once();
    };
    void once();
    document.addEventListener("visibilitychange", seen);
    return () => {
      stop.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
    };
  }, [key, seconds, turn]);
  const again = useCallback(() => setTurn((count) => count + 1), []);
  return { answer: answer?.key === key ? answer.value : undefined, refused, again };
}
