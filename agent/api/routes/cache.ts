import { described, type Routes } from "../context";
import { followed, warmable } from "../requests";
import { JOB } from "../schemas/answers";
import { WARMUP_BODY } from "../schemas/requests";

export const cacheRoutes: Routes = (app, { ports }) => {
  const schema = described({
    summary: "Warm the cache up, as the plan says",
    body: WARMUP_BODY,
    answers: { 202: JOB },
    refusals: [409, 422],
  });
  app.post<{ Body: { readonly source?: string } }>("/cache/warmup", { schema }, async ({ body }, reply) => {
    const answer = followed(await ports.startWarmup({ sources: warmable(ports, body.source) }));
    return reply.code(answer.status).header("location", answer.location).send(answer.body);
  });
};
