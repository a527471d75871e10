import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { get, Refused } from "../app/http";
import { fill, number } from "../app/language";
import type { VerificationAnswer } from "../app/schema";
import { Notice, Refusal } from "../parts/notice";
import { WORDS } from "./words";

/** A button that has the whole chain verified now, and what came out. */
export function Chain(): JSX.Element {
  const [found, setFound] = useState<VerificationAnswer | undefined>();
  const [refused, setRefused] = useState<Refused | undefined>();
  const [busy, setBusy] = useState(false);
  const verify = async (): Promise<void> => {
    setBusy(true);
    setFound(undefined);
    try {
      setFound(await get<VerificationAnswer>("evidence/verify"));
      setRefused(undefined);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      setRefused(error);
    }
    setBusy(false);
  };
  return (
    <>
      <p class="dim">{WORDS.chainHelp}</p>
      {/* Not disabled while it is busy: the focus would be lost. */}
      <button type="button" aria-disabled={busy} onClick={() => !busy && void verify()}>
        {WORDS.verify}
      </button>
      <div role="status" id="chain">
        {busy && WORDS.verifying}
        {found !== undefined && <Verified found={found} />}
      </div>
      <Refusal refused={refused} />
    </>
  );
}

function Verified({ found }: { found: VerificationAnswer }): JSX.Element {
  const { FirstBroken: broken } = found;
  return (
    <>
      {broken === null ? (
        <Notice tone="good">
          {fill(WORDS.valid, { records: number(found.Records), head: found.Head.Digest.slice(0, 16) })}
        </Notice>
      ) : (
        <Notice tone="bad">
          {fill(WORDS.broken, { sequence: broken.Sequence, change: broken.Change, file: broken.File, line: broken.Line, why: broken.Why })}
        </Notice>
      )}
      {found.Remarks.map((remark) => (
        <p key={remark} lang="en">
          {remark}
        </p>
      ))}
      <details>
        <summary>{WORDS.keys}</summary>
        <ol class="keys">
          {found.Keys.map((key) => (
            <li key={key} class="code">
              {key}
            </li>
          ))}
        </ol>
      </details>
    </>
  );
}
