import type { JSX } from "preact";
import { number } from "../app/language";
import type { GatewayOfGroup } from "../app/schema";
import { Heads } from "../parts/heads";
import { Wide } from "../parts/wide";
import { WORDS } from "./words";

/** The gateways that share a database, and what keeps one from working; nothing where there is one alone. */
export function Gateways({ gateways }: { gateways: readonly GatewayOfGroup[] }): JSX.Element | null {
  if (gateways.length === 0) return null;
  return (
    <section aria-labelledby="gateways">
      <h2 id="gateways">{WORDS.gateways}</h2>
      <Wide name={WORDS.gateways}>
        <table>
          <Heads of={[WORDS.name, WORDS.host, WORDS.version, WORDS.state, { number: WORDS.jobs }]} />
          <tbody>
            {gateways.map((one) => (
              <tr key={one.Id} data-gateway={one.Id}>
                <td class="code">{one.Id}</td>
                <td>{one.Host}</td>
                <td>{one.Version}</td>
                <td>
                  <span class={`badge ${one.Healthy ? "good" : "bad"}`}>{one.Healthy ? WORDS.gateway_up : WORDS.gateway_down}</span>{" "}
                  {[one.Leads ? WORDS.leads : "", one.This ? WORDS.answers : ""].filter((word) => word !== "").join(", ")}
                  {one.Reasons.length > 0 && <span class="reason">{one.Reasons.join(" ")}</span>}
                </td>
                <td class="number">{number(one.Jobs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
    </section>
  );
}
