import type { ComponentChildren, JSX } from "preact";
import { number } from "../../app/language";
import { PRESETS, type Preset, type Window } from "../image/window";
import { fit, type Look, type Tool } from "../scene";
import { usePart, type Store } from "../store";
import { WORDS } from "../words";

const TOOLS: readonly Tool[] = ["crosshair", "window", "pan", "zoom"];

/** What dragging does, the window, and how contours are drawn. */
export function Tools({ look, ct, fromData, help }: { look: Store<Look>; ct: boolean; fromData: () => Window | undefined; help: () => void }): JSX.Element {
  const tool = usePart(look, (value) => value.tool);
  const opacity = usePart(look, (value) => value.opacity);
  const comparing = usePart(look, (value) => value.comparing);
  return (
    <div class="tools">
      <fieldset>
        <legend>{WORDS.tools}</legend>
        {TOOLS.map((one) => (
          <label key={one}>
            <input type="radio" name="tool" checked={tool === one} onChange={() => look.set({ tool: one })} />
            {WORDS[one]}
          </label>
        ))}
      </fieldset>
      <Presets look={look} ct={ct} fromData={fromData} />
      <Switch look={look} name="contours">
        {WORDS.contours}
      </Switch>
      {comparing ? (
        <Switch look={look} name="differences">
          {WORDS.differences}
        </Switch>
      ) : (
        <Switch look={look} name="filled">
          {WORDS.filled}
        </Switch>
      )}
      <label>
        {WORDS.opacity}{" "}
        <input type="range" min={0} max={1} step={0.05} value={opacity} onInput={(event) => look.set({ opacity: Number(event.currentTarget.value) })} />
      </label>
      <Switch look={look} name="cross">
        {WORDS.cross}
      </Switch>
      <Switch look={look} name="smooth">
        {WORDS.smooth}
      </Switch>
      <button type="button" onClick={() => fit(look)}>
        {WORDS.fit}
      </button>
      <button type="button" onClick={help}>
        {WORDS.help}
      </button>
    </div>
  );
}

interface Switched {
  look: Store<Look>;
  name: "contours" | "filled" | "differences" | "cross" | "smooth";
  children: ComponentChildren;
}

function Switch({ look, name, children }: Switched): JSX.Element {
  const on = usePart(look, (value) => value[name]);
  return (
    <label>
      <input type="checkbox" checked={on} onChange={() => look.set({ [name]: !look.value[name] })} />
      {children}
    </label>
  );
}

function Presets({ look, ct, fromData }: { look: Store<Look>; ct: boolean; fromData: () => Window | undefined }): JSX.Element {
  const window = usePart(look, (value) => value.window);
  const names = Object.keys(PRESETS) as Preset[];
  const current = ct ? names.find((one) => PRESETS[one].centre === window.centre && PRESETS[one].width === window.width) : undefined;
  const digits = window.width < 20 ? 3 : 0;
  const choose = (name: string): void => {
    const chosen = name === "data" ? fromData() : PRESETS[name as Preset];
    if (chosen !== undefined) look.set({ window: chosen });
  };
  return (
    <label>
      {WORDS.preset}{" "}
      <select value={current ?? "own"} onChange={(event) => choose(event.currentTarget.value)}>
        <option value="own" disabled>
          {`${WORDS.centre} ${number(window.centre, digits)}, ${WORDS.width} ${number(window.width, digits)}`}
        </option>
        {ct && names.map((one) => (
          <option key={one} value={one}>
            {WORDS[one]}
          </option>
        ))}
        <option value="data">{WORDS.fromData}</option>
      </select>
    </label>
  );
}
