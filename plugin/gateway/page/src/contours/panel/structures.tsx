import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { fill, number } from "../../app/language";
import type { JobAnswer } from "../../app/schema";
import { choose, showOnly, toggle } from "../commands";
import { css } from "../draw/contours";
import type { Grid } from "../image/grid";
import type { Look } from "../scene";
import { usePart, type Store } from "../store";
import type { Placed } from "../structures/levels";
import { compared, volumeOf } from "../structures/measure";
import type { Pair } from "../structures/pairs";
import { WORDS } from "../words";

type JobRois = JobAnswer["Rois"];

/** The list of structures: on and off, colour, volume, what to look at, and a jump to each. */
export function Structures({ look, rois }: { look: Store<Look>; rois: JobRois }): JSX.Element | null {
  const pairs = usePart(look, (value) => value.pairs);
  const grid = usePart(look, (value) => value.scene?.grid);
  const comparing = usePart(look, (value) => value.comparing);
  if (pairs.length === 0 || grid === undefined) return null;
  return (
    <section class="structures" aria-label={WORDS.structures}>
      <div class="head row">
        <h2>{WORDS.structures}</h2>
        <span class="row">
        <button type="button" onClick={() => showOnly(look, pairs.map((pair) => pair.key))}>
          {WORDS.all}
        </button>
        <button type="button" onClick={() => showOnly(look, [])}>
          {WORDS.no}
        </button>
        </span>
      </div>
      <ul>
        {pairs.map((pair) => (
          <Structure key={pair.key} look={look} pair={pair} grid={grid} comparing={comparing} roi={rois.find((one) => one.Number === pair.shown?.roi.number)} />
        ))}
      </ul>
    </section>
  );
}

interface Row {
  look: Store<Look>;
  pair: Pair;
  grid: Grid;
  comparing: boolean;
  /** What the job says of it. */
  roi: JobRois[number] | undefined;
}

function Structure({ look, pair, grid, comparing, roi }: Row): JSX.Element {
  const hidden = usePart(look, (value) => value.hidden.has(pair.key));
  const chosen = usePart(look, (value) => value.chosen === pair.key);
  const placed = pair.shown ?? pair.other;
  const name = placed?.roi.name ?? "";
  const remarks = [
    ...(roi?.Flags ?? []),
    ...(pair.byNumber && pair.other !== undefined ? [fill(WORDS.byNumber, { name: pair.other.roi.name })] : []),
    ...[pair.shown, pair.other].flatMap((one) => (one === undefined ? [] : missing(one))),
  ];
  return (
    <li class={chosen ? "chosen" : ""} aria-current={chosen ? "true" : undefined}>
      <input type="checkbox" checked={!hidden} aria-label={fill(WORDS.show, { name })} onChange={() => toggle(look, pair.key)} />
      <span class="swatch" style={{ background: css(placed?.roi.colour ?? [128, 128, 128], 1) }} />
      <button type="button" class="quiet name" title={fill(WORDS.goTo, { name })} onClick={() => choose(look, pair)}>
        {name}
      </button>
      {!comparing && <Numbers pair={pair} grid={grid} comparing={comparing} volume={roi?.Volume} />}
      <button type="button" class="quiet" aria-label={`${WORDS.only}: ${name}`} onClick={() => showOnly(look, [pair.key])}>
        {WORDS.only}
      </button>
      {comparing && <Numbers pair={pair} grid={grid} comparing={comparing} volume={undefined} />}
      {remarks.length > 0 && (
        <span class="about">
          {remarks.map((sentence) => (
            <span key={sentence}>{sentence}</span>
          ))}
        </span>
      )}
    </li>
  );
}

/** Volumes: the job's where it says one, else measured from the contours; of two sets also how far they agree. */
function Numbers({ pair, grid, comparing, volume }: { pair: Pair; grid: Grid; comparing: boolean; volume: number | undefined }): JSX.Element {
  const said = useMemo(() => {
    const { shown, other } = pair;
    if (!comparing) return shown === undefined ? "" : `${number(volume ?? volumeOf(grid, shown), 1)} ${WORDS.volume}`;
    const found = compared(grid, shown, other);
    if (shown === undefined) return `${WORDS.onlyInSecond}: ${number(found.second, 1)} ${WORDS.volume}`;
    if (other === undefined) return `${WORDS.onlyInFirst}: ${number(found.first, 1)} ${WORDS.volume}`;
    return `${number(found.first, 1)} → ${number(found.second, 1)} ${WORDS.volume} · ${fill(WORDS.overlap, { dice: number(found.dice, 3) })}`;
  }, [pair, grid, comparing, volume]);
  return <span class={comparing ? "numbers both" : "numbers"}>{said}</span>;
}

/** What of an ROI is not shown. */
function missing({ roi, levels, open, tilted, offSlices, elsewhere, twice }: Placed): string[] {
  const counted = ([[tilted, WORDS.tilted], [offSlices, WORDS.offSlices], [elsewhere, WORDS.otherFrame], [twice, WORDS.twiceDrawn], [roi.unreadable, WORDS.badContours]] as const)
    .filter(([count]) => count > 0)
    .map(([count, sentence]) => fill(sentence, { count: number(count) }));
  return counted.length === 0 && levels.length === 0 && open.length === 0 ? [WORDS.empty] : counted;
}
