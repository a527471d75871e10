import type { Projection } from "../draw/projection";
import { pointAt } from "../draw/projection";
import { panBy, zoomBy, type Look, type Tool } from "../scene";
import type { Store } from "../store";

/** What a pointer does on a plane while its button is down. */
export class Drag {
  private tool: Tool | undefined;
  private last: readonly [number, number] = [0, 0];

  constructor(
    private readonly look: Store<Look>,
    private readonly projection: () => Projection | undefined,
    private readonly ratio: () => number,
  ) {}

  begin(event: PointerEvent): void {
    if (event.button === 2) this.tool = "window";
    else if (event.button === 1) this.tool = "pan";
    else this.tool = event.shiftKey ? "pan" : this.look.value.tool;
    this.last = [event.offsetX, event.offsetY];
    // A finger may be about to move the page: its crosshair comes when it is lifted.
    if (this.tool === "crosshair" && event.pointerType !== "touch") this.put(event);
  }

  move(event: PointerEvent): void {
    const projection = this.projection();
    if (projection === undefined) return;
    const { offsetX: x, offsetY: y } = event;
    this.look.set({ pointer: { plane: projection.plane.name, at: this.under(projection, event) } });
    const [dx, dy] = [x - this.last[0], y - this.last[1]];
    if (this.tool === undefined) return;
    this.last = [x, y];
    const { window } = this.look.value;
    const name = projection.plane.name;
    if (this.tool === "crosshair" && event.pointerType !== "touch") this.put(event);
    else if (this.tool === "pan") panBy(this.look, name, (dx * this.ratio()) / projection.scale, (dy * this.ratio()) / projection.scale);
    else if (this.tool === "zoom") zoomBy(this.look, name, Math.exp(-dy / 150));
    else {
      // As far as is wide already: small windows are set finely, large ones quickly.
      const speed = window.width / 300;
      this.look.set({ window: { centre: window.centre + dy * speed, width: Math.max(window.width / 4, window.width + dx * speed) } });
    }
  }

  end(event: PointerEvent): void {
    if (this.tool === "crosshair" && event.pointerType === "touch") this.put(event);
    this.cancel();
  }

  cancel(): void {
    this.tool = undefined;
  }

  leave(): void {
    this.look.set({ pointer: undefined });
  }

  private under(projection: Projection, event: PointerEvent): ReturnType<typeof pointAt> {
    return pointAt(projection, event.offsetX * this.ratio(), event.offsetY * this.ratio(), this.look.value.point);
  }

  private put(event: PointerEvent): void {
    const projection = this.projection();
    if (projection !== undefined) this.look.set({ point: this.under(projection, event) });
  }
}
