/** The one door to the vendored view libraries: `html` templates, hooks and signals. */
import htm from "./vendor/htm.js";
import { h } from "./vendor/preact.js";

export { Component, Fragment, h, render } from "./vendor/preact.js";
export {
  useCallback,
  useEffect,
  useErrorBoundary,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "./vendor/hooks.js";
export { batch, computed, effect, signal, useComputed, useSignal } from "./vendor/signals.js";

export const html = htm.bind(h);
