import type { JSX } from "preact";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Refused } from "../app/http";
import { replaceQuery } from "../app/routes";
import type { JobAnswer } from "../app/schema";
import { Notice, Refusal } from "../parts/notice";
import { nearestSlice } from "./image/grid";
import { PLANES } from "./image/planes";
import { windowOf, type Window } from "./image/window";
import { factsOf, openSeries, type Opening, type SeriesFacts } from "./opening";
import { Keys } from "./panel/keys";
import { PlaneView } from "./panel/plane";
import { Readout } from "./panel/readout";
import { Said } from "./panel/said";
import { Sets } from "./panel/sets";
import { Structures } from "./panel/structures";
import { Tools } from "./panel/tools";
import { newLook } from "./scene";
import { listSets, loadSet, type ListedSet } from "./sets";
import { usePart } from "./store";
import { placeOn } from "./structures/levels";
import { pairsOf } from "./structures/pairs";
import type { StructureSet } from "./structures/rtstruct";
import { WORDS } from "./words";

/** In the address: no second structure set, though there is one that people made of the first. */
const NONE = "none";

/** Three planes of a series with one or two structure sets. */
export function Viewer({ series, jobs, query }: { series: string; jobs: readonly JobAnswer[] | undefined; query: URLSearchParams }): JSX.Element {
  const look = useMemo(newLook, [series]);
  const [facts, setFacts] = useState<SeriesFacts | undefined>();
  const [listed, setListed] = useState<readonly ListedSet[] | undefined>();
  const [chosen, setChosen] = useState({ shown: query.get("rtstruct") ?? "", other: query.get("with") ?? undefined });
  const [opening, setOpening] = useState<Opening | undefined>();
  const [refused, setRefused] = useState<Refused | undefined>();
  const [help, setHelp] = useState(false);
  const ofJob = jobs?.find((job) => job.Rtstruct !== null)?.Rtstruct ?? undefined;
  const offered = jobs === undefined ? undefined : (ofJob ?? listed?.find((one) => one.ours !== false)?.id);
  const shown = chosen.shown || (offered ?? "");
  const job = jobs?.find((one) => one.Rtstruct !== null && one.Rtstruct === shown);
  // What people made of the job's set is drawn over it, unless another one was asked for, or none.
  const version = job?.Quality?.Counting ?? undefined;
  const other = chosen.other === NONE ? "" : (chosen.other ?? version ?? "");
  const first = useStructureSet(shown);
  const second = useStructureSet(other);
  const settled = useSettled(shown !== "" ? first.answered : listed === undefined || jobs === undefined ? undefined : null);

  useEffect(() => {
    const stop = new AbortController();
    const refuse = (error: unknown): void => {
      if (stop.signal.aborted) return;
      if (!(error instanceof Refused)) throw error;
      setRefused(error);
    };
    const asked = factsOf(series, stop.signal);
    const list = async (): Promise<void> => {
      const found = await asked;
      setFacts(found);
      try {
        setListed(await listSets(found, stop.signal));
      } catch (error) {
        setListed([]);
        throw error;
      }
    };
    list().catch(refuse);
    const named = async (): Promise<ReadonlySet<string>> => (await settled())?.images ?? new Set<string>();
    openSeries(look, series, asked, named, setOpening, stop.signal).catch(refuse);
    return () => stop.abort();
  }, [series, look, settled]);

  const grid = usePart(look, ({ scene }) => scene?.grid);
  const whole = opening !== undefined ? grid : undefined;
  useEffect(() => {
    if (whole === undefined) return;
    const placed = (set: StructureSet | undefined): ReturnType<typeof placeOn>[] => set?.rois.map((roi) => placeOn(whole, roi)) ?? [];
    look.set({ pairs: pairsOf(placed(first.set), placed(second.set)), comparing: second.set !== undefined, hidden: new Set(), chosen: undefined });
  }, [look, whole, first.set, second.set]);

  const choose = useCallback(
    (change: { shown?: string; other?: string }) => {
      const next = { shown, other, ...change };
      if (next.other === next.shown || next.other === "") next.other = NONE;
      setChosen(next);
      replaceQuery({ rtstruct: next.shown, with: next.other === NONE && version === undefined ? "" : next.other });
    },
    [shown, other, version],
  );
  const fromData = useCallback((): Window | undefined => {
    const { scene, point } = look.value;
    if (scene === undefined) return undefined;
    const slice = nearestSlice(scene.grid, point[2]);
    const { slope, intercept } = scene.voxels.meaning(slice);
    const values = scene.voxels.values(slice);
    return values === undefined ? undefined : windowOf(values, slope, intercept);
  }, [look]);
  const ct = facts?.modality === "CT";
  const showKeys = useCallback(() => setHelp(true), []);
  return (
    <>
      <Refusal refused={refused} />
      <Tools look={look} ct={ct} fromData={fromData} help={showKeys} />
      <div class="viewer">
        <div class="planes">
          {PLANES.map((name) => (
            <PlaneView key={name} look={look} name={name} help={showKeys} />
          ))}
        </div>
        <div class="side">
          {facts !== undefined && <p class="dim description">{facts.description}</p>}
          <Readout look={look} ct={ct} />
          {listed !== undefined && <Sets look={look} listed={listed} ofJob={ofJob} shown={shown} other={other} version={version} choose={choose} />}
          {[first.refused, second.refused].map((one) => one !== undefined && <SetRefused refused={one} />)}
          <Structures look={look} rois={job?.Rois ?? []} />
          <Said look={look} opening={opening} job={job} />
        </div>
      </div>
      {help && <Keys close={() => setHelp(false)} />}
    </>
  );
}

function SetRefused({ refused }: { refused: Refused }): JSX.Element {
  return refused.code === "NO_RTSTRUCT" ? <Notice tone="bad">{WORDS.unreadableSet}</Notice> : <Refusal refused={refused} />;
}

interface Loaded {
  set: StructureSet | undefined;
  refused: Refused | undefined;
  /** The set, or null when there is none to come; undefined while it is on its way. */
  answered: StructureSet | null | undefined;
}

/** The structure set of an instance; nothing for an empty id. */
function useStructureSet(id: string): Loaded {
  const [loaded, setLoaded] = useState<{ id: string; set?: StructureSet; refused?: Refused } | undefined>();
  useEffect(() => {
    if (id === "") return undefined;
    const stop = new AbortController();
    loadSet(id, stop.signal).then(
      (set) => setLoaded({ id, set }),
      (error: unknown) => {
        if (stop.signal.aborted) return;
        if (!(error instanceof Refused)) throw error;
        setLoaded({ id, refused: error });
      },
    );
    return () => stop.abort();
  }, [id]);
  const own = loaded?.id === id ? loaded : undefined;
  return { set: own?.set, refused: own?.refused, answered: own === undefined ? undefined : (own.set ?? null) };
}

/** A promise of a value that comes later; null for none. */
function useSettled<Value>(value: Value | null | undefined): () => Promise<Value | null> {
  const waiting = useRef<((value: Value | null) => void)[]>([]);
  const now = useRef(value);
  now.current = value;
  useEffect(() => {
    if (value === undefined) return;
    for (const resolve of waiting.current.splice(0)) resolve(value);
  }, [value]);
  return useCallback(() => {
    if (now.current !== undefined) return Promise.resolve(now.current);
    return new Promise((resolve) => waiting.current.push(resolve));
  }, []);
}
