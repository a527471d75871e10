import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { choose, language } from "./language";
import { match, useHash, type Match, type View } from "./routes";
import { ROUTES } from "./views";
import { WORDS } from "./words";

const ENTRIES = [
  { entry: "now", href: "#/", label: WORDS.now },
  { entry: "find", href: "#/find", label: WORDS.find },
  { entry: "rules", href: "#/rules", label: WORDS.rules },
  { entry: "quality", href: "#/quality", label: WORDS.quality },
  { entry: "evidence", href: "#/evidence", label: WORDS.evidence },
  { entry: "rights", href: "#/rights", label: WORDS.rights },
] as const;

/** The frame around every view: the menu, and the place where the view is shown. */
export function Shell(): JSX.Element {
  const hash = useHash();
  const found = match(ROUTES, hash);
  return (
    <>
      <header class="top">
        <a class="skip" href={hash === "" ? "#/" : hash} onClick={toContent}>
          {WORDS.skip}
        </a>
        <span class="brand">AutoContour</span>
        <nav aria-label={WORDS.menu}>
          {ENTRIES.map(({ entry, href, label }) => (
            <a key={entry} href={href} aria-current={found?.route.entry === entry ? "page" : undefined}>
              {label}
            </a>
          ))}
        </nav>
        <button type="button" class="quiet" lang={language === "de" ? "en" : "de"} onClick={() => choose(language === "de" ? "en" : "de")}>
          {WORDS.language}
        </button>
      </header>
      <main id="content" tabIndex={-1}>
        {found === undefined ? <Missing /> : <Shown found={found} />}
      </main>
    </>
  );
}

function toContent(event: Event): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}

function Missing(): JSX.Element {
  return (
    <p>
      {WORDS.missing} <a href="#/">{WORDS.back}</a>
    </p>
  );
}

/** A view's code is loaded when it is opened for the first time. */
function Shown({ found }: { found: Match }): JSX.Element {
  const [loaded, setLoaded] = useState<{ load: unknown; view: View } | undefined>();
  const [broken, setBroken] = useState(false);
  const before = useRef<unknown>(undefined);
  const { load } = found.route;
  useEffect(() => {
    let wanted = true;
    load().then(
      (module) => {
        if (!wanted) return;
        setBroken(false);
        setLoaded({ load, view: module.default });
        // Whoever goes to another view by the keyboard begins at its top; the first one is not jumped into.
        if (before.current !== undefined) document.getElementById("content")?.focus();
        before.current = load;
      },
      () => wanted && setBroken(true),
    );
    return () => {
      wanted = false;
    };
  }, [load]);
  if (broken) {
    return (
      <p role="alert">
        {WORDS.broken}{" "}
        <button type="button" onClick={() => location.reload()}>
          {WORDS.reload}
        </button>
      </p>
    );
  }
  if (loaded === undefined || loaded.load !== load) return <p class="dim">{WORDS.loading}</p>;
  const Now = loaded.view;
  return <Now key={JSON.stringify(found.place.parts)} {...found.place} />;
}
