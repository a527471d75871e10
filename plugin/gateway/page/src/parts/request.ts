import { useState } from "preact/hooks";
import { Refused } from "../app/http";

/** Something that a person asks for with a button: once at a time, with the sentence of a refusal. */
export interface Request {
  busy: boolean;
  refused: Refused | undefined;
  /** Ask; while the answer is awaited, asking again does nothing. */
  send: (ask: () => Promise<unknown>) => Promise<void>;
}

/** A request of a view; `done` is called after each, whether it was refused or not. */
export function useRequest(done: () => void): Request {
  const [refused, setRefused] = useState<Refused | undefined>();
  const [busy, setBusy] = useState(false);
  const send = async (ask: () => Promise<unknown>): Promise<void> => {
    if (busy) return;
    setBusy(true);
    try {
      await ask();
      setRefused(undefined);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      setRefused(error);
    } finally {
      setBusy(false);
    }
    done();
  };
  return { busy, refused, send };
}
