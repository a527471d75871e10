import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { post, postForFile, Refused } from "../app/http";
import { fill, moment, number } from "../app/language";
import type { ErasedAnswer, ExportAnswer, ObjectionAnswer, SubjectAnswer, WithdrawnAnswer } from "../app/schema";
import { Notice, Refusal } from "../parts/notice";
import { save } from "../parts/save";
import { Confirm, type Question } from "./confirm";
import { Found } from "./found";
import { WORDS } from "./words";

interface Subject {
  /** As it was typed when it was found: what is done next is done for this one, whatever stands in the field by then. */
  id: string;
  answer: SubjectAnswer;
}

type Deed = "objection" | "withdraw" | "erase";
type Copy = "zip" | "json";

/** A patient's rights: what was done, take it along, object, take that back, erase. */
export default function Rights(): JSX.Element {
  const [id, setId] = useState("");
  const [subject, setSubject] = useState<Subject | undefined>();
  const [refused, setRefused] = useState<Refused | undefined>();
  const [done, setDone] = useState("");
  const [asked, setAsked] = useState<Deed | undefined>();
  const [busy, setBusy] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);

  const attempt = async (deed: () => Promise<void>): Promise<void> => {
    if (busy) return;
    setBusy(true);
    setRefused(undefined);
    setDone("");
    try {
      await deed();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      setRefused(error);
    }
    setBusy(false);
  };
  const look = async (wanted: string): Promise<void> => {
    setSubject({ id: wanted, answer: await post<SubjectAnswer>("subjects/find", { PatientID: wanted }) });
  };
  const find = (event: Event): void => {
    event.preventDefault();
    if (id.trim() === "") return;
    void attempt(async () => {
      setSubject(undefined);
      await look(id);
      heading.current?.focus();
    });
  };
  const carryOut = (deed: Deed, of: Subject): void => {
    setAsked(undefined);
    void attempt(async () => {
      const said = await DEEDS[deed](of.id);
      await look(of.id);
      setDone(said);
    });
  };

  return (
    <>
      <h1>{WORDS.title}</h1>
      <p class="dim" id="rights-help">
        {WORDS.help}
      </p>
      <form class="row" onSubmit={find}>
        <label for="patient">{WORDS.patient}</label>
        <input
          id="patient"
          value={id}
          required
          autocomplete="off"
          spellcheck={false}
          aria-describedby="rights-help"
          onInput={(event) => {
            setId(event.currentTarget.value);
            setSubject(undefined); // what is shown is never of another than the one that stands in the field
            setDone("");
          }}
        />
        <button type="submit">{WORDS.find}</button>
      </form>
      <div role="status" id="done">
        {busy && WORDS.busy}
        {done !== "" && <Notice tone="good">{done}</Notice>}
      </div>
      <Refusal refused={refused} />
      {subject !== undefined && (
        <>
          <h2 ref={heading} tabIndex={-1}>
            {subject.answer.Jobs.length === 0 ? WORDS.none : fill(WORDS.found, met(subject.answer))}
          </h2>
          <Actions
            since={subject.answer.ObjectionSince}
            take={(copy) => void attempt(async () => setDone(await COPIES[copy](subject)))}
            ask={setAsked}
          />
          <Found answer={subject.answer} />
          {asked !== undefined && (
            <Confirm question={question(asked, subject.answer)} yes={() => carryOut(asked, subject)} no={() => setAsked(undefined)} />
          )}
        </>
      )}
    </>
  );
}

interface Offered {
  /** When the patient objected (ISO 8601); null when not. */
  since: string | null;
  take: (copy: Copy) => void;
  ask: (deed: Deed) => void;
}

function Actions({ since, take, ask }: Offered): JSX.Element {
  const other = since === null ? "objection" : "withdraw";
  return (
    <>
      <p class={since === null ? "dim" : "look"}>{since === null ? WORDS.notObjected : fill(WORDS.objected, { since: moment(since) })}</p>
      <h3>{WORDS.do}</h3>
      <div class="row">
        <button type="button" onClick={() => take("zip")}>
          {WORDS.zip}
        </button>
        <button type="button" onClick={() => take("json")}>
          {WORDS.json}
        </button>
        <button type="button" onClick={() => ask(other)}>
          {WORDS[other]}
        </button>
        <button type="button" class="danger" onClick={() => ask("erase")}>
          {WORDS.erase}
        </button>
      </div>
    </>
  );
}

const DEEDS: Readonly<Record<Deed, (id: string) => Promise<string>>> = {
  objection: async (id) => {
    const answer = await post<ObjectionAnswer>("subjects/objection", { PatientID: id });
    const said = [fill(WORDS.objectionDone, { cancelled: number(answer.CancelledJobs) })];
    if (answer.RecalledTransfers > 0) said.push(fill(WORDS.objectionRecalled, { n: number(answer.RecalledTransfers) }));
    if (answer.StoppedDeliveries > 0) said.push(fill(WORDS.objectionStopped, { n: number(answer.StoppedDeliveries) }));
    if (answer.DeliveredTo.length > 0) said.push(fill(WORDS.objectionDelivered, { names: answer.DeliveredTo.join(", ") }));
    return said.join(" ");
  },
  withdraw: async (id) => {
    const answer = await post<WithdrawnAnswer>("subjects/withdraw", { PatientID: id });
    return answer.Withdrawn ? WORDS.withdrawDone : WORDS.withdrawNone;
  },
  erase: async (id) => {
    const answer = await post<ErasedAnswer>("subjects/erase", { PatientID: id });
    const said = [
      fill(WORDS.eraseDone, {
        rows: number(answer.Rows),
        files: number(answer.Files),
        copies: number(answer.OrthancCopies),
        series: number(answer.Series),
        jobs: number(answer.Jobs),
      }),
    ];
    if (answer.Left > 0) said.push(fill(WORDS.eraseLeft, { left: number(answer.Left) }));
    if (answer.DeliveredTo.length > 0) said.push(fill(WORDS.eraseDelivered, { names: answer.DeliveredTo.join(", ") }));
    return said.join(" ");
  },
};

/** Each form of the patient's copy, given as a file of the browser; its name says nothing of the patient. */
const COPIES: Readonly<Record<Copy, (of: Subject) => Promise<string>>> = {
  zip: async ({ id, answer }) => {
    save(await postForFile("subjects/export", { PatientID: id, Format: "zip" }), "autocontour-export.zip");
    return fill(WORDS.zipMade, { jobs: number(answer.Jobs.length) });
  },
  json: async ({ id }) => {
    const answer = await post<ExportAnswer>("subjects/export", { PatientID: id });
    save(new Blob([JSON.stringify(answer, null, 2)], { type: "application/json" }), "autocontour-export.json");
    return fill(WORDS.jsonMade, { jobs: number(answer.Jobs.length) });
  },
};

function met(answer: SubjectAnswer): { series: string; jobs: string } {
  return { series: number(answer.Series), jobs: number(answer.Jobs.length) };
}

function question(deed: Deed, answer: SubjectAnswer): Question {
  const says = { objection: WORDS.objectionSays, withdraw: WORDS.withdrawSays, erase: WORDS.eraseSays }[deed];
  return {
    title: { objection: WORDS.objectionTitle, withdraw: WORDS.withdrawTitle, erase: WORDS.eraseTitle }[deed],
    says: [fill(says, met(answer)), ...(deed === "erase" ? [WORDS.eraseStays] : [])],
    yes: { objection: WORDS.objectionNow, withdraw: WORDS.withdrawNow, erase: WORDS.eraseNow }[deed],
  };
}
