import type { TransferAnswer } from "../app/schema";

/** The parts of a job's way of which the records tell the time. */
export const PARTS = ["untilSent", "untilStored", "untilDeleted", "whole"] as const;
export type Part = (typeof PARTS)[number];

export interface Spent {
  part: Part;
  jobs: number;
  median: number;
  longest: number;
}

/** Seconds that the jobs of a month spent in each part; a part that no job has is left out. */
export function spent(transfers: readonly TransferAnswer[]): Spent[] {
  return PARTS.flatMap((part) => {
    const seconds = transfers
      .map((one) => secondsOf(part, one))
      .filter((value) => value !== undefined)
      .sort((a, b) => a - b);
    const longest = seconds.at(-1);
    return longest === undefined ? [] : [{ part, jobs: seconds.length, median: middle(seconds), longest }];
  });
}

/** Whether a copy was made of a series, and all of it is on record as deleted, its key too. */
function isDeleted(one: TransferAnswer): boolean {
  const there = one.Sent === null || one.TargetType === "local" || one.RemoteDeleted !== null;
  return one.LocalDeleted !== null && one.KeyDestroyed !== null && there;
}

function secondsOf(part: Part, one: TransferAnswer): number | undefined {
  switch (part) {
    case "untilSent":
      return between(one.Received, one.Sent);
    case "untilStored":
      return between(one.Sent ?? one.Received, one.Stored);
    case "untilDeleted":
      return isDeleted(one) ? between(one.Stored, latest(one.LocalDeleted, one.KeyDestroyed, one.RemoteDeleted)) : undefined;
    case "whole":
      return between(one.Received, one.Closed);
  }
}

function between(from: string | null, to: string | null): number | undefined {
  return from === null || to === null ? undefined : Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
}

function latest(...times: (string | null)[]): string | null {
  return times.filter((time) => time !== null).sort().at(-1) ?? null;
}

function middle(sorted: readonly number[]): number {
  const half = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(half)] ?? 0) + (sorted[Math.ceil(half)] ?? 0)) / 2;
}
