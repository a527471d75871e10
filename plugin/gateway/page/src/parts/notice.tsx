import type { ComponentChildren, JSX } from "preact";
import type { Refused } from "../app/http";
import { WORDS } from "./words";

/** A sentence that stands out. */
export function Notice({ tone = "", children }: { tone?: "" | "bad" | "look" | "good"; children: ComponentChildren }): JSX.Element {
  return <div class={`notice ${tone}`}>{children}</div>;
}

/** Where an answer is waited for. */
export function Loading(): JSX.Element {
  return (
    <p class="dim" role="status">
      {WORDS.loading}
    </p>
  );
}

/** Why something could not be had or done, in words; nothing while there is no reason. */
export function Refusal({ refused }: { refused: Refused | undefined }): JSX.Element {
  return (
    <div role="alert">
      {refused !== undefined && (
        <Notice tone="bad">
          {sentence(refused)} {refused.status > 0 && <span class="code">[{refused.code}]</span>}
        </Notice>
      )}
    </div>
  );
}

function sentence(refused: Refused): string {
  if (refused.forbidden && refused.code.startsWith("HTTP_")) return WORDS.forbidden;
  if (!refused.passing) return refused.message;
  const said = refused.status === 0 ? WORDS.unreachable : WORDS.broken;
  return refused.again ? `${said} ${WORDS.again}` : said;
}
