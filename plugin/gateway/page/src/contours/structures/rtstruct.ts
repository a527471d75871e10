import { parseDicom, type DataSet, type Element } from "dicom-parser";
import { decoderOf } from "./charset";

export type Rgb = readonly [number, number, number];

/** A contour as the file holds it: x, y, z of one point after the other, patient coordinates, mm. */
export interface Contour {
  closed: boolean;
  points: Float64Array;
}

export interface Roi {
  number: number;
  name: string;
  colour: Rgb;
  /** The frame of reference that it is drawn in. */
  frame: string;
  contours: readonly Contour[];
  /** Contours whose numbers cannot be read. */
  unreadable: number;
}

export interface StructureSet {
  label: string;
  /** SOP Instance UIDs of the images that contours name. */
  images: ReadonlySet<string>;
  series: ReadonlySet<string>;
  rois: readonly Roi[];
}

const CLOSED = new Set(["CLOSED_PLANAR", "CLOSEDPLANAR_XOR"]);
const RED: Rgb = [255, 0, 0];

const TAG = {
  characterSet: "x00080005",
  sopInstance: "x00081155",
  series: "x0020000e",
  label: "x30060002",
  frames: "x30060010",
  frameStudies: "x30060012",
  frameSeries: "x30060014",
  rois: "x30060020",
  roiNumber: "x30060022",
  roiFrame: "x30060024",
  roiName: "x30060026",
  colour: "x3006002a",
  drawn: "x30060039",
  contours: "x30060040",
  type: "x30060042",
  images: "x30060016",
  data: "x30060050",
  drawnNumber: "x30060084",
} as const;

/** Read an RT structure set; undefined for a file that is none or cannot be read. DICOM PS3.3 C.8.8.5, C.8.8.6. */
export function readStructureSet(file: Uint8Array): StructureSet | undefined {
  let dataset: DataSet;
  try {
    dataset = parseDicom(file);
  } catch {
    // dicom-parser throws texts and objects; whatever it was, the file cannot be shown, and that is said.
    return undefined;
  }
  if (dataset.string("x00080060") !== "RTSTRUCT") return undefined;
  const decode = decoderOf(dataset.string(TAG.characterSet) ?? "");
  const images = new Set<string>();
  const series = new Set<string>();
  for (const frame of items(dataset, TAG.frames)) {
    for (const study of items(frame, TAG.frameStudies)) {
      for (const one of items(study, TAG.frameSeries)) series.add(one.string(TAG.series) ?? "");
    }
  }
  const drawn = new Map<number, DataSet[]>();
  for (const item of items(dataset, TAG.drawn)) {
    const number = Number(item.string(TAG.drawnNumber) ?? Number.NaN);
    drawn.set(number, [...(drawn.get(number) ?? []), item]);
  }
  const rois = items(dataset, TAG.rois).map((item): Roi => {
    const number = Number(item.string(TAG.roiNumber) ?? Number.NaN);
    const found = drawn.get(number) ?? [];
    // Two sets of contours for one number: nobody knows which is its own, so neither is shown under its name.
    const own = found.length === 1 ? found[0] : undefined;
    const contours = own === undefined ? [] : items(own, TAG.contours).map((one) => contourOf(one, images));
    return {
      number,
      name: (text(item, TAG.roiName, decode) || `ROI ${Number.isFinite(number) ? number : "?"}`).slice(0, 200),
      colour: (own !== undefined && colourOf(own)) || RED,
      frame: item.string(TAG.roiFrame) ?? "",
      contours: contours.filter((one): one is Contour => one !== undefined),
      unreadable: contours.filter((one) => one === undefined).length + (found.length > 1 ? found.length : 0),
    };
  });
  return { label: text(dataset, TAG.label, decode), images, series, rois };
}

function contourOf(item: DataSet, images: Set<string>): Contour | undefined {
  const closed = CLOSED.has((item.string(TAG.type) ?? "").toUpperCase());
  for (const image of items(item, TAG.images)) images.add(image.string(TAG.sopInstance) ?? "");
  const parts = (item.string(TAG.data) ?? "").split("\\");
  if (parts.length === 0 || parts.length % 3 !== 0) return undefined;
  const points = new Float64Array(parts.length);
  for (const [index, part] of parts.entries()) {
    const value = part.trim() === "" ? Number.NaN : Number(part);
    if (!Number.isFinite(value)) return undefined;
    points[index] = value;
  }
  return { closed, points };
}

function colourOf(item: DataSet): Rgb | undefined {
  const parts = (item.string(TAG.colour) ?? "").split("\\").map(Number);
  const [red, green, blue] = parts;
  if (parts.length !== 3 || red === undefined || green === undefined || blue === undefined) return undefined;
  return parts.every((part) => part >= 0 && part <= 255) ? [red, green, blue] : undefined;
}

function items(dataset: DataSet, tag: string): DataSet[] {
  const element: Element | undefined = dataset.elements[tag];
  return (element?.items ?? []).flatMap((item) => (item.dataSet === undefined ? [] : [item.dataSet]));
}

function text(dataset: DataSet, tag: string, decode: (bytes: Uint8Array) => string): string {
  const element = dataset.elements[tag];
  if (element === undefined) return "";
  return decode(dataset.byteArray.subarray(element.dataOffset, element.dataOffset + element.length)).replace(/[\0\s]+$/, "");
}
