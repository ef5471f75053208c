/** A hook for what is fetched: what arrived last stays while the next is on its way or fails. */

import { useCallback, useEffect, useRef, useState } from "../preact.js";
import { changes } from "./live.js";

/**
 * @template T
 * @typedef {{ data: T | null, error: unknown, loading: boolean, reload: () => void }} Resource
 */

/**
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} fetcher
 * @param {ReadonlyArray<unknown>} inputs a change of these forgets the data and fetches anew
 * @param {{ topics?: import("./live.js").Topic[], every?: number }} [options] topics whose change fetches again, at most once
 *   in `every` milliseconds; the last change is never missed
 * @returns {Resource<T>}
 */
export function useResource(fetcher, inputs, { topics = [], every = 1000 } = {}) {
  const [state, setState] = useState(/** @type {{ data: T | null, error: unknown, loading: boolean }} */ ({ data: null, error: null, loading: true }));
  const latest = useRef(fetcher);
  latest.current = fetcher;
  const controller = useRef(/** @type {AbortController | null} */ (null));
  const again = useRef(false);

  const load = useCallback(async () => {
    if (controller.current) {
      again.current = true;
      return;
    }
    do {
      again.current = false;
      const own = new AbortController();
      controller.current = own;
      try {
        const data = await latest.current(own.signal);
        if (own.signal.aborted) return;
        setState({ data, error: null, loading: false });
      } catch (error) {
        if (own.signal.aborted) return;
        setState((previous) => ({ data: previous.data, error, loading: false }));
      }
      controller.current = null;
    } while (again.current);
  }, []);

  useEffect(() => {
    setState((previous) => (previous.data === null && previous.loading ? previous : { data: null, error: null, loading: true }));
    void load();
    return () => {
      controller.current?.abort();
      controller.current = null;
    };
  }, inputs);

  useTopics(topics, every, load);
  return { ...state, reload: load };
}

/**
 * Calls `run` after a change of any of the topics, at most once in `every` milliseconds.
 * @param {import("./live.js").Topic[]} topics
 * @param {number} every
 * @param {() => void} run
 */
export function useTopics(topics, every, run) {
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    /** @type {number | undefined} */
    let timer;
    let last = performance.now();
    const changed = () => {
      if (timer !== undefined) return;
      timer = window.setTimeout(
        () => {
          timer = undefined;
          last = performance.now();
          latest.current();
        },
        Math.max(0, last + every - performance.now()),
      );
    };
    const stops = topics.map((topic) => {
      let first = true;
      return changes[topic].subscribe(() => {
        if (!first) changed();
        first = false;
      });
    });
    return () => {
      for (const stop of stops) stop();
      window.clearTimeout(timer);
    };
  }, [topics.join(), every]);
}
