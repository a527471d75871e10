import type { JSX } from "preact";
import { fill, number } from "../../app/language";
import type { JobAnswer } from "../../app/schema";
import { Notice } from "../../parts/notice";
import type { Opening } from "../opening";
import type { Look } from "../scene";
import { usePart, type Store } from "../store";
import { WORDS } from "../words";

/** How far loading has come, and all that is left out, interpolated or turned. */
export function Said({ look, opening, job }: { look: Store<Look>; opening: Opening | undefined; job: JobAnswer | undefined }): JSX.Element {
  const scene = usePart(look, (value) => value.scene);
  const grid = scene?.grid;
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
      <p role="status" data-loaded={opening.done}>
        {opening.done
          ? fill(WORDS.loaded, { slices: number(opening.loaded) })
          : fill(WORDS.loading, { loaded: number(opening.loaded), slices: number(opening.slices) })}
        {!opening.done && <progress max={opening.slices} value={opening.loaded} aria-label={WORDS.opening} />}
      </p>
      <ul>
        {sentences.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </div>
  );
}
