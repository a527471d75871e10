/* On Orthanc Explorer's pages of a series and of a study: what became of it, a button that requests contours, and
 * the way to our page. Orthanc sends it at the end of plugins/explorer.js. All addresses are relative, so that they
 * are right below any path; what is shown is text, never read as HTML, and holds no name.
 */
(() => {
  "use strict";

  const API = "../autocontour/";
  const LOOK_AGAIN_MS = 3000; // while something goes on
  const MOST_SERIES = 100; // of one study; our page shows all of them
  const OUTCOMES = {
    arriving: "Arriving",
    contour: "To be contoured",
    excluded: "Excluded",
    none: "No rule matches",
    error: "The rules failed",
    unreadable: "Cannot be read",
    ignored: "Not contoured",
    imageless: "Holds no image",
    pseudonymous: "A pseudonymous copy",
    earlier: "Stored earlier",
    gone: "No longer in Orthanc",
  };
  const GOES_ON = ["waiting", "running"];

  function element(kind, text, attributes) {
    const made = document.createElement(kind);
    made.textContent = text;
    Object.entries(attributes || {}).forEach(([name, value]) => made.setAttribute(name, value));
    return made;
  }

  /** Ask the gateway or Orthanc; what goes wrong becomes an Error whose message can be shown. */
  async function ask(path, options) {
    const answer = await fetch(path, { cache: "no-store", ...options });
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(said.Message || `Orthanc answered with HTTP status ${answer.status}.`);
    return said;
  }

  const outcomeOf = (series) => ask(`${API}series/${series}`);

  function request(level, uuid) {
    const json = { "Content-Type": "application/json" };
    return ask(`${API}${level}/${uuid}/jobs`, { method: "POST", headers: json, body: "{}" });
  }

  /** The state of a job in words: what it holds, how far it is, why it has no result. */
  function wordsOf(job) {
    const of = [job.Model, job.Volume].filter(Boolean).join(", ");
    const far = job.State === "running" ? `: ${job.Stage}, ${Math.round(job.Progress * 100)} %` : "";
    const flagged = job.Rois.filter((roi) => (roi.Flags || []).length).length;
    const drawn = job.State === "done" ? `: ${job.Rois.length} structures` : "";
    const look = flagged ? `, ${flagged} flagged` : "";
    const warned = job.State === "done" && job.Warnings.length ? ", with warnings" : "";
    const why = job.Error ? ` (${job.Error.Code}). ${job.Error.Message}` : "";
    const waits = job.Waiting ? `. ${job.Waiting}` : "";
    return `${of ? `${of} ` : ""}${job.State}${far}${drawn}${look}${warned}${why}${waits}`;
  }

  /** The lines to show of a series. */
  function linesOf(outcome) {
    const first = `${OUTCOMES[outcome.Outcome] || outcome.Outcome}. ${outcome.Reason}`;
    return outcome.Jobs.length ? outcome.Jobs.slice(0, 3).map(wordsOf) : [first];
  }

  const goesOn = (outcome) =>
    outcome.Outcome === "arriving" || outcome.Jobs.some((job) => GOES_ON.includes(job.State));

  const addressOf = (outcome) =>
    outcome.Jobs.length ? `#/jobs/${outcome.Jobs[0].ID}` : `#/series/${outcome.Series}/leaves`;

  /** The list on a page of Orthanc Explorer, made once; the framework gives its entries their look. */
  class Panel {
    constructor(level) {
      this.level = level;
      this.list = element("ul", "", {
        id: `${level}-autocontour`,
        "data-role": "listview",
        "data-inset": "true",
        "data-theme": "d",
        "data-divider-theme": "c",
      });
      this.heading = element("li", "Contours", { "data-role": "list-divider" });
      this.button = this.link("Request contours", "refresh");
      this.open = this.link("Open in AutoContour", "arrow-r");
      this.status = element("div", "", { role: "status", "aria-live": "polite", id: `${level}-autocontour-status` });
      const entry = element("li", "", { class: "autocontour-status" });
      entry.appendChild(this.status);
      this.list.append(this.heading, entry, this.button.item, this.open.item);
      document.getElementById(`${level}-access`).before(this.list);
      if (document.getElementById(level).classList.contains("ui-page")) window.$(this.list).listview();
    }

    link(text, icon) {
      const item = element("li", "", { "data-icon": icon });
      const anchor = element("a", text, { href: "#" });
      item.appendChild(anchor);
      return { item, anchor };
    }

    /** Write lines, each a text or a text with its address; the same again changes nothing, and is not read aloud. */
    say(lines) {
      const text = JSON.stringify(lines);
      if (text === this.said) return;
      this.said = text;
      this.status.replaceChildren(
        ...lines.map((line) => {
          const paragraph = element("p", line.href ? "" : line);
          paragraph.style.whiteSpace = "normal"; // the framework cuts it off at the end of the line
          if (line.href) paragraph.appendChild(element("a", line.text, { href: line.href, "data-ajax": "false" }));
          return paragraph;
        }),
      );
    }

    lead(address) {
      this.open.anchor.setAttribute("href", `${API}app/${address}`);
      this.open.anchor.setAttribute("data-ajax", "false");
    }
  }

  /** Shows one resource until another one, or another page, is opened. */
  class Shown {
    constructor(panel, uuid) {
      this.panel = panel;
      this.uuid = uuid;
      this.requests = [];
    }

    async look() {
      clearTimeout(this.timer);
      const again = document.hidden ? true : await this.show().catch((error) => this.fail(error));
      if (this.over) return;
      if (again) this.timer = setTimeout(() => this.look(), LOOK_AGAIN_MS);
    }

    fail(error) {
      if (!this.over) this.panel.say([...this.requests, error.message]);
      return false;
    }

    end() {
      this.over = true;
      clearTimeout(this.timer);
    }
  }

  class ShownSeries extends Shown {
    async show() {
      const outcome = await outcomeOf(this.uuid);
      if (this.over) return false;
      this.panel.say([...this.requests, ...linesOf(outcome)]);
      this.panel.lead(addressOf(outcome));
      return goesOn(outcome);
    }

    async request() {
      this.requests = await request("series", this.uuid).then(
        () => [],
        (error) => [`Not requested: ${error.message}`],
      );
      await this.look();
    }
  }

  class ShownStudy extends Shown {
    async series() {
      const study = await ask(`../studies/${this.uuid}`);
      return study.Series.slice(0, MOST_SERIES);
    }

    async show() {
      this.panel.lead(`#/find?study=${this.uuid}`);
      const outcomes = [];
      for (const series of await this.series()) {
        // One after the other: each answer holds one of the few threads that Orthanc lends.
        const outcome = await outcomeOf(series);
        if (this.over) return false;
        if (outcome.Outcome !== "ignored" && outcome.Outcome !== "imageless") outcomes.push(outcome);
      }
      const lines = outcomes.map((outcome, number) => ({
        text: `Series ${number + 1} of ${outcomes.length}: ${linesOf(outcome)[0]}`,
        href: `${API}app/${addressOf(outcome)}`,
      }));
      this.panel.say([...this.requests, ...(lines.length ? lines : ["No series of this study can be contoured."])]);
      return outcomes.some(goesOn);
    }

    async request() {
      const { Jobs: jobs, Refused: refused } = await request("studies", this.uuid);
      const made = new Set(jobs.map((job) => job.Series)).size;
      const reasons = [...new Set(refused.map((one) => one.Message))].join(" ");
      this.requests = [`Requested for ${made} series${refused.length ? `, not for ${refused.length}: ${reasons}` : "."}`];
      await this.look();
    }
  }

  const KINDS = { series: ShownSeries, study: ShownStudy };
  const panels = {};
  let shown = null;

  function show(level) {
    const data = window.$.mobile.pageData || {};
    if (shown) shown.end();
    shown = null;
    if (!/^[0-9a-f]{8}(-[0-9a-f]{8}){4}$/.test(data.uuid || "")) return;
    const panel = panels[level] || (panels[level] = new Panel(level));
    panel.say(["Asking AutoContour …"]);
    const now = new KINDS[level](panel, data.uuid);
    shown = now;
    let busy = false;
    panel.button.anchor.onclick = (event) => {
      event.preventDefault();
      if (busy) return;
      busy = true;
      panel.say(["Requesting contours …"]);
      now
        .request()
        .catch((error) => now.fail(error))
        .finally(() => (busy = false));
    };
    now.look();
  }

  Object.keys(KINDS).forEach((level) => window.$(`#${level}`).live("pagebeforeshow", () => show(level)));
  window.$('[data-role="page"]').live("pagebeforehide", () => {
    if (shown) shown.end();
  });
})();
