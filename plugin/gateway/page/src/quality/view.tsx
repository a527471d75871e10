import type { JSX } from "preact";
import { get } from "../app/http";
import { fill, number } from "../app/language";
import { type Place } from "../app/routes";
import type { ChartAnswer, ChartList } from "../app/schema";
import { useAnswer } from "../parts/answer";
import { Heads } from "../parts/heads";
import { Loading, Refusal } from "../parts/notice";
import { Wide } from "../parts/wide";
import { Alerts } from "./alerts";
import { Spark, shown } from "./control";
import { One } from "./one";
import { chartAddress } from "./places";
import { VALUES, WORDS, type Value } from "./words";

/** What people changed of our contours: alerts, a small chart for each structure, and one large. */
export default function Quality({ query }: Place): JSX.Element {
  const value = VALUES.find((one) => one === query.get("value")) ?? VALUES[0];
  const asked = new URLSearchParams({ Value: value });
  for (const [name, key] of [["structure", "Structure"], ["model", "Model"], ["target", "Target"]] as const) {
    const given = query.get(name);
    if (given !== null && given !== "") asked.set(key, given);
  }
  const one = asked.has("Structure");
  const path = `quality/charts?${asked}`;
  const { answer, refused, again } = useAnswer(path, (signal) => get<ChartList>(path, { signal }));
  return (
    <>
      <h1>{WORDS.title}</h1>
      <p class="dim">{WORDS.help}</p>
      <p class="row">
        <label for="value">{WORDS.value}</label>
        <select id="value" value={value} onChange={(event) => choose(query, event.currentTarget.value)}>
          {VALUES.map((kind) => (
            <option key={kind} value={kind}>
              {WORDS[kind]}
            </option>
          ))}
        </select>
        {one && <a href={`#/quality?value=${value}`}>{WORDS.all}</a>}
      </p>
      <Refusal refused={refused} />
      {answer === undefined ? (
        refused === undefined && <Loading />
      ) : (
        <>
          {answer.Charts.length === 0 && <p>{WORDS.none}</p>}
          {one ? answer.Charts.map((chart) => <One key={`${chart.Structure} ${chart.Model} ${chart.Target}`} chart={chart} />) : answer.Charts.length > 0 && <Structures charts={answer.Charts} value={value} />}
          {answer.Charts.length + answer.Alerts.length > 0 && <Alerts alerts={answer.Alerts} changed={again} />}
        </>
      )}
    </>
  );
}

function choose(query: URLSearchParams, value: string): void {
  const next = new URLSearchParams(query);
  next.set("value", value);
  location.hash = `#/quality?${next}`;
}

function Structures({ charts, value }: { charts: readonly ChartAnswer[]; value: Value }): JSX.Element {
  return (
    <section>
      <h2>{WORDS.structures}</h2>
      <Wide name={WORDS.structures}>
        <table id="structures">
          <Heads of={[WORDS.structure, WORDS.model, WORDS.target, { number: WORDS.compared }, { number: WORDS.untouched }, { number: WORDS.median }, WORDS.course, WORDS.findings]} />
          <tbody>
            {charts.map((chart) => (
              <Row key={`${chart.Structure} ${chart.Model} ${chart.Target}`} chart={chart} value={value} />
            ))}
          </tbody>
        </table>
      </Wide>
    </section>
  );
}

function Row({ chart, value }: { chart: ChartAnswer; value: Value }): JSX.Element | null {
  const newest = chart.Segments.at(-1);
  if (newest === undefined) return null;
  const untouched = newest.Verdicts["untouched"] ?? 0;
  const all = Object.values(newest.Verdicts).reduce((sum, count) => sum + count, 0);
  const found = newest.Changes.filter((change) => change.Over === null).map((change) => `${WORDS[change.Kind]}: ${WORDS[change.Direction]}`);
  if (newest.Outliers.length > 0) found.push(fill(WORDS.outliers, { n: number(newest.Outliers.length) }));
  if (newest.Limits === null) found.push(WORDS.noLimits);
  else if (newest.Provisional) found.push(WORDS.provisional);
  return (
    <tr data-structure={chart.Structure}>
      <th scope="row">
        <a href={chartAddress(chart.Structure, chart.Model, chart.Target, value)}>{chart.Structure}</a>
      </th>
      <td>{chart.Model}</td>
      <td>{chart.Target}</td>
      <td class="number">{number(all)}</td>
      <td class="number">{all === 0 ? "–" : `${number((100 * untouched) / all)} %`}</td>
      <td class="number">{newest.Median === null ? "–" : shown(newest.Median, value)}</td>
      <td>
        <Spark chart={chart} />
      </td>
      <td>{found.join(", ") || "–"}</td>
    </tr>
  );
}
