import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { fill, number } from "../app/language";
import type { ChartAnswer, ChartSegment } from "../app/schema";
import { agreement, WORDS, type Value } from "./words";
import "./quality.css";

const WIDTH = 960;
const HEIGHT = 300;
const LEFT = 64;
const FOOT = 40;
const DAY = new Intl.DateTimeFormat(document.documentElement.lang || undefined, { dateStyle: "medium", timeZone: "UTC" });

export function day(time: string): string {
  return DAY.format(new Date(time));
}

/** A number of a chart: millimetres with one digit, a share with three. */
export function shown(value: number, kind: string): string {
  return number(value, agreement(kind) ? 3 : 1);
}

/** One chart of individual values: every comparison a dot, the lines of each segment, and a link for each outlier. */
export function Control({ chart }: { chart: ChartAnswer }): JSX.Element {
  const id = useId();
  const kind = chart.Value;
  const points = chart.Segments.flatMap((segment) => segment.Points ?? []);
  const lines = chart.Segments.flatMap(({ Limits: limits }) => (limits === null ? [] : [limits.Lower, limits.Upper]));
  // What was edited lies on a logarithmic scale of how much; what was left as it was in a band below it.
  const amount = (value: number): number => (agreement(kind) ? Math.max(1 - value, 1e-4) : Math.max(value, kind === "AddedPathLengthMm" ? 1 : 0.01));
  const amounts = [...points.filter((point) => point.Edited).map((point) => point.Value), ...lines].map(amount);
  const least = Math.log(amounts.length > 0 ? Math.min(...amounts) : 1);
  const span = Math.max(Math.log(amounts.length > 0 ? Math.max(...amounts) : 10) - least, 0.1);
  const y = (value: number): number => HEIGHT - FOOT - 14 - ((Math.log(amount(value)) - least) / span) * (HEIGHT - FOOT - 30);
  const times = points.map((point) => Date.parse(point.At));
  const first = times[0] ?? 0;
  const length = Math.max((times.at(-1) ?? 1) - first, 1);
  const x = (time: string): number => LEFT + ((Date.parse(time) - first) / length) * (WIDTH - LEFT - 10);
  const dots = (edited: boolean): string =>
    points
      .filter((point) => point.Edited === edited)
      .map((point) => `M${x(point.At).toFixed(1)} ${(edited ? y(point.Value) : HEIGHT - FOOT).toFixed(1)}h0`)
      .join("");
  const outliers = chart.Segments.flatMap((segment) => segment.Outliers);
  const title = fill(WORDS.chart, { value: WORDS[kind as Value], n: number(points.length), outliers: number(outliers.length) });
  return (
    <svg class="control" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="group" aria-labelledby={id} data-points={points.length}>
      <title id={id}>{title}</title>
      <path class="left" d={dots(false)} />
      <path class="dots" d={dots(true)} />
      {chart.Segments.map((segment, place) => (
        <Lines key={place} segment={segment} kind={kind} from={segment.Since === null ? LEFT : x(segment.Since)} to={end(chart.Segments, place, x)} y={y} />
      ))}
      {outliers.map((one) => (
        <a key={`${one.Job} ${one.At}`} href={`#/jobs/${one.Job}`} aria-label={fill(WORDS.outlier, { day: day(one.At), value: shown(one.Value, kind) })}>
          <circle class="outlier" cx={x(one.At)} cy={y(one.Value)} r={6} />
        </a>
      ))}
      {points.length > 0 && (
        <>
          <text x={LEFT} y={HEIGHT - 6}>{day(points[0]?.At ?? "")}</text>
          <text x={WIDTH - 10} y={HEIGHT - 6} text-anchor="end">{day(points.at(-1)?.At ?? "")}</text>
        </>
      )}
      <text x={LEFT - 8} y={HEIGHT - FOOT + 4} text-anchor="end">{agreement(kind) ? 1 : 0}</text>
    </svg>
  );
}

function end(segments: readonly ChartSegment[], place: number, x: (time: string) => number): number {
  const next = segments[place + 1]?.Since;
  return next === undefined || next === null ? WIDTH - 10 : x(next);
}

interface LinesOf {
  segment: ChartSegment;
  kind: string;
  from: number;
  to: number;
  y: (value: number) => number;
}

function Lines({ segment, kind, from, to, y }: LinesOf): JSX.Element {
  const { Limits: limits } = segment;
  const limit = segment.Provisional ? "limit provisional" : "limit";
  return (
    <g>
      <line class="begin" x1={from} x2={from} y1={4} y2={HEIGHT - FOOT} />
      {limits !== null && (
        <>
          <line class="centre" x1={from} x2={to} y1={y(limits.Centre)} y2={y(limits.Centre)} />
          <line class={limit} x1={from} x2={to} y1={y(limits.Upper)} y2={y(limits.Upper)} />
          <line class={limit} x1={from} x2={to} y1={y(limits.Lower)} y2={y(limits.Lower)} />
          {[limits.Lower, limits.Centre, limits.Upper].map((one) => (
            <text key={one} x={LEFT - 8} y={y(one) + 4} text-anchor="end">
              {/* Beside the axis stand the lines of the segment of now. */}
              {to > WIDTH - 20 ? shown(one, kind) : ""}
            </text>
          ))}
        </>
      )}
    </g>
  );
}

/** The course of medians by month, small. */
export function Spark({ chart }: { chart: ChartAnswer }): JSX.Element {
  const medians = chart.Segments.flatMap((segment) => segment.Months).flatMap((month) => (month.Median === null ? [] : [month.Median]));
  const most = Math.max(...medians, 1e-9);
  const step = 120 / Math.max(1, medians.length - 1);
  const corners = medians.map((one, place) => `${(place * step).toFixed(1)},${(29 - (one / most) * 26).toFixed(1)}`);
  return (
    <svg class="spark" viewBox="0 0 120 30" aria-hidden="true">
      <polyline points={(corners.length === 1 ? [corners[0], `120,${corners[0]?.split(",")[1] ?? 0}`] : corners).join(" ")} />
    </svg>
  );
}
