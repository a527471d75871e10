/** The address of one chart. */
export function chartAddress(structure: string, model: string, target: string, value = ""): string {
  const query = new URLSearchParams({ structure, model, target, ...(value === "" ? {} : { value }) });
  return `#/quality?${query}`;
}
