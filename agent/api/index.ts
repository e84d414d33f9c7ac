import { randomUUID } from "node:crypto";
import type { RequestListener } from "node:http";
import type { FastifyInstance } from "fastify";
import { authenticate } from "./authentication";
import type { ApiDeps, Routes } from "./context";
import { answerErrors, tooMany } from "./errors";
import { PAGE_POLICY, pageOf, type Document } from "./page";
import { backupRoutes } from "./routes/backup";
import { cacheRoutes } from "./routes/cache";
import { healthRoutes } from "./routes/health";
import { historyRoutes } from "./routes/history";
import { jobRoutes } from "./routes/jobs";
import { metricsRoutes } from "./routes/metrics";
import { probeRoutes } from "./routes/probes";
import { restoreRoutes } from "./routes/restore";
import { verifyRoutes } from "./routes/verify";

export type { ApiDeps } from "./context";
export type * from "./ports";

const BODY_LIMIT = 64 * 1024;
const PER_MINUTE = 300;
const PREFIX = "/api/v1/system";
const SYSTEM: readonly Routes[] = [
  ...[backupRoutes, historyRoutes, restoreRoutes, verifyRoutes, jobRoutes, healthRoutes, metricsRoutes, cacheRoutes],
];

export interface Api {
  /** Answers a request that a server took. */
  readonly handle: RequestListener;
  readonly close: () => Promise<void>;
  /** For tests: answers a request without a network. */
  readonly inject: FastifyInstance["inject"];
}

/** The agent's HTTP API. Its libraries are loaded here, not when this file is. */
export async function createApi(deps: ApiDeps): Promise<Api> {
  const { log, metrics, redactor, token, plan, site, version, requestsPerMinute = PER_MINUTE } = deps;
  redactor.hide(token);
  const checkToken = authenticate(token);
  const [{ default: fastify }, { default: swagger }, { default: rateLimit }] = await Promise.all([
    import("fastify"),
    import("@fastify/swagger"),
    import("@fastify/rate-limit"),
  ]);
  const app: FastifyInstance = fastify({
    bodyLimit: BODY_LIMIT,
    genReqId: ({ headers }) => knownId(headers["x-request-id"]) ?? randomUUID(),
    ajv: { customOptions: { allErrors: true, verbose: true, coerceTypes: false, removeAdditional: false } },
    routerOptions: { maxParamLength: 200 },
  });
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  acceptEmptyBodies(app);

  app.addHook("onRequest", (request, reply, done) => {
    reply.headers({ "x-request-id": request.id, "x-content-type-options": "nosniff", "cache-control": "no-store" });
    done();
  });
  app.addHook("onResponse", (request, reply, done) => {
    const { method, routeOptions, id } = request;
    const [route, status] = [routeOptions.url ?? "none", reply.statusCode];
    metrics.add("dr_api_request_total", { method, route, status: String(status) });
    const line = method === "GET" ? log.debug : log.info;
    line("request", { requestId: id, method, route, status, seconds: Math.round(reply.elapsedTime) / 1000 });
    done();
  });

  await app.register(rateLimit, {
    max: requestsPerMinute,
    timeWindow: 60_000,
    errorResponseBuilder: (_request, { ttl }) => tooMany(Math.ceil(ttl / 1000)),
  });
  await app.register(swagger, { openapi: documentHead(plan, site, version) });
  answerErrors(app, log, redactor);

  await app.register(
    (system, _options, done) => {
      // After the rate limit, which counts those with a wrong token too, and before the body is read.
      system.addHook("preParsing", (request, _reply, payload, next) => {
        checkToken(request.headers.authorization);
        next(null, payload);
      });
      for (const routes of SYSTEM) routes(system, deps);
      done();
    },
    { prefix: PREFIX },
  );
  await app.register((rest, _options, done) => {
    probeRoutes(rest, deps);
    const hide = true;
    rest.get("/openapi.json", { schema: { hide } }, () => Promise.resolve(app.swagger()));
    rest.get("/docs", { schema: { hide } }, (_request, reply) =>
      reply
        .headers({ "content-type": "text/html; charset=utf-8", "content-security-policy": PAGE_POLICY })
        .send(pageOf(app.swagger() as unknown as Document)),
    );
    done();
  });
  await app.ready();
  return {
    handle: (request, response) => app.routing(request, response),
    close: () => app.close(),
    inject: app.inject.bind(app),
  };
}

/** An id that the caller gave, if it is one that a log can hold. */
const knownId = (header: string | string[] | undefined) =>
  typeof header === "string" && /^[\w.-]{1,64}$/.test(header) ? header : undefined;

/** A POST without a body means an empty one: no field is given, and each that is needed is named in the refusal. */
function acceptEmptyBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) =>
    body === "" ? done(null, {}) : void parse(request, body as string, done),
  );
  app.addHook("preValidation", (request, _reply, done) => {
    if (request.method === "POST") request.body ??= {};
    done();
  });
}

const documentHead = (plan: string, site: string, version: string) => ({
  openapi: "3.1.0",
  info: {
    title: `Backups of ${plan} at ${site}`,
    version,
    description: "The API of the pulumi-dr agent: take, list, restore and prove backups, and see how things are.",
  },
  components: { securitySchemes: { token: { type: "http" as const, scheme: "bearer" } } },
});
