/** Starts the page. */

import { App } from "./app/App.js";
import { startClock } from "./app/clock.js";
import { startKeyboard } from "./app/keyboard.js";
import { startLive } from "./app/live.js";
import { startPrint } from "./app/print.js";
import { startRouter } from "./app/router.js";
import { startSummary } from "./app/summary.js";
import { startTheme } from "./app/theme.js";
import { html, render } from "./preact.js";

startTheme();
startPrint();
startRouter();
startKeyboard();
startClock();
startSummary();
startLive();
render(html`<${App} />`, /** @type {Element} */ (document.getElementById("app")));
