// The API of the event analytics example: it takes events, answers counts, and knows nothing of Vedette.
//
//   npm install && PORT=3000 npm start
//
// POST /events/:type   take an event       GET /stats/:type   how many there were; ?fail=1 fails, ?slow=1 takes a second
import { createServer } from "node:http";
import client from "prom-client";

client.collectDefaultMetrics();

const duration = new client.Histogram({
  name: "http_request_duration_seconds",
  help: "Time to answer a request.",
  labelNames: ["method", "route", "status_code"],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
});
const inFlight = new client.Gauge({
  name: "http_requests_in_flight",
  help: "Requests being answered.",
  labelNames: ["method"],
});
const received = new client.Counter({
  name: "events_received_total",
  help: "Events that clients have sent.",
  labelNames: ["type"],
});
const query = new client.Histogram({
  name: "db_query_duration_seconds",
  help: "Time of a query.",
  labelNames: ["operation", "table"],
  buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
});
const active = new client.Gauge({ name: "db_connections_active", help: "Connections in use." });
const idle = new client.Gauge({ name: "db_connections_idle", help: "Connections at rest." });
const most = new client.Gauge({ name: "db_connections_max", help: "Connections that there may be." });
const hits = new client.Counter({ name: "cache_hits_total", help: "Counts found in the cache." });
const misses = new client.Counter({ name: "cache_misses_total", help: "Counts looked up in the database." });

const MOST = 20;
let used = 0;
most.set(MOST);
const told = () => {
  active.set(used);
  idle.set(MOST - used);
};
told();

const counts = new Map();
const cached = new Map();

/** What stands for the database: it takes a connection and two milliseconds. */
async function ask(operation, work) {
  used += 1;
  told();
  const done = query.startTimer({ operation, table: "events" });
  try {
    await new Promise((resolve) => setTimeout(resolve, 2));
    return work();
  } finally {
    done();
    used -= 1;
    told();
  }
}

const routes = {
  "POST /events/:type": async (type) => {
    received.inc({ type });
    await ask("INSERT", () => counts.set(type, (counts.get(type) ?? 0) + 1));
    cached.delete(type);
    return [202, {}];
  },
  "GET /stats/:type": async (type, options) => {
    if (options.has("slow")) await new Promise((resolve) => setTimeout(resolve, 1000));
    if (options.has("fail")) return [500, { error: "it was asked to fail" }];
    if (cached.has(type)) hits.inc();
    else {
      misses.inc();
      cached.set(type, await ask("SELECT", () => counts.get(type) ?? 0));
    }
    return [200, { type, count: cached.get(type) }];
  },
};

const server = createServer(async (request, response) => {
  const url = new URL(request.url, "http://api");
  if (url.pathname === "/metrics") {
    response.setHeader("Content-Type", client.register.contentType);
    response.end(await client.register.metrics());
    return;
  }
  const [, first, type] = url.pathname.split("/");
  const route = `/${first}/:type`;
  const handler = routes[`${request.method} ${route}`];
  inFlight.inc({ method: request.method });
  const done = duration.startTimer({ method: request.method, route: handler ? route : "unknown" });
  const [status, body] = handler ? await handler(type ?? "", url.searchParams) : [404, {}];
  done({ status_code: status });
  inFlight.dec({ method: request.method });
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(body));
});

server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => console.log("listening"));
process.on("SIGTERM", () => server.close(() => process.exit(0)));
