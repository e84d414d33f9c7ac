import { described, type Routes } from "../context";
import { Problem } from "../problem";
import { jobPath } from "../requests";
import { JOB } from "../schemas/answers";
import { JOB_PARAMS } from "../schemas/requests";

export const jobRoutes: Routes = (app, { ports }) => {
  const schema = described({
    summary: "Follow long work",
    params: JOB_PARAMS,
    answers: { 200: JOB },
    refusals: [404],
  });
  app.get<{ Params: { id: string } }>("/jobs/:id", { schema }, async ({ params: { id } }, reply) => {
    const job = ports.job(id);
    if (!job)
      throw new Problem(
        404,
        "not-found",
        `there is no job ${JSON.stringify(id)}`,
        "Jobs are forgotten when the agent starts anew; GET /api/v1/system/backup/history says what came of them.",
      );
    if (job.state === "queued" || job.state === "running") reply.header("retry-after", "1");
    return reply.send({ ...job, href: jobPath(id) });
  });
};
