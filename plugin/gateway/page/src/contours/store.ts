import { useEffect, useState } from "preact/hooks";

/** A value that changes in parts and tells whoever listens; small enough to redraw pictures at every step. */
export class Store<Value extends object> {
  private readonly listeners = new Set<() => void>();

  constructor(private current: Value) {}

  get value(): Value {
    return this.current;
  }

  set(change: Partial<Value>): void {
    this.current = { ...this.current, ...change };
    for (const listener of this.listeners) listener();
  }

  /** Call `listener` after each change until the function that is given back is called. */
  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

/** A part of a store; the component is drawn again only when that part is another one. */
export function usePart<Value extends object, Part>(store: Store<Value>, pick: (value: Value) => Part): Part {
  const [, again] = useState({});
  const part = pick(store.value);
  useEffect(() => {
    let shown = part;
    const look = (): void => {
      const now = pick(store.value);
      if (Object.is(now, shown)) return;
      shown = now;
      again({});
    };
    // It may have changed between drawing and now.
    look();
    return store.listen(look);
  });
  return part;
}
