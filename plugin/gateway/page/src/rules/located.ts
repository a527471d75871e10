// JSON as Orthanc's configuration has it, with comments, and with the line of every value: the browser's own parser
// tells neither, and no two browsers say alike where a mistake is.

/** What was expected where the text goes wrong. */
export type Expected = "value" | "key" | "colon" | "comma" | "string" | "number" | "comment" | "end" | "depth";

/** The text is no JSON; lines and columns count from 1. */
export class NotJson extends Error {
  constructor(
    readonly line: number,
    readonly column: number,
    readonly expected: Expected,
  ) {
    super(`line ${line}, column ${column}: ${expected}`);
  }
}

export interface Located {
  value: unknown;
  /** The line of each value by its path, such as `[0].When.Modality`; that of the whole is empty. */
  lines: ReadonlyMap<string, number>;
}

const DEEPEST = 64;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LITERALS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["true", true],
  ["false", false],
  ["null", null],
]);

/** Parse a text; throws NotJson. */
export function parseLocated(text: string): Located {
  return new Reader(text).whole();
}

class Reader {
  private at = 0;
  private readonly lines = new Map<string, number>();

  constructor(private readonly text: string) {}

  whole(): Located {
    const value = this.value("", 0);
    this.space();
    if (this.at < this.text.length) this.fail("end");
    return { value, lines: this.lines };
  }

  private value(path: string, depth: number): unknown {
    this.space();
    if (depth > DEEPEST) this.fail("depth");
    this.lines.set(path, this.place(this.at).line);
    const sign = this.text[this.at];
    if (sign === "{") return this.object(path, depth);
    if (sign === "[") return this.list(path, depth);
    if (sign === '"') return this.string();
    for (const [word, value] of LITERALS) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    return this.number();
  }

  private object(path: string, depth: number): unknown {
    const entries: [string, unknown][] = [];
    this.at += 1;
    while (!this.ended("}", entries.length)) {
      if (this.text[this.at] !== '"') this.fail("key");
      const line = this.place(this.at).line;
      const key = this.string();
      this.space();
      if (this.text[this.at] !== ":") this.fail("colon");
      this.at += 1;
      entries.push([key, this.value(`${path}.${key}`, depth + 1)]);
      this.lines.set(`${path}.${key}`, line);
    }
    return Object.fromEntries(entries);
  }

  private list(path: string, depth: number): unknown {
    const values: unknown[] = [];
    this.at += 1;
    while (!this.ended("]", values.length)) values.push(this.value(`${path}[${values.length}]`, depth + 1));
    return values;
  }

  /** Whether the bracket closes here; else what stands before the next part has been read. */
  private ended(bracket: string, parts: number): boolean {
    this.space();
    if (this.text[this.at] === bracket) {
      this.at += 1;
      return true;
    }
    if (parts === 0) return false;
    if (this.text[this.at] !== ",") this.fail("comma");
    this.at += 1;
    this.space();
    if (this.text[this.at] === bracket) this.fail(bracket === "}" ? "key" : "value");
    return false;
  }

  private string(): string {
    const begun = this.at;
    for (this.at += 1; this.at < this.text.length && this.text[this.at] !== '"'; this.at += 1) {
      if (this.text[this.at] === "\n") break;
      if (this.text[this.at] === "\\") this.at += 1;
    }
    this.at += 1;
    try {
      return JSON.parse(this.text.slice(begun, this.at)) as string;
    } catch {
      this.at = begun;
      return this.fail("string");
    }
  }

  private number(): number {
    NUMBER.lastIndex = this.at;
    const found = NUMBER.exec(this.text);
    if (found === null) return this.fail("value");
    this.at += found[0].length;
    if (/[\w.]/.test(this.text[this.at] ?? "")) this.fail("number");
    return Number(found[0]);
  }

  private space(): void {
    for (;;) {
      while (/\s/.test(this.text[this.at] ?? "")) this.at += 1;
      if (this.text.startsWith("//", this.at)) {
        const end = this.text.indexOf("\n", this.at);
        this.at = end < 0 ? this.text.length : end;
      } else if (this.text.startsWith("/*", this.at)) {
        const end = this.text.indexOf("*/", this.at + 2);
        if (end < 0) this.fail("comment");
        this.at = end + 2;
      } else {
        return;
      }
    }
  }

  private fail(expected: Expected): never {
    const { line, column } = this.place(this.at);
    throw new NotJson(line, column, expected);
  }

  private place(at: number): { line: number; column: number } {
    const before = this.text.slice(0, at);
    return { line: before.split("\n").length, column: at - before.lastIndexOf("\n") };
  }
}
