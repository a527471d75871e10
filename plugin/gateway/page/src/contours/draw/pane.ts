import type { Plane } from "../image/planes";
import { Shading } from "../image/window";
import type { Look } from "../scene";
import { drawContours } from "./contours";
import { PlaneImage } from "./image";
import { pixelOf, projectionOf, type Projection } from "./projection";

const GAP = 14;

/** Draws one plane on its canvas: image, contours, the lines where the other two planes are. */
export class Pane {
  private readonly image = new PlaneImage();
  private shading: Shading | undefined;

  constructor(private readonly canvas: HTMLCanvasElement) {}

  /** Draw; gives where mm lie, undefined before there is something to draw. `ratio` is pixels of the screen per CSS pixel. */
  draw(look: Look, plane: Plane, ratio: number): Projection | undefined {
    const context = this.canvas.getContext("2d");
    const { width, height } = this.canvas;
    if (context === null || look.scene === undefined || width === 0 || height === 0) return undefined;
    const shading = this.shadingOf(look);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#000";
    context.fillRect(0, 0, width, height);
    const projection = projectionOf(look.scene.grid, plane, look, width, height);
    this.image.draw(context, look.scene, look, shading, projection);
    drawContours(context, look.scene, look, projection, ratio);
    context.setTransform(1, 0, 0, 1, 0, 0);
    if (look.cross) drawCross(context, pixelOf(projection, look.point), width, height, ratio);
    return projection;
  }

  private shadingOf(look: Look): Shading {
    if (this.shading?.window !== look.window) this.shading = new Shading(look.window);
    return this.shading;
  }
}

/** Thin lines with a hole in the middle, where what is looked at lies. */
function drawCross(context: CanvasRenderingContext2D, [x, y]: readonly [number, number], width: number, height: number, ratio: number): void {
  const gap = GAP * ratio;
  context.strokeStyle = "rgba(120, 220, 255, 0.7)";
  context.lineWidth = ratio;
  context.setLineDash([]);
  context.beginPath();
  for (const [x0, y0, x1, y1] of [
    [0, y, x - gap, y],
    [x + gap, y, width, y],
    [x, 0, x, y - gap],
    [x, y + gap, x, height],
  ] as const) {
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
  }
  context.stroke();
}
