import type { JSX } from "preact";
import { fill, number } from "../../app/language";
import type { JobAnswer } from "../../app/schema";
import { Notice } from "../../parts/notice";
import type { Opening } from "../opening";
import { nearestSlice } from "../image/grid";
import type { Look } from "../scene";
import { usePart, type Store } from "../store";
import { WORDS } from "../words";

/** How far loading has come, and all that is left out, interpolated or turned. */
export function Said({ look, opening, job }: { look: Store<Look>; opening: Opening | undefined; job: JobAnswer | undefined }): JSX.Element {
  const scene = usePart(look, (value) => value.scene);
  const grid = scene?.grid;
  const leftOut = usePart(look, (value) => reasonAt(value, job));
  if (opening === undefined) return <p role="status">{WORDS.opening}</p>;
  if (opening.done && grid === undefined) return <Notice tone="look">{WORDS.noPlace}</Notice>;
  const counted = [
    [opening.otherwise, WORDS.otherwise],
    [opening.twice, WORDS.twice],
    [opening.unreadable, WORDS.unreadable],
    [grid?.gaps ?? 0, WORDS.gaps],
    [job?.LeftOut.length ?? 0, WORDS.notContoured],
  ] as const;
  const oblique = grid?.axes.some((axis) => Math.max(...axis.map(Math.abs)) < 0.999) ?? false;
  const sentences = [
    WORDS.side,
    ...(oblique ? [WORDS.oblique] : []),
    ...(grid?.sheared === true ? [WORDS.sheared] : grid?.even === false ? [WORDS.uneven] : []),
    ...counted.filter(([count]) => count > 0).map(([count, sentence]) => fill(sentence, { count: number(count) })),
  ];
  return (
    <div class="said">
      {leftOut !== undefined && <Notice tone="look">{fill(WORDS.thisOne, { reason: leftOut })}</Notice>}
      {!opening.done && (
        <p>
          {fill(WORDS.loading, { loaded: number(opening.loaded), slices: number(opening.slices) })}{" "}
          <progress max={opening.slices} value={opening.loaded} aria-label={WORDS.opening} />
        </p>
      )}
      {/* Only the end is read out, not every slice. */}
      <p role="status" data-loaded={opening.done}>
        {opening.done && fill(WORDS.loaded, { slices: number(opening.loaded) })}
      </p>
      <ul>
        {sentences.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </div>
  );
}

/** Why the slice that is looked at was not contoured; undefined when it was. */
function reasonAt({ scene, point }: Look, job: JobAnswer | undefined): string | undefined {
  const slice = scene?.grid.slices[nearestSlice(scene.grid, point[2])];
  if (slice === undefined) return undefined;
  const frame = slice.enhanced ? slice.frame + 1 : undefined;
  return job?.LeftOut.find((one) => one.Instance === slice.instance && (one.Frame ?? undefined) === frame)?.Reason;
}
