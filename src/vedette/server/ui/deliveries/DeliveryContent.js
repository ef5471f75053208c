/** The notification as it was sent: the e-mail as a mail program shows it, its text, the webhook's body, the headers. */

import { params, setParams } from "../app/router.js";
import { EmptyNotice } from "../parts/Notice.js";
import { html } from "../preact.js";

/** @typedef {import("../api/types.js").Delivery} Delivery */

/** @param {{ delivery: Delivery }} props */
export function DeliveryContent({ delivery }) {
  const { html: mail, text, body, headers } = delivery;
  const tabs = [
    mail ? { id: "html", text: "E-mail", show: () => html`<iframe class="mail" sandbox="allow-popups allow-popups-to-escape-sandbox" srcdoc=${linksOutside(mail)} title="The e-mail as it was sent" data-testid="delivery-html"></iframe>` } : null,
    text ? { id: "text", text: "Text", show: () => html`<pre class="expression" tabindex="0" data-testid="delivery-text"><code>${text}</code></pre>` } : null,
    body ? { id: "body", text: "Body", show: () => html`<pre class="expression" tabindex="0" data-testid="delivery-body"><code>${pretty(body)}</code></pre>` } : null,
    headers && Object.keys(headers).length ? { id: "headers", text: "Headers", show: () => html`<${Headers} headers=${headers} />` } : null,
  ].filter((tab) => tab !== null);
  if (!tabs.length) return html`<${EmptyNotice} icon="deliveries" title="This delivery has no content" />`;
  const chosen = tabs.find(({ id }) => id === params.value.get("part")) ?? tabs[0];
  return html`<section class="card content" aria-label="What was sent">
    <div class="tabs" role="tablist" aria-label="What was sent">
      ${tabs.map(({ id, text: name }) => html`<button
        key=${id}
        id=${`tab-${id}`}
        type="button"
        role="tab"
        aria-selected=${String(id === chosen.id)}
        aria-controls="tab-panel"
        data-testid=${`tab-${id}`}
        onClick=${() => setParams({ part: id }, { replace: true })}
      >${name}</button>`)}
    </div>
    <div class="tab-panel" role="tabpanel" id="tab-panel" aria-labelledby=${`tab-${chosen.id}`}>${chosen.show()}</div>
  </section>`;
}

/** The page cannot be shown inside its own frame, so the mail's links open beside it, as in a mail program. @param {string} mail */
function linksOutside(mail) {
  const base = '<base target="_blank">';
  return /<head[\s>]/i.test(mail) ? mail.replace(/<head[^>]*>/i, (head) => head + base) : base + mail;
}

/** @param {{ headers: Record<string, string> }} props */
function Headers({ headers }) {
  return html`<div class="table-scroll"><table class="list-table"><tbody>
    ${Object.entries(headers).map(([name, value]) => html`<tr key=${name}><th scope="row">${name}</th><td class="breaking">${value}</td></tr>`)}
  </tbody></table></div>`;
}

/** JSON over several lines; what is not JSON stays as it is. @param {unknown} body @returns {string} */
function pretty(body) {
  if (typeof body !== "string") return JSON.stringify(body, null, 2);
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
