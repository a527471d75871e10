import { nearestSlice } from "../image/grid";
import type { Shading } from "../image/window";
import type { Look, Scene } from "../scene";
import { inMillimetres, type Projection } from "./projection";

type Pair = readonly [number, number];

/** Draws the image of one plane; keeps the last picture, which most changes leave as it is. */
export class PlaneImage {
  private readonly canvas = document.createElement("canvas");
  private shown: { scene: Scene; shading: Shading; where: string } | undefined;
  private start: Pair = [0, 0];
  private step: Pair = [1, 1];
  private empty = true;

  draw(context: CanvasRenderingContext2D, scene: Scene, look: Look, shading: Shading, projection: Projection): void {
    this.update(scene, look, shading, projection);
    if (this.empty) return;
    const { start, step } = this;
    inMillimetres(context, projection, projection.plane.depth === 0 ? 1 : 0);
    context.imageSmoothingEnabled = look.smooth;
    // Where the first pixel's centre lies, half of it has been.
    context.drawImage(
      this.canvas,
      start[0] - step[0] / 2,
      start[1] - step[1] / 2,
      step[0] * this.canvas.width,
      step[1] * this.canvas.height,
    );
  }

  private update(scene: Scene, look: Look, shading: Shading, { plane }: Projection): void {
    const { grid, voxels, reslicer } = scene;
    const { depth } = plane;
    const slice = nearestSlice(grid, look.point[2]);
    const where = depth === 2 ? `${slice} ${voxels.has(slice)}` : `${look.point[depth]} ${look.arrived}`;
    const before = this.shown;
    if (before !== undefined && before.where === where && before.scene === scene && before.shading === shading) return;
    this.shown = { scene, shading, where };
    if (depth === 2) {
      const at = grid.slices[slice]?.at ?? [0, 0, 0];
      this.put(voxels.slicePicture(slice, shading), [at[0], at[1]], grid.step);
    } else {
      const { picture, start, step } = reslicer.cut(voxels, shading, depth === 0 ? 1 : 0, look.point[depth]);
      this.put(picture, start, step);
    }
  }

  private put(picture: ImageData | undefined, start: Pair, step: Pair): void {
    this.empty = picture === undefined;
    if (picture === undefined) return;
    if (this.canvas.width !== picture.width || this.canvas.height !== picture.height) {
      this.canvas.width = picture.width;
      this.canvas.height = picture.height;
    }
    this.canvas.getContext("2d")?.putImageData(picture, 0, 0);
    this.start = start;
    this.step = step;
  }
}
