import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { useNow, type Watched } from "../app/events";
import { fill, number } from "../app/language";
import type { JobRowAnswer, NowAnswer, State } from "../app/schema";
import { useDescribed, type Ids } from "../parts/descriptions";
import { STATES, StateBadge } from "../parts/badge";
import { Loading, Notice, Refusal } from "../parts/notice";
import { Arriving } from "./arriving";
import { Gateways } from "./gateways";
import { Jobs } from "./jobs";
import { Targets } from "./targets";
import { WORDS } from "./words";

const GB = 1e9;

/** What happens now. */
export default function Now(): JSX.Element {
  const watched = useNow();
  return (
    <>
      <h1>{WORDS.title}</h1>
      <Refusal refused={watched.refused} />
      {watched.now === undefined && watched.refused === undefined && <Loading />}
      {watched.now !== undefined && <Moment now={watched.now} way={watched.way} />}
    </>
  );
}

function Moment({ now, way }: { now: NowAnswer; way: Watched["way"] }): JSX.Element {
  const described = useDescribed(shownIn(now));
  const nothing = Object.keys(now.Counts).length === 0 && now.Arriving.Total === 0;
  return (
    <>
      <Health now={now} way={way} />
      {nothing && <p id="none">{WORDS.none}</p>}
      <Counts counts={now.Counts} />
      <Arriving list={now.Arriving} described={described} />
      <Jobs title={WORDS.running} list={now.Running} described={described} all="running" />
      <Jobs title={WORDS.waiting} list={now.Waiting} described={described} all="waiting" />
      <Jobs title={WORDS.ended} list={now.Ended} described={described} all="done,cancelled,superseded" />
      <Jobs title={WORDS.refused} list={now.Refused} described={described} all="rejected,failed,excluded" />
      <Targets targets={now.Targets} />
      <Gateways gateways={now.Gateways} />
    </>
  );
}

/** Whether it works, in words, and everything that somebody should look at. */
function Health({ now, way }: { now: NowAnswer; way: Watched["way"] }): JSX.Element {
  const { Status, Reasons, Warnings, Alerts, Disk } = now.Health;
  const first = useRef(now.Version).current;
  return (
    <>
      <p id="health" class="dim">
        {fill(Status === "ok" ? WORDS.working : WORDS.off, { version: now.Version })} ·{" "}
        {fill(WORDS.disk, { free: number(Disk.Free / GB), total: number(Disk.Total / GB) })} · {WORDS[way]}
      </p>
      <p id="summary" role="status">
        {fill(WORDS.summary, {
          arriving: number(now.Arriving.Total),
          waiting: number(now.Waiting.Total),
          running: number(now.Running.Total),
        })}
      </p>
      <div role="status">
        {first !== now.Version && (
          <Notice tone="look">
            {fill(WORDS.updated, { old: first, new: now.Version })}{" "}
            <button type="button" onClick={() => location.reload()}>
              {WORDS.reload}
            </button>
          </Notice>
        )}
        {Reasons.map((reason) => (
          <Notice key={reason} tone="bad">
            {reason}
          </Notice>
        ))}
        {Alerts.map((alert) => (
          <Notice key={`${alert.Alert} ${alert.EvidenceCode} ${alert.Message}`} tone="look">
            {alert.Message}
            {alert.EvidenceCode !== null && <span class="code dim"> {alert.EvidenceCode}</span>}
          </Notice>
        ))}
        {Warnings.map((warning) => (
          <Notice key={warning} tone="look">
            {warning}
          </Notice>
        ))}
      </div>
    </>
  );
}

/** How many jobs are in each state, each leading to those. */
function Counts({ counts }: { counts: NowAnswer["Counts"] }): JSX.Element | null {
  const states = STATES.flatMap((state): [State, number][] => (counts[state] === undefined ? [] : [[state, counts[state]]]));
  if (states.length === 0) return null;
  return (
    <ul class="row plain" aria-label={WORDS.counts}>
      {states.map(([state, count]) => (
        <li key={state}>
          <a href={`#/find?state=${state}`}>
            <StateBadge state={state} /> {number(count)}
          </a>
        </li>
      ))}
    </ul>
  );
}

/** Everything that the view shows of Orthanc's, so that it is asked for together. */
function shownIn(now: NowAnswer): Ids[] {
  const arriving = now.Arriving.Series.map((one) => ({ Series: one.Series, Study: "" }));
  const jobs: JobRowAnswer[] = [now.Running, now.Waiting, now.Ended, now.Refused].flatMap((list) => list.Jobs);
  return [...jobs, ...arriving];
}
