import type { JSX } from "preact";
import type { RowList } from "../app/schema";
import type { Described, Ids } from "../parts/descriptions";
import { JobTable } from "../parts/job_table";
import { Heading } from "./heading";

interface Shown {
  title: string;
  list: RowList;
  described: (ids: Ids) => Described | undefined;
  /** The states of the list, with commas between. */
  all: string;
}

/** Some jobs under their title; nothing where there are none. */
export function Jobs({ title, list, described, all }: Shown): JSX.Element | null {
  if (list.Jobs.length === 0) return null;
  const id = `jobs-${all.split(",", 1)[0]}`;
  return (
    <section aria-labelledby={id}>
      <Heading id={id} title={title} shown={list.Jobs.length} total={list.Total} all={`#/find?state=${all}`} />
      <JobTable name={title} pages={[list.Jobs]} described={described} />
    </section>
  );
}
