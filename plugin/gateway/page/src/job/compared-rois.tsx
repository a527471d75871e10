import type { JSX } from "preact";
import { fill, number } from "../app/language";
import type { ComparedRoi } from "../app/schema";
import { Heads } from "../parts/heads";
import { Wide } from "../parts/wide";
import { WORDS } from "./comparison-words";

type Verdict = ComparedRoi["Verdict"];

/** In the order in which a physicist looks at them. */
export const VERDICTS: readonly Verdict[] = ["edited", "not comparable", "deleted", "added", "untouched"];
const TONES: Readonly<Record<Verdict, string>> = { edited: "look", "not comparable": "bad", deleted: "look", added: "busy", untouched: "good" };

/** The ROIs of a comparison with the numbers that are looked at first, the most changed on top. */
export function ComparedRois({ rois }: { rois: readonly ComparedRoi[] }): JSX.Element {
  const numbers = [WORDS.volume, WORDS.dice, WORDS.hd95, WORDS.mean, WORDS.path, WORDS.slices].map((word) => ({ number: word }));
  const sorted = mostChangedFirst(rois);
  return (
    <Wide name={WORDS.title}>
      <table id="compared">
        <Heads of={[WORDS.structure, WORDS.verdict, ...numbers]} />
        <tbody>
          {sorted.map((roi, place) => (
            <Row key={`${roi.Name ?? ""} ${place}`} roi={roi} />
          ))}
        </tbody>
      </table>
    </Wide>
  );
}

/** By verdict, then by how far the surfaces lie apart; what has no such number may be anything, so it comes first. */
function mostChangedFirst(rois: readonly ComparedRoi[]): ComparedRoi[] {
  const rank = (roi: ComparedRoi): number => VERDICTS.indexOf(roi.Verdict);
  const apart = (one: number | null, other: number | null): number => (one === other ? 0 : (other ?? Number.MAX_VALUE) - (one ?? Number.MAX_VALUE));
  return [...rois].sort(
    (one, other) =>
      rank(one) - rank(other) ||
      apart(one.MeanSurfaceDistanceMm, other.MeanSurfaceDistanceMm) ||
      apart(one.AddedPathLengthMm, other.AddedPathLengthMm) ||
      (one.Name ?? "").localeCompare(other.Name ?? ""),
  );
}

function Row({ roi }: { roi: ComparedRoi }): JSX.Element {
  const common = roi.CommonSlices;
  const said = [
    ...(roi.Reason === null ? [] : [roi.Reason]),
    ...(common === null ? [] : [fill(WORDS.common, { n: number(common.Slices), dice: number(common.Dice, 3), mean: number(common.MeanSurfaceDistanceMm, 1) })]),
  ];
  return (
    <>
      <tr data-verdict={roi.Verdict} class={said.length > 0 || roi.Code !== null ? "explained" : undefined}>
        <th scope="row">{roi.Name ?? WORDS.theirs}</th>
        <td>
          <span class={`badge ${TONES[roi.Verdict]}`}>{WORDS[roi.Verdict]}</span>
        </td>
        <td class="number">{volumes(roi)}</td>
        <td class="number">{shown(roi.Dice, 3)}</td>
        <td class="number">{shown(roi.Hausdorff95Mm, 1)}</td>
        <td class="number">{shown(roi.MeanSurfaceDistanceMm, 2)}</td>
        <td class="number">{shown(roi.AddedPathLengthMm, 0)}</td>
        <td class="number">
          {shown(roi.SlicesEdited, 0)}
          {(roi.SlicesMissing ?? 0) > 0 && <div class="look">{fill(WORDS.missing, { n: number(roi.SlicesMissing ?? 0) })}</div>}
          {(roi.SlicesCut ?? 0) > 0 && <div class="look">{fill(WORDS.cut, { n: number(roi.SlicesCut ?? 0) })}</div>}
        </td>
      </tr>
      {(said.length > 0 || roi.Code !== null) && (
        <tr class="why">
          <td colSpan={8}>
            {said.join("; ")} {roi.Code !== null && <span class="code">[{roi.Code}]</span>}
          </td>
        </tr>
      )}
    </>
  );
}

function shown(value: number | null, digits: number): string {
  return value === null ? "–" : number(value, digits);
}

function volumes(roi: ComparedRoi): string {
  if (roi.Volume === null && roi.OtherVolume === null) return "–";
  return `${shown(roi.Volume, 1)} → ${shown(roi.OtherVolume, 1)}`;
}
