/** Stored values of one frame, row by row, as Orthanc decoded them. */
export type Stored = Int16Array | Uint16Array | Int8Array | Uint8Array;

export interface Decoded {
  rows: number;
  columns: number;
  /** 1 for grey, 3 for colour. */
  components: number;
  values: Stored;
}

const KINDS: Readonly<Record<string, (buffer: ArrayBuffer, offset: number, count: number) => Stored>> = {
  "<i2": (buffer, offset, count) => new Int16Array(buffer, offset, count),
  "<u2": (buffer, offset, count) => new Uint16Array(buffer, offset, count),
  "|i1": (buffer, offset, count) => new Int8Array(buffer, offset, count),
  "|u1": (buffer, offset, count) => new Uint8Array(buffer, offset, count),
};

/**
 * Read what Orthanc answers at `/instances/{id}/numpy`: an array of frames, rows, columns, components, or without frames.
 *
 * The values stay where they are in the answer. Empty for what is no such array. Source: NumPy's NEP 1.
 */
export function readNpy(buffer: ArrayBuffer): Decoded[] {
  const bytes = new Uint8Array(buffer);
  if (bytes.length < 12 || bytes[0] !== 0x93 || new TextDecoder("latin1").decode(bytes.subarray(1, 6)) !== "NUMPY") return [];
  const view = new DataView(buffer);
  const long = (bytes[6] ?? 0) >= 2;
  const start = long ? 12 : 10;
  const length = long ? view.getUint32(8, true) : view.getUint16(8, true);
  const header = new TextDecoder("latin1").decode(bytes.subarray(start, start + length));
  const kind = /'descr'\s*:\s*'([^']+)'/.exec(header)?.[1] ?? "";
  const shape = (/'shape'\s*:\s*\(([^)]*)\)/.exec(header)?.[1] ?? "").split(",").map((text) => text.trim()).filter((text) => text !== "").map(Number);
  if (!/'fortran_order'\s*:\s*False/.test(header)) return [];
  const make = KINDS[kind];
  const [frames = 0, rows = 0, columns = 0, components = 1] = shape.length === 4 ? shape : [1, ...shape];
  const size = rows * columns * components;
  const offset = start + length;
  const width = kind.endsWith("2") ? 2 : 1;
  if (make === undefined || shape.length < 2 || shape.length > 4 || !(frames * size > 0) || offset + frames * size * width > bytes.length) return [];
  const [source, from] = offset % width === 0 ? [buffer, offset] : [buffer.slice(offset), 0];
  return Array.from({ length: frames }, (_, frame) => ({ rows, columns, components, values: make(source, from + frame * size * width, size) }));
}
