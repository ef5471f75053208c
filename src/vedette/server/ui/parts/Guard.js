/** A mistake in one part of the page stays in that part. */

import { html, useErrorBoundary } from "../preact.js";
import { ErrorNotice } from "./Notice.js";

/** @param {{ title: string, children: unknown }} props */
export function Guard({ title, children }) {
  const [error, reset] = useErrorBoundary((caught) => console.error(caught));
  return error ? html`<${ErrorNotice} title=${title} error=${error} retry=${reset} />` : children;
}
