import { getOrthanc } from "../app/http";
import { gridOf, inPatient, nearestSlice, onAxes, type Grid } from "./image/grid";
import { headersOfSeries, loadOutwards, middleImage, pixelsOf, type Image } from "./image/loading";
import { PRESETS, windowOf } from "./image/window";
import { sceneOf, type Look, type Scene } from "./scene";
import type { Store } from "./store";

/** What Orthanc's index says of the series that is opened. */
export interface SeriesFacts {
  id: string;
  study: string;
  modality: string;
  description: string;
}

/** How far opening has come, and what is not shown. */
export interface Opening {
  /** Slices that are there, and how many there will be; 0 before that is known. */
  loaded: number;
  slices: number;
  /** Images that are not shown: of another direction or size, at the place of another one, without grey pixels. */
  otherwise: number;
  twice: number;
  unreadable: number;
  done: boolean;
}

const REDRAW_MS = 150;

export async function factsOf(id: string, signal: AbortSignal): Promise<SeriesFacts> {
  const found = await getOrthanc<{ ParentStudy: string; MainDicomTags: Record<string, string> }>(`series/${id}`, { signal });
  const { Modality: modality = "", SeriesDescription: description = "" } = found.MainDicomTags;
  return { id, study: found.ParentStudy, modality, description };
}

/**
 * Load a series into the look: its middle image at once, then where all lie, then all others from the middle outwards.
 *
 * `named` are the images of the structure set, which stay where several lie at one place. Throws Refused.
 */
export async function openSeries(
  look: Store<Look>,
  id: string,
  facts: Promise<SeriesFacts>,
  named: () => Promise<ReadonlySet<string>>,
  tell: (opening: Opening) => void,
  signal: AbortSignal,
): Promise<void> {
  // The headers of all keep Orthanc busy for a while, so they wait until the first image is there.
  const first = await middleImage(id, signal);
  const { modality } = await facts;
  if (first !== undefined) showAlone(look, modality, first);
  const headers = await headersOfSeries(id, signal);
  let grid = gridOf(headers);
  if (grid !== undefined && grid.twice > 0) grid = gridOf(headers, await named());
  const opening = (scene: Scene | undefined, done: boolean): Opening => ({
    loaded: scene?.voxels.loaded ?? 0,
    slices: grid?.slices.length ?? 0,
    otherwise: grid?.otherwise ?? 0,
    twice: grid?.twice ?? 0,
    unreadable: scene?.voxels.unreadable ?? 0,
    done,
  });
  if (grid === undefined) {
    tell(opening(undefined, true));
    return;
  }
  const scene = adopt(look, grid, first);
  if (scene.voxels.loaded === 0) await showMiddle(look, scene, modality, signal);
  tell(opening(scene, false));
  let told = performance.now();
  await loadOutwards(
    grid.slices,
    new Set([...grid.slices.keys()].filter((index) => scene.voxels.has(index))),
    () => nearestSlice(grid, look.value.point[2]),
    (index, decoded) => {
      scene.voxels.place(index, decoded);
      const looked = index === nearestSlice(grid, look.value.point[2]);
      if (!looked && performance.now() - told < REDRAW_MS) return;
      told = performance.now();
      look.set({ arrived: look.value.arrived + 1 });
      tell(opening(scene, false));
    },
    signal,
  );
  if (signal.aborted) return;
  look.set({ arrived: look.value.arrived + 1 });
  tell(opening(scene, true));
}

/** The middle image alone, as a stack of one slice. */
function showAlone(look: Store<Look>, modality: string, { header, decoded }: Image): void {
  const grid = gridOf([header]);
  if (grid === undefined) return;
  const scene = sceneOf(grid);
  if (scene.voxels.place(0, decoded)) look.set({ scene, point: middleOf(grid, 0), window: windowFor(modality, scene, 0) });
}

/** Put the whole stack in place of the first image, at the same point of the patient. */
function adopt(look: Store<Look>, grid: Grid, first: Image | undefined): Scene {
  const scene = sceneOf(grid);
  const index = grid.slices.findIndex((slice) => slice.instance === first?.header.instance && slice.frame === first.header.frame);
  const before = look.value.scene?.grid;
  if (first !== undefined && index >= 0) scene.voxels.place(index, first.decoded);
  const kept = before !== undefined && index >= 0;
  const point = kept ? onAxes(grid.origin, grid.axes, inPatient(before, look.value.point)) : middleOf(grid, grid.slices.length >> 1);
  look.set({ scene, point, arrived: look.value.arrived + 1 });
  return scene;
}

async function showMiddle(look: Store<Look>, scene: Scene, modality: string, signal: AbortSignal): Promise<void> {
  const middle = scene.grid.slices.length >> 1;
  const slice = scene.grid.slices[middle];
  if (slice === undefined || !scene.voxels.place(middle, await pixelsOf(slice, signal))) return;
  look.set({ window: windowFor(modality, scene, middle), arrived: look.value.arrived + 1 });
}

function middleOf(grid: Grid, slice: number): [number, number, number] {
  const at = grid.slices[slice]?.at ?? [0, 0, 0];
  return [at[0] + ((grid.columns - 1) / 2) * grid.step[0], at[1] + ((grid.rows - 1) / 2) * grid.step[1], at[2]];
}

function windowFor(modality: string, scene: Scene, slice: number): Look["window"] {
  if (modality === "CT") return PRESETS.soft;
  const { slope, intercept } = scene.voxels.meaning(slice);
  return windowOf(scene.voxels.values(slice) ?? [], slope, intercept);
}
