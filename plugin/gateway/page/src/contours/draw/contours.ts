import type { Look, Scene } from "../scene";
import type { Placed } from "../structures/levels";
import type { Rgb } from "../structures/rtstruct";
import { inMillimetres, type Projection } from "./projection";
import { drawOpen } from "./open";
import { shapeOf, type Shape } from "./shapes";

/** What only the shown set has, and what only the other has: told apart by colour-blind readers too. */
export const ONLY_SHOWN: Rgb = [255, 176, 0];
export const ONLY_OTHER: Rgb = [64, 200, 255];

const LINE = 1.6;
const CHOSEN = 2.4;
const DASH = [6, 4];

/** Draw every ROI that is on: those of the shown set solid, of the other one dashed, differences coloured. */
export function drawContours(context: CanvasRenderingContext2D, scene: Scene, look: Look, projection: Projection, ratio: number): void {
  if (!look.contours) return;
  const { plane, scale } = projection;
  const visible = look.pairs.filter((pair) => !look.hidden.has(pair.key));
  for (const pair of visible) {
    const shown = pair.shown && shapeOf(scene.grid, plane, pair.shown, look.point);
    const other = pair.other && shapeOf(scene.grid, plane, pair.other, look.point);
    if (shown === undefined && other === undefined) continue;
    inMillimetres(context, projection, plane.depth === 0 ? 1 : 0);
    // What only one set has is lines alone: a target, or a body, would colour all that lies in it.
    if (look.comparing && look.differences) {
      if (pair.shown !== undefined && pair.other !== undefined) fillDifference(context, shown, other, look.opacity);
    } else if (look.filled) {
      fill(context, shown, pair.shown, look.opacity);
      fill(context, other, pair.other, look.opacity);
    }
    const width = (look.chosen === pair.key ? CHOSEN : LINE) * ratio;
    stroke(context, shown, pair.shown, scale, width, []);
    stroke(context, other, pair.other, scale, width, DASH.map((part) => part * ratio));
  }
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.setLineDash([]);
  context.lineWidth = LINE * ratio;
  for (const placed of visible.flatMap((pair) => [pair.shown, pair.other])) {
    if (placed === undefined || placed.open.length === 0) continue;
    context.strokeStyle = css(placed.roi.colour, 1);
    drawOpen(context, scene.grid, placed.open, look.point, projection, ratio);
  }
}

function fill(context: CanvasRenderingContext2D, shape: Shape | undefined, placed: Placed | undefined, opacity: number): void {
  if (shape === undefined || placed === undefined || placed.large) return;
  context.fillStyle = css(placed.roi.colour, opacity);
  context.fill(shape.inside, "evenodd");
}

/** Inside one and not the other: the even-odd rule over both gives what differs, the clip gives whose it is. */
function fillDifference(context: CanvasRenderingContext2D, shown: Shape | undefined, other: Shape | undefined, opacity: number): void {
  const both = new Path2D();
  if (shown !== undefined) both.addPath(shown.inside);
  if (other !== undefined) both.addPath(other.inside);
  for (const [own, colour] of [[shown, ONLY_SHOWN], [other, ONLY_OTHER]] as const) {
    if (own === undefined) continue;
    context.save();
    context.clip(own.inside, "evenodd");
    context.fillStyle = css(colour, opacity);
    context.fill(both, "evenodd");
    context.restore();
  }
}

function stroke(
  context: CanvasRenderingContext2D,
  shape: Shape | undefined,
  placed: Placed | undefined,
  scale: number,
  width: number,
  dash: readonly number[],
): void {
  if (shape === undefined || placed === undefined) return;
  context.lineJoin = "round";
  context.lineWidth = width / scale;
  context.setLineDash(dash.map((part) => part / scale));
  context.strokeStyle = css(placed.roi.colour, 1);
  context.stroke(shape.outline);
}

export const css = ([red, green, blue]: Rgb, opacity: number): string => `rgba(${red}, ${green}, ${blue}, ${opacity})`;
