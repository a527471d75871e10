import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";
import { number } from "../app/language";
import { Wide } from "../parts/wide";
import { WORDS } from "./words";
import "./charts.css";

export interface Bar {
  label: string;
  /** From the bottom up, or from the left; drawn in the tones of the same order. */
  values: readonly number[];
}

interface Chart {
  title: string;
  tones: readonly string[];
  bars: readonly Bar[];
  /** The same in words and numbers, for whoever does not see the picture, or wants the numbers. */
  table: ComponentChildren;
}

const WIDTH = 640;
const HEIGHT = 160;
const FOOT = 18;
const LEFT = 34;

/** Standing bars, one for each day. */
export function Columns({ title, tones, bars, table }: Chart): JSX.Element {
  const most = Math.max(1, ...bars.map((bar) => sum(bar.values)));
  const step = (WIDTH - LEFT) / Math.max(1, bars.length);
  const high = (value: number): number => (value / most) * (HEIGHT - FOOT - 8);
  return (
    <Frame title={title} height={HEIGHT} table={table}>
      <text x={LEFT - 6} y={14} text-anchor="end">
        {number(most)}
      </text>
      <text x={LEFT - 6} y={HEIGHT - FOOT} text-anchor="end">
        0
      </text>
      <line x1={LEFT} x2={WIDTH} y1={HEIGHT - FOOT + 0.5} y2={HEIGHT - FOOT + 0.5} />
      {bars.map((bar, place) => {
        let top = HEIGHT - FOOT;
        return (
          <g key={bar.label}>
            {bar.values.map((value, kind) => {
              top -= high(value);
              return value > 0 && <rect key={kind} class={tones[kind]} x={LEFT + place * step + 1} y={top} width={Math.max(1, step - 2)} height={high(value)} />;
            })}
            {(bars.length <= 12 || place % 5 === 0) && (
              <text x={LEFT + (place + 0.5) * step} y={HEIGHT - 4} text-anchor="middle">
                {bar.label}
              </text>
            )}
          </g>
        );
      })}
    </Frame>
  );
}

/** Lying bars: how much usually, and how much at most as a thin line behind. */
export function Rows({ title, tones, bars, table }: Chart): JSX.Element {
  const most = Math.max(...bars.flatMap((bar) => bar.values), 1e-9);
  const wide = (value: number): number => Math.max(1, (value / most) * (WIDTH - 8));
  return (
    <Frame title={title} height={bars.length * 40 + 4} table={table}>
      {bars.map((bar, place) => (
        <g key={bar.label}>
          <text x={0} y={place * 40 + 14}>
            {bar.label}
          </text>
          {bar.values.map((value, kind) => (
            <rect key={kind} class={tones[kind]} x={0} y={place * 40 + 20 + kind * 9} width={wide(value)} height={7} />
          ))}
        </g>
      ))}
    </Frame>
  );
}

function Frame({ title, height, table, children }: { title: string; height: number; table: ComponentChildren; children: ComponentChildren }): JSX.Element {
  const id = useId();
  return (
    <figure class="chart">
      <svg viewBox={`0 0 ${WIDTH} ${height}`} role="img" aria-labelledby={id}>
        <title id={id}>{title}</title>
        {children}
      </svg>
      <details>
        <summary>{WORDS.asTable}</summary>
        <Wide name={title}>{table}</Wide>
      </details>
    </figure>
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((all, one) => all + one, 0);
}
