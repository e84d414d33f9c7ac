import type { Routes } from "../context";
import { PROBE } from "../schemas/answers";

const answers = (...statuses: number[]) =>
  Object.fromEntries(
    statuses.map((status) => [
      status,
      { description: status === 200 ? "Yes." : "No.", content: { "application/json": { schema: PROBE } } },
    ]),
  );

/** For orchestrators and Prometheus: no token, no limit, and nothing in them that needs one. */
export const probeRoutes: Routes = (app, { ports, metrics, status }) => {
  const config = { rateLimit: false };
  const alive = { summary: "Whether the agent runs. No token.", response: answers(200), security: [] };
  app.get("/healthz", { config, schema: alive }, () => Promise.resolve({ ok: true }));

  const ready = { summary: "Whether the agent can do its work. No token.", response: answers(200, 503), security: [] };
  app.get("/readyz", { config, schema: ready }, async (_request, reply) => {
    const missing = await ports.missing();
    return reply.code(missing.length === 0 ? 200 : 503).send({ ok: missing.length === 0, missing });
  });

  const now = {
    summary: "What the agent does, the newest backup of each source, and what is wrong. No token.",
    response: { 200: { description: "Yes.", content: { "application/json": { schema: { type: "object" } } } } },
    security: [],
  };
  if (status) app.get("/status", { config, schema: now }, () => Promise.resolve(status()));

  const numbers = {
    summary: "All metrics, for Prometheus. No token.",
    response: { 200: { description: "Text.", content: { "text/plain": { schema: { type: "string" } } } } },
    security: [],
  };
  app.get("/metrics", { config, schema: numbers }, async (_request, reply) =>
    reply.header("content-type", metrics.contentType).send(await metrics.text()),
  );
};
