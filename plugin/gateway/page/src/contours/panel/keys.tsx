import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { WORDS } from "../words";

const KEYS = [
  ["↑ ↓ PgUp PgDn", WORDS.keySteps],
  ["Home End", WORDS.keyEnds],
  ["W A S D", WORDS.keyMove],
  ["+ − 0", WORDS.keyZoom],
  ["1 2 3 4 5", WORDS.keyPresets],
  ["[ ]", WORDS.keyRois],
  ["P N", WORDS.keySliceOf],
  ["C F X I", WORDS.keyToggle],
] as const;

/** What the keys do while a plane has the focus. */
export function Keys({ close }: { close: () => void }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  // A modal dialog keeps the focus and gives it back when it closes.
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="keys" aria-label={WORDS.keysTitle} onClose={close}>
      <h2>{WORDS.keysTitle}</h2>
      <dl>
        {KEYS.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p>{WORDS.keyMouse}</p>
      <form method="dialog">
        <button>{WORDS.close}</button>
      </form>
    </dialog>
  );
}
