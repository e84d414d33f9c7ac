import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from "fastify";
import type { Log } from "../log";
import type { Redactor } from "../redaction";
import { bodyOf, Problem, problemOf } from "./problem";

/** Answers every refusal and every failure in the same form; a failure says nothing of itself but where to look. */
export function answerErrors(app: FastifyInstance, log: Log, redactor: Redactor): void {
  const answer = (problem: Problem, { id }: FastifyRequest, reply: FastifyReply) =>
    reply
      .code(problem.status)
      .headers(problem.extra.headers ?? {})
      .header("content-type", "application/problem+json; charset=utf-8")
      .send(JSON.stringify(bodyOf(problem, id, redactor)));

  app.setErrorHandler<FastifyError | Problem>((error, request, reply) => {
    const known = problemOf(error);
    if (known) return answer(known, request, reply);
    log.error("a request failed", { requestId: request.id, route: request.routeOptions.url, err: error });
    return answer(
      new Problem(500, "internal", "the agent failed", `The agent's log says why, under request ${request.id}.`),
      request,
      reply,
    );
  });

  const methods: readonly HTTPMethods[] = ["GET", "POST"];
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, (request, reply) => {
    const [path = ""] = request.url.split("?", 1);
    const others = methods.filter((method) => method !== request.method && app.hasRoute({ method, url: path }));
    if (others.length === 0)
      return answer(new Problem(404, "not-found", "there is no such address", "GET /docs lists all."), request, reply);
    const allow = others.join(", ");
    return answer(
      new Problem(405, "method-not-allowed", `this address takes ${allow}`, `Send it with ${allow}.`, {
        headers: { allow },
      }),
      request,
      reply,
    );
  });
}

/** What the rate limit answers. */
export const tooMany = (seconds: number) =>
  new Problem(429, "too-many-requests", "too many requests came from your address", `Wait ${seconds} s.`, {
    headers: { "retry-after": String(seconds) },
  });
