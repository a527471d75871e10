/** The languages of the page. */
export const LANGUAGES = ["en", "de"] as const;
export type Language = (typeof LANGUAGES)[number];

const KEPT = "autocontour-language";

/** The language that this reader chose, else what the browser asks for, else English. */
export const language: Language = chosen() ?? (navigator.language.toLowerCase().startsWith("de") ? "de" : "en");

/** Read the page in another language from now on. */
export function choose(other: Language): void {
  localStorage.setItem(KEPT, other);
  location.reload();
}

function chosen(): Language | undefined {
  const kept = localStorage.getItem(KEPT);
  return LANGUAGES.find((one) => one === kept);
}

/** Each word of a view in both languages; one that is missing in either does not compile. */
export function words<Words extends Record<string, string>>(
  english: Words,
  german: { [Key in keyof Words]: string },
): Words | { [Key in keyof Words]: string } {
  return language === "de" ? german : english;
}

/** Put values into a sentence: `fill("{n} {n|slice|slices}", { n: 4 })`, where the first word is for one. */
export function fill(sentence: string, values: Readonly<Record<string, string | number>>): string {
  return sentence.replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (whole, name: string, one?: string, several?: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return (one === undefined ? undefined : String(value) === "1" ? one : several) ?? String(value);
  });
}

const NUMBERS = new Map<number, Intl.NumberFormat>();

/** A number as this reader writes it. */
export function number(value: number, digits = 0): string {
  let format = NUMBERS.get(digits);
  if (format === undefined) {
    format = new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
    NUMBERS.set(digits, format);
  }
  return format.format(value);
}

const MOMENT = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" });

const CLOCK = new Intl.DateTimeFormat(language, { timeStyle: "medium" });

/** A time of the API as this reader's clock shows it, without the day. */
export function clock(time: string): string {
  return CLOCK.format(new Date(time));
}

/** A time of the API (ISO 8601, UTC) in the time of this reader. */
export function moment(time: string): string {
  return MOMENT.format(new Date(time));
}
