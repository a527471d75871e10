import type { RulesAnswer } from "../app/schema";
import { parseLocated, type Located } from "./located";

/** A draft as it is sent: the list of rules, and where its lines are. */
export interface Draft {
  rules: unknown;
  /** The line of a path that the gateway names, such as `AutoContour.Rules[0].When.Modality`. */
  lineOf: (path: string) => number;
}

const ORDER = ["Name", "When", "Then"];

/** The rules in force as a draft begins: Orthanc hands keys on in the order of the alphabet, people write When first. */
export function written(rules: RulesAnswer["Rules"]): string {
  const ordered = (rules ?? []).map((rule) => {
    const keys = [...ORDER.filter((key) => key in rule), ...Object.keys(rule).filter((key) => !ORDER.includes(key))];
    return Object.fromEntries(keys.map((key) => [key, rule[key]]));
  });
  return JSON.stringify(ordered, null, 2);
}

const PLACES = ["", ".Rules", ".AutoContour.Rules"] as const;

/** Read a draft: a list of rules, the section AutoContour, or a whole orthanc.json. Throws NotJson. */
export function readDraft(text: string): Draft {
  const located = parseLocated(text);
  const place = placeOf(located);
  return {
    rules: place.split(".").filter(Boolean).reduce<unknown>(child, located.value),
    lineOf: (path) => lineOf(located, place, path.replace(/^AutoContour\.Rules/, "")),
  };
}

function placeOf({ lines, value }: Located): string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "";
  return [...PLACES].reverse().find((place) => lines.has(place)) ?? "";
}

function child(parent: unknown, key: string): unknown {
  return (parent as Record<string, unknown>)[key];
}

/** A key that is missing has the line of what should hold it. */
function lineOf({ lines }: Located, place: string, path: string): number {
  for (let wanted = path; ; ) {
    const line = lines.get(place + wanted);
    if (line !== undefined) return line;
    const shorter = wanted.replace(/(\.[^.[]*|\[\d+\])$/, "");
    if (shorter === wanted) return lines.get(place) ?? 1;
    wanted = shorter;
  }
}
