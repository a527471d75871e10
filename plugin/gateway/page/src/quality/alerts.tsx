import type { JSX } from "preact";
import { post } from "../app/http";
import type { QualityAlertAnswer, QualityAlertList } from "../app/schema";
import { Notice, Refusal } from "../parts/notice";
import { useRequest } from "../parts/request";
import { day } from "./control";
import { chartAddress } from "./places";
import { WORDS } from "./words";

const LASTING = ["QUALITY_SHIFT", "QUALITY_DRIFT"];

/** The alerts that stand, each with the way to its chart and job, and to say that it was seen. */
export function Alerts({ alerts, changed }: { alerts: readonly QualityAlertAnswer[]; changed: () => void }): JSX.Element {
  const { busy, refused, send } = useRequest(changed);
  const acknowledge = (alert: QualityAlertAnswer, level: boolean): void => {
    void send(() => post<QualityAlertList>(`quality/alerts/${alert.ID}/acknowledge`, { AcceptLevel: level }));
  };
  return (
    <section>
      <h2>{WORDS.alerts}</h2>
      <Refusal refused={refused} />
      {alerts.length === 0 && <p class="dim">{WORDS.quiet}</p>}
      <ul class="alerts">
        {alerts.map((alert) => (
          <li key={alert.ID} data-alert={alert.Alert}>
            <Notice tone="look">
              <p>
                <span class="code">{alert.Alert}</span> {day(alert.Since)}: {alert.Message}
              </p>
              <p class="row">
                {alert.Structures.map((structure) => (
                  <a key={structure} href={chartAddress(structure, alert.Model, alert.Target)}>
                    {structure}, {alert.Model}, {alert.Target}
                  </a>
                ))}
                {alert.Structures.length === 0 && <span>{`${alert.Model}, ${alert.Target}`}</span>}
                <a href={`#/jobs/${alert.Job}`}>{WORDS.job}</a>
                <button type="button" aria-disabled={busy} onClick={() => acknowledge(alert, false)}>
                  {WORDS.seen}
                </button>
                {LASTING.includes(alert.Alert) && (
                  <button type="button" aria-disabled={busy} onClick={() => acknowledge(alert, true)}>
                    {WORDS.accept}
                  </button>
                )}
              </p>
            </Notice>
          </li>
        ))}
      </ul>
    </section>
  );
}
