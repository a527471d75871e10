import type { JSX } from "preact";
import { fill, number } from "../../app/language";
import { inPatient, nearestSlice } from "../image/grid";
import type { Look } from "../scene";
import { usePart, type Store } from "../store";
import { WORDS } from "../words";

/** Where the pointer is, in the patient's coordinates, and the value of the pixel there; of the crosshair without a pointer. */
export function Readout({ look, ct }: { look: Store<Look>; ct: boolean }): JSX.Element {
  const said = usePart(look, (value) => sentence(value, ct));
  return <p class="readout">{said}</p>;
}

function sentence({ scene, pointer, point }: Look, ct: boolean): string {
  if (scene === undefined) return "";
  const at = pointer?.at ?? point;
  const slice = nearestSlice(scene.grid, at[2]);
  const [low = 0, high = 0] = scene.grid.slabs[slice] ?? [];
  const [x, y, z] = inPatient(scene.grid, at);
  const place = fill(WORDS.at, { x: number(x, 1), y: number(y, 1), z: number(z, 1) });
  // Outside every slab there is no image, however near the next slice may be.
  const value = at[2] < low - 1e-6 || at[2] > high + 1e-6 ? undefined : scene.voxels.value(slice, at[0], at[1]);
  if (value === undefined) return `${place} · ${WORDS.nothingThere}`;
  const digits = Number.isInteger(value) ? 0 : 2;
  return `${place} · ${fill(ct ? WORDS.value : WORDS.valueOther, { value: number(value, digits) })}`;
}
