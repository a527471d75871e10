/** Which values are black and which white: centre and width, in the units of the image (HU of a CT). DICOM PS3.3 C.11.2.1.2. */
export interface Window {
  centre: number;
  width: number;
}

export const PRESETS = {
  soft: { centre: 40, width: 400 },
  abdomen: { centre: 60, width: 350 },
  lung: { centre: -600, width: 1500 },
  bone: { centre: 400, width: 1800 },
  brain: { centre: 40, width: 80 },
} as const satisfies Readonly<Record<string, Window>>;

export type Preset = keyof typeof PRESETS;

/** Grey of each 16-bit pattern of a stored value. */
export type Greys = Uint8Array;

/** What stored values mean: value = stored × slope + intercept. */
export interface Meaning {
  slope: number;
  intercept: number;
  signed: boolean;
  inverted: boolean;
}

/** Makes and keeps the tables of greys of one window; slices that mean the same share one. */
export class Shading {
  private readonly tables = new Map<string, Greys>();

  constructor(readonly window: Window) {}

  greys(meaning: Meaning): Greys {
    const key = `${meaning.slope} ${meaning.intercept} ${meaning.signed} ${meaning.inverted}`;
    let table = this.tables.get(key);
    if (table === undefined) {
      table = tableOf(this.window, meaning);
      this.tables.set(key, table);
    }
    return table;
  }
}

function tableOf({ centre, width }: Window, { slope, intercept, signed, inverted }: Meaning): Greys {
  const table = new Uint8Array(65536);
  const black = centre - width / 2;
  for (let pattern = 0; pattern < 65536; pattern++) {
    const stored = signed && pattern > 32767 ? pattern - 65536 : pattern;
    const part = Math.min(1, Math.max(0, (stored * slope + intercept - black) / width));
    table[pattern] = Math.round(255 * (inverted ? 1 - part : part));
  }
  return table;
}

/** A window from the values themselves, for images whose values mean nothing: from the 1st to the 99.5th percentile. */
export function windowOf(values: ArrayLike<number>, slope: number, intercept: number): Window {
  const sample: number[] = [];
  const every = Math.max(1, Math.floor(values.length / 20000));
  for (let index = 0; index < values.length; index += every) sample.push((values[index] ?? 0) * slope + intercept);
  sample.sort((a, b) => a - b);
  const low = sample[Math.floor(0.01 * (sample.length - 1))] ?? 0;
  const high = sample[Math.floor(0.995 * (sample.length - 1))] ?? 1;
  return { centre: (low + high) / 2, width: high > low ? high - low : 1 };
}
