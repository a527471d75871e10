import type { JSX } from "preact";
import { api } from "../app/base";
import { fill, number } from "../app/language";
import type { ChartAnswer, ChartPoint } from "../app/schema";
import { Listed } from "../parts/listed";
import { Control, day, shown } from "./control";
import { agreement, WORDS } from "./words";

const WORST = 10;

/** One chart, large: with its segments, its findings, its months, and what was changed most. */
export function One({ chart }: { chart: ChartAnswer }): JSX.Element {
  const title = fill(WORDS.chartOf, { structure: chart.Structure, model: chart.Model, target: chart.Target });
  const query = new URLSearchParams({ Structure: chart.Structure, Model: chart.Model, Target: chart.Target, Value: chart.Value, Format: "csv" });
  return (
    <section>
      <h2>{title}</h2>
      <Control chart={chart} />
      <Told chart={chart} />
      <Worst chart={chart} />
      <Months chart={chart} />
      <p class="row">
        <a href={`${api}quality/charts?${query}`} download="quality-charts.csv">
          {WORDS.csv}
        </a>
      </p>
    </section>
  );
}

/** Each segment in words: what its lines are, and which lasting changes were seen. */
function Told({ chart }: { chart: ChartAnswer }): JSX.Element {
  return (
    <ul>
      {chart.Segments.map((segment) => (
        <li key={`${segment.ModelDigest} ${segment.Since}`}>
          {fill(WORDS.segment, { digest: segment.ModelDigest.slice(0, 12) })}:{" "}
          {segment.Limits === null
            ? WORDS.noLimits
            : `${WORDS.centre} ${shown(segment.Limits.Centre, chart.Value)}, ${WORDS.lower} ${shown(segment.Limits.Lower, chart.Value)}, ${WORDS.upper} ${shown(segment.Limits.Upper, chart.Value)}`}
          {segment.Provisional && ` (${WORDS.provisional})`}
          {segment.Changes.map((change) => (
            <span key={`${change.Kind}${change.Direction}${change.Since}`} class={change.Over === null ? "look" : "dim"}>
              {"; "}
              <a href={`#/jobs/${change.Job}`}>{fill(WORDS.changedAt, { kind: WORDS[change.Kind], direction: WORDS[change.Direction], day: day(change.Since) })}</a>
            </span>
          ))}
        </li>
      ))}
    </ul>
  );
}

function Worst({ chart }: { chart: ChartAnswer }): JSX.Element {
  const sign = agreement(chart.Value) ? 1 : -1;
  const edited = chart.Segments.flatMap((segment) => segment.Points ?? []).filter((point) => point.Edited);
  const worst: ChartPoint[] = [...edited].sort((one, other) => sign * (one.Value - other.Value)).slice(0, WORST);
  const rows = worst.map((point) => (
    <tr key={`${point.Job} ${point.At}`}>
      <td>{day(point.At)}</td>
      <td class="number">{shown(point.Value, chart.Value)}</td>
      <td>{point.Rules.join(", ") || "–"}</td>
      <td>
        <a href={`#/jobs/${point.Job}`}>{fill(WORDS.open, { day: day(point.At) })}</a>
      </td>
    </tr>
  ));
  const heads = [WORDS.when, { number: WORDS.number }, WORDS.rules, WORDS.job];
  return <Listed id="worst" title={WORDS.worst} heads={heads} rows={rows} none={WORDS.noWorst} />;
}

function Months({ chart }: { chart: ChartAnswer }): JSX.Element {
  const rows = chart.Segments.flatMap((segment) =>
    segment.Months.map((month) => (
      <tr key={`${segment.ModelDigest} ${segment.Since} ${month.Month}`}>
        <td>{month.Month}</td>
        <td class="number">{number(month.Untouched)}</td>
        <td class="number">{number(month.Edited)}</td>
        <td class="number">{number(month.Deleted)}</td>
        <td class="number">{month.Median === null ? "–" : shown(month.Median, chart.Value)}</td>
        <td class="number">{month.Score === null ? "–" : number(month.Score, 2)}</td>
        <td class="number">{month.Limit === null ? "–" : `± ${number(month.Limit, 2)}`}</td>
        <td class={month.Beyond ? "look" : undefined}>{month.Beyond ? WORDS.beyond : ""}</td>
      </tr>
    )),
  );
  const numbers = [WORDS.untouched, WORDS.edited, WORDS.deleted, WORDS.median, WORDS.score, WORDS.limit];
  const heads = [WORDS.month, ...numbers.map((word) => ({ number: word })), WORDS.findings];
  return <Listed id="months" title={WORDS.months} heads={heads} rows={rows} none={WORDS.noMonths} />;
}
