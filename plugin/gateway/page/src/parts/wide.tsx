import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { fill } from "../app/language";
import { WORDS } from "./words";

/** What is wide scrolls inside itself, never the page; where it scrolls, the keyboard reaches it. */
export function Wide({ name, children }: { name: string; children: ComponentChildren }): JSX.Element {
  const [scrolls, setScrolls] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const look = (): void => setScrolls(element.scrollWidth > element.clientWidth);
    const watch = new ResizeObserver(look);
    watch.observe(element);
    for (const child of element.children) watch.observe(child);
    return () => watch.disconnect();
  }, []);
  return (
    <div class="wide" ref={box} {...(scrolls ? { tabIndex: 0, role: "region", "aria-label": fill(WORDS.table, { name }) } : {})}>
      {children}
    </div>
  );
}
