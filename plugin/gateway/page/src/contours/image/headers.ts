import type { Vector } from "./vector";

/** What Orthanc says of an instance with `simplify`: strings by keyword, sequences as lists. */
export type Tags = Readonly<Record<string, unknown>>;

/** One image of a series as its header says: a classic slice, or a frame of an enhanced object. */
export interface Header {
  /** Orthanc's id of the instance. */
  instance: string;
  /** From 0. */
  frame: number;
  /** Whether the object holds several frames. */
  enhanced: boolean;
  uid: string;
  number: number;
  /** Centre of the first pixel, patient coordinates (LPS), mm. */
  position: Vector;
  /** Along a row, towards larger columns. */
  row: Vector;
  /** Along a column, towards larger rows. */
  column: Vector;
  /** mm between rows, between columns; undefined where only the fast look was taken. */
  spacing: readonly [number, number] | undefined;
  rows: number;
  columns: number;
  slope: number;
  intercept: number;
  inverted: boolean;
  /** As the object says it: centre and width of its own window. */
  window: { centre: number; width: number } | undefined;
  frameOfReference: string;
}

/** The images that an instance holds; empty when it has no place in the patient. DICOM PS3.3 C.7.6.2, C.7.6.16. */
export function headersOf(instance: string, tags: Tags): Header[] {
  const frames = items(tags["PerFrameFunctionalGroupsSequence"]);
  const shared = items(tags["SharedFunctionalGroupsSequence"])[0] ?? {};
  const many = frames.length > 0 || Number(tags["NumberOfFrames"] ?? 1) > 1;
  const found = many
    ? frames.map((groups, frame) => header(instance, frame, true, { ...tags, ...flat(shared), ...flat(groups) }))
    : [header(instance, 0, false, tags)];
  return found.filter((one): one is Header => one !== undefined);
}

/** The macros of a frame that say where it lies and what its values mean, as if they stood in a classic header. */
function flat(groups: Tags): Tags {
  const made: Record<string, unknown> = {};
  for (const macro of [
    "PlanePositionSequence",
    "PlaneOrientationSequence",
    "PixelMeasuresSequence",
    "PixelValueTransformationSequence",
    "FrameVOILUTSequence",
  ]) {
    Object.assign(made, items(groups[macro])[0] ?? {});
  }
  return made;
}

function header(instance: string, frame: number, enhanced: boolean, tags: Tags): Header | undefined {
  const position = numbers(tags["ImagePositionPatient"]);
  const cosines = numbers(tags["ImageOrientationPatient"]);
  if (position.length !== 3 || cosines.length !== 6) return undefined;
  const [between = Number.NaN, along = Number.NaN] = numbers(tags["PixelSpacing"]);
  const [centre] = numbers(tags["WindowCenter"]);
  const [width] = numbers(tags["WindowWidth"]);
  const spacing = between > 0 && along > 0 ? ([between, along] as const) : undefined;
  return {
    instance,
    frame,
    enhanced,
    uid: text(tags["SOPInstanceUID"]),
    number: enhanced ? frame : Number(text(tags["InstanceNumber"])) || 0,
    position: position as unknown as Vector,
    row: cosines.slice(0, 3) as unknown as Vector,
    column: cosines.slice(3) as unknown as Vector,
    spacing,
    rows: Number(tags["Rows"] ?? 0),
    columns: Number(tags["Columns"] ?? 0),
    slope: numbers(tags["RescaleSlope"])[0] ?? 1,
    intercept: numbers(tags["RescaleIntercept"])[0] ?? 0,
    inverted: text(tags["PhotometricInterpretation"]) === "MONOCHROME1",
    window: centre !== undefined && width !== undefined && width >= 1 ? { centre, width } : undefined,
    frameOfReference: text(tags["FrameOfReferenceUID"]),
  };
}

function items(value: unknown): Tags[] {
  return Array.isArray(value) ? (value as Tags[]) : [];
}

function text(value: unknown): string {
  return typeof value === "string" ? value.trim() : "";
}

/** The numbers of a decimal string; empty when one of them is none. */
export function numbers(value: unknown): number[] {
  const parts = text(value).split("\\");
  const read = parts.map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  return read.every(Number.isFinite) ? read : [];
}
