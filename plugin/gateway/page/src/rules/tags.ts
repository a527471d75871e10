import { NotJson, parseLocated } from "./located";

/** What was pasted as tags, or the lines that are none. */
export type Pasted = { tags: unknown } | { wrong: readonly number[] } | { notJson: NotJson };

// A line of dcmdump: (0008,0060) CS [CT]   # 2, 1 Modality
const DUMPED = /^\s*\(([0-9a-fA-F]{4},[0-9a-fA-F]{4})\)\s+[A-Z]{2}\s+(?:\[(.*?)\]|=?(\S+))?/;
// A line of one's own: Modality: CT, or 0018,0050 = 2.5
const NAMED = /^\s*([A-Za-z0-9][A-Za-z0-9_.,: ]*?)\s*(?:[=\t]|:\s)\s*(.*?)\s*$/;
const NO_VALUE = "(no";

/** Read tags from JSON, from lines of `Keyword: value`, or from dcmdump's; values are text, as in DICOM. */
export function readTags(text: string): Pasted {
  if (/^\s*[[{]/.test(text)) {
    try {
      return { tags: parseLocated(text).value };
    } catch (error) {
      if (error instanceof NotJson) return { notJson: error };
      throw error;
    }
  }
  const tags = new Map<string, unknown>();
  const wrong: number[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "" || line.trim().startsWith("#")) continue;
    const found = entry(line);
    if (found === undefined) wrong.push(index + 1);
    else tags.set(...found);
  }
  return wrong.length > 0 || tags.size === 0 ? { wrong } : { tags: Object.fromEntries(tags) };
}

function entry(line: string): [string, unknown] | undefined {
  const dumped = DUMPED.exec(line);
  if (dumped !== null) {
    const value = dumped[2] ?? dumped[3] ?? "";
    return [dumped[1] ?? "", value === NO_VALUE ? "" : value.trim()];
  }
  const named = NAMED.exec(`${line} `);
  if (named === null) return undefined;
  return [named[1] ?? "", fact(named[2] ?? "")];
}

/** Facts such as Uniform are true or false; everything else is compared as text or number by the gateway. */
function fact(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  return text.replace(/^"(.*)"$/, "$1");
}
