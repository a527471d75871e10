import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { fill } from "../../app/language";
import { press, upwards } from "../commands";
import { Pane } from "../draw/pane";
import type { Projection } from "../draw/projection";
import type { PlaneName } from "../image/planes";
import { goTo, stepsOf, zoomBy, type Look } from "../scene";
import { usePart, type Store } from "../store";
import { WORDS } from "../words";
import { Drag } from "./drag";

/** One plane: its picture, the letters of its edges, and a slider through it. */
export function PlaneView({ look, name, help }: { look: Store<Look>; name: PlaneName; help: () => void }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const projection = useRef<Projection | undefined>(undefined);
  const drag = useMemo(() => new Drag(look, () => projection.current, () => devicePixelRatio), [look]);
  const plane = usePart(look, ({ scene }) => scene?.planes.find((one) => one.name === name));
  useEffect(() => {
    const element = canvas.current;
    return element === null ? undefined : keepDrawn(element, look, name, (now) => (projection.current = now));
  }, [look, name]);
  useEffect(() => {
    const element = canvas.current;
    return element === null ? undefined : stepByWheel(element, look, name);
  }, [look, name]);
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "?") help();
    else if (!press(look, name, event)) return;
    event.preventDefault();
  };
  const title = WORDS[name];
  const [left = "", right = "", top = "", bottom = ""] = plane?.letters ?? [];
  return (
    <section class={`plane ${name}`} aria-label={title}>
      <div class="picture">
        <canvas
          ref={canvas}
          tabIndex={0}
          role="application"
          aria-label={fill(WORDS.pane, { plane: title })}
          data-plane={name}
          onKeyDown={onKey}
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            drag.begin(event);
          }}
          onPointerMove={(event) => drag.move(event)}
          onPointerUp={(event) => drag.end(event)}
          onPointerCancel={() => drag.cancel()}
          onPointerLeave={() => drag.leave()}
          onContextMenu={(event) => event.preventDefault()}
        />
        <span class="letter at-left">{left}</span>
        <span class="letter at-right">{right}</span>
        <span class="letter at-top">{top}</span>
        <span class="letter at-bottom">{bottom}</span>
      </div>
      <Steps look={look} name={name} />
    </section>
  );
}

function Steps({ look, name }: { look: Store<Look>; name: PlaneName }): JSX.Element {
  const index = usePart(look, ({ scene, point }) => (scene === undefined ? 0 : stepsOf(scene, name, point).index));
  const count = usePart(look, ({ scene, point }) => (scene === undefined ? 1 : stepsOf(scene, name, point).count));
  // The slider goes towards the head, the back and the left, whichever way the series is stacked.
  const towards = usePart(look, (value) => upwards(value, name));
  const shown = towards > 0 ? index : count - 1 - index;
  const said = fill(WORDS.slice, { plane: WORDS[name], index: shown + 1, count });
  return (
    <label class="steps">
      <span>{said}</span>
      <input
        type="range"
        min={0}
        max={Math.max(0, count - 1)}
        value={shown}
        aria-valuetext={said}
        onInput={(event) => {
          const step = Number(event.currentTarget.value);
          goTo(look, name, towards > 0 ? step : count - 1 - step);
        }}
      />
    </label>
  );
}

/** Draw at every change, at most once for each picture of the screen, at the size that the element has. */
function keepDrawn(canvas: HTMLCanvasElement, look: Store<Look>, name: PlaneName, drawn: (at: Projection | undefined) => void): () => void {
  const pane = new Pane(canvas);
  let asked = 0;
  let before: Look | undefined;
  const draw = (): void => {
    asked = 0;
    const { scene, point } = look.value;
    const plane = scene?.planes.find((one) => one.name === name);
    if (scene === undefined || plane === undefined) return;
    const width = Math.round(canvas.clientWidth * devicePixelRatio);
    const height = Math.round(canvas.clientHeight * devicePixelRatio);
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    } else if (before !== undefined && same(before, look.value)) return;
    before = look.value;
    drawn(pane.draw(look.value, plane, devicePixelRatio));
    canvas.dataset["drawn"] = String(stepsOf(scene, name, point).index);
  };
  const ask = (): void => {
    if (asked === 0) asked = requestAnimationFrame(draw);
  };
  const sizes = new ResizeObserver(ask);
  sizes.observe(canvas);
  const silent = look.listen(ask);
  ask();
  return () => {
    silent();
    sizes.disconnect();
    cancelAnimationFrame(asked);
  };
}

/** Whether two looks draw the same: all but where the pointer is, and what the next drag does. */
function same(a: Look, b: Look): boolean {
  return (Object.keys(a) as (keyof Look)[]).every((key) => key === "pointer" || key === "tool" || a[key] === b[key]);
}

/** A notch of a wheel is a step; a finger on a trackpad makes one for each 40 pixels. */
function stepByWheel(canvas: HTMLCanvasElement, look: Store<Look>, name: PlaneName): () => void {
  let gathered = 0;
  const turned = (event: WheelEvent): void => {
    const { scene, point } = look.value;
    if (scene === undefined) return;
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) {
      zoomBy(look, name, Math.exp(-event.deltaY / 300));
      return;
    }
    const notch = event.deltaMode !== WheelEvent.DOM_DELTA_PIXEL || Math.abs(event.deltaY) >= 100;
    gathered = notch ? Math.sign(event.deltaY) : gathered + event.deltaY / 40;
    const steps = Math.trunc(gathered);
    gathered = notch ? 0 : gathered - steps;
    if (steps !== 0) goTo(look, name, stepsOf(scene, name, point).index - steps * upwards(look.value, name));
  };
  canvas.addEventListener("wheel", turned, { passive: false });
  return () => canvas.removeEventListener("wheel", turned);
}
