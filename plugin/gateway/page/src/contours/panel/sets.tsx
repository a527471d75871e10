import type { JSX } from "preact";
import { css, ONLY_OTHER, ONLY_SHOWN } from "../draw/contours";
import type { Look } from "../scene";
import type { ListedSet } from "../sets";
import { usePart, type Store } from "../store";
import { WORDS } from "../words";

interface Chosen {
  look: Store<Look>;
  listed: readonly ListedSet[];
  /** The RTSTRUCT of the job that the view was opened from. */
  ofJob: string | undefined;
  shown: string;
  other: string;
  /** What people made of the set that is shown, where it was compared with it. */
  version: string | undefined;
  choose: (change: { shown?: string; other?: string }) => void;
}

/** Which structure set is shown, and which one it is compared with. */
export function Sets({ look, listed, ofJob, shown, other, version, choose }: Chosen): JSX.Element {
  const comparing = usePart(look, (value) => value.comparing);
  if (listed.length === 0) return <p class="dim">{WORDS.noSets}</p>;
  return (
    <div class="sets">
      <label>
        {WORDS.set}{" "}
        <select value={shown} onChange={(event) => choose({ shown: event.currentTarget.value })}>
          <Options listed={listed} ofJob={ofJob} version={version} />
        </select>
      </label>
      <label>
        {WORDS.compare}{" "}
        <select value={other} onChange={(event) => choose({ other: event.currentTarget.value })}>
          <option value="">{WORDS.none}</option>
          <Options listed={listed.filter((one) => one.id !== shown)} ofJob={ofJob} version={version} />
        </select>
      </label>
      {version !== undefined && (
        <label>
          <input type="checkbox" checked={other === version} onChange={() => choose({ other: other === version ? "" : version })} />
          {WORDS.edited}
        </label>
      )}
      {comparing && (
        <p class="legend which">
          <Line dashed={false} /> {shown === ofJob ? WORDS.ours : WORDS.firstSet}: {nameOf(listed, shown)}
          <br />
          <Line dashed /> {other === version ? WORDS.theirs : WORDS.secondSet}: {nameOf(listed, other)}
        </p>
      )}
      {comparing && (
        <p class="legend">
          <span class="swatch" style={{ background: css(ONLY_SHOWN, 1) }} /> {WORDS.onlyShown}{" "}
          <span class="swatch" style={{ background: css(ONLY_OTHER, 1) }} /> {WORDS.onlyOther}
        </p>
      )}
    </div>
  );
}

/** A short line as the contours of a set are drawn. */
function Line({ dashed }: { dashed: boolean }): JSX.Element {
  return (
    <svg class="line" viewBox="0 0 32 8" aria-hidden="true">
      <path d="M1 4h30" stroke-dasharray={dashed ? "6 4" : undefined} />
    </svg>
  );
}

function nameOf(listed: readonly ListedSet[], id: string): string {
  return listed.find((one) => one.id === id)?.description || WORDS.noDescription;
}

function Options({ listed, ofJob, version }: { listed: readonly ListedSet[]; ofJob: string | undefined; version: string | undefined }): JSX.Element {
  return (
    <>
      {listed.map((one) => (
        <option key={one.id} value={one.id}>
          {titleOf(one, ofJob, version)}
        </option>
      ))}
    </>
  );
}

function titleOf(one: ListedSet, ofJob: string | undefined, version: string | undefined): string {
  const date = one.date.replace(/^(\d{4})(\d\d)(\d\d)$/, "$1-$2-$3");
  const time = one.time.replace(/^(\d\d)(\d\d).*$/, "$1:$2");
  const which = one.id === ofJob ? WORDS.thisJob : one.id === version ? WORDS.counts : one.ours === false ? WORDS.elsewhere : one.ours === undefined ? WORDS.unsaid : "";
  return [one.description || WORDS.noDescription, which, date, time].filter((part) => part !== "").join(" ");
}
