import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { post, Refused } from "../app/http";
import { fill, number } from "../app/language";
import type { SideAnswer, TriedSeriesAnswer, TryAnswer } from "../app/schema";
import { SeriesLine } from "../parts/described";
import { decidingOf, Outcome, Rules } from "../parts/explanation";
import { Refusal } from "../parts/notice";
import { Heads } from "../parts/heads";
import type { Trial } from "./trial";
import { Wide } from "../parts/wide";
import { WORDS } from "./words";

/** So many rows at once: each asks Orthanc for its series. */
const PAGE = 50;

/** What a draft would change: counts, and a row for each series. */
export function Changes({ trial, rules }: { trial: Trial; rules: unknown }): JSX.Element {
  const [all, setAll] = useState(false);
  const [shown, setShown] = useState(PAGE);
  const changed = trial.series.filter((one) => (one.Changes?.length ?? 0) > 0);
  const rows = all ? trial.series : trial.series.filter((one) => one.Refused != null || changed.includes(one));
  return (
    <>
      <p role="status">
        {fill(WORDS.changed, { n: number(changed.length), all: number(trial.series.length) })}{" "}
        {trial.remaining > 0 && fill(WORDS.remaining, { n: number(trial.remaining) })}
      </p>
      <Counts series={trial.series} />
      <label class="row">
        <input type="checkbox" checked={all} onChange={(event) => setAll(event.currentTarget.checked)} />
        {WORDS.showAll}
      </label>
      {rows.length > 0 && (
        <Wide name={WORDS.what}>
          <table class="changes">
            <Heads of={[WORDS.series, WORDS.nowSide, WORDS.draftSide, WORDS.what]} />
            <tbody>
              {rows.slice(0, shown).map((one) => (
                <Row key={one.Series} one={one} rules={rules} />
              ))}
            </tbody>
          </table>
        </Wide>
      )}
      {rows.length > shown && (
        <button type="button" onClick={() => setShown(shown + PAGE)}>
          {fill(WORDS.more, { n: number(rows.length - shown) })}
        </button>
      )}
    </>
  );
}

/** Outcomes and structure sets under both sets of rules. */
function Counts({ series }: { series: readonly TriedSeriesAnswer[] }): JSX.Element {
  const sides = [
    [WORDS.nowSide, series.flatMap((one) => one.Now ?? [])],
    [WORDS.draftSide, series.flatMap((one) => one.Draft ?? [])],
  ] as const;
  const outcomes = ["contour", "excluded", "none", "error"] as const;
  return (
    <Wide name={WORDS.structureSets}>
      <table class="counts">
        <thead>
          <tr>
            <td />
            {outcomes.map((outcome) => (
              <th scope="col">
                <Outcome outcome={outcome} />
              </th>
            ))}
            <th scope="col">{WORDS.structureSets}</th>
          </tr>
        </thead>
        <tbody>
          {sides.map(([name, found]) => (
            <tr>
              <th scope="row">{name}</th>
              {outcomes.map((outcome) => (
                <td>{number(found.filter((one) => one.Outcome === outcome).length)}</td>
              ))}
              <td>{number(found.reduce((sum, one) => sum + one.StructureSets, 0))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Wide>
  );
}

function Row({ one, rules }: { one: TriedSeriesAnswer; rules: unknown }): JSX.Element {
  const [whole, setWhole] = useState<TriedSeriesAnswer | undefined>();
  const [refused, setRefused] = useState<Refused | undefined>();
  const explain = async (): Promise<void> => {
    try {
      const said = await post<TryAnswer>("routing/try", { Rules: rules, Series: [one.Series], Explain: true });
      setWhole(said.Series[0]);
      setRefused(undefined);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      setRefused(error);
    }
  };
  if (one.Now == null || one.Draft == null) {
    return (
      <tr data-series={one.Series}>
        <th scope="row">
          <SeriesLine series={one.Series} />
        </th>
        <td colSpan={3} class="bad">
          {one.Refused?.Message} <span class="code">[{one.Refused?.Code}]</span>
        </td>
      </tr>
    );
  }
  return (
    <>
      <tr data-series={one.Series}>
        <th scope="row">
          <SeriesLine series={one.Series} />
          <div>
            <button type="button" class="quiet" aria-expanded={whole !== undefined} onClick={() => (whole === undefined ? void explain() : setWhole(undefined))}>
              {whole === undefined ? WORDS.why : WORDS.less}
            </button>
          </div>
          <Refusal refused={refused} />
        </th>
        <Side side={one.Now} />
        <Side side={one.Draft} />
        <td>{(one.Changes ?? []).map(wordOf).join(", ") || WORDS.nothing}</td>
      </tr>
      {whole?.Now != null && whole.Draft != null && (
        <tr>
          <td colSpan={4}>
            <div class="sides">
              <Conditions name={WORDS.nowSide} side={whole.Now} />
              <Conditions name={WORDS.draftSide} side={whole.Draft} />
            </div>
          </td>
        </tr>
      )}
    </>
  );
}

function Conditions({ name, side }: { name: string; side: SideAnswer }): JSX.Element {
  const rules = side.Rules ?? [];
  return (
    <section aria-label={name}>
      <h3>{name}</h3>
      <Rules rules={rules} deciding={decidingOf({ ...side, Rules: rules })} />
    </section>
  );
}

function Side({ side }: { side: SideAnswer }): JSX.Element {
  return (
    <td>
      <Outcome outcome={side.Outcome} />
      {side.Outcome === "excluded" || side.Outcome === "error" ? <div>{side.Reason}</div> : null}
      {side.Decisions.map((one) => (
        <div key={`${one.Rule} ${one.Model}`}>
          {one.Rule || "–"}: {one.Model} → {one.Target}
        </div>
      ))}
      {side.Choices.filter((one) => !one.Chosen).map((one) => (
        <div class="dim">{one.Reason}</div>
      ))}
      {side.Volumes.map((one) => one.Refused !== null && <div class="bad">{one.Refused.Message}</div>)}
    </td>
  );
}

/** A key that differs, in this reader's language where it has a word there. */
function wordOf(key: string): string {
  return (WORDS as Readonly<Record<string, string>>)[`change${key}`] ?? key;
}
