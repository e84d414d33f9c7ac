import { described, type Routes } from "../context";
import { followed, sourcesFor, TYPES } from "../requests";
import { JOB } from "../schemas/answers";
import { BACKUP_BODY } from "../schemas/requests";

interface Body {
  readonly type?: string;
  readonly source?: string;
  readonly description?: string;
}

export const backupRoutes: Routes = (app, { ports }) => {
  const schema = described({
    summary: "Take a backup now",
    body: BACKUP_BODY,
    answers: { 202: JOB },
    refusals: [409, 422],
  });
  app.post<{ Body: Body }>("/backup", { schema }, async ({ body }, reply) => {
    const { source, description } = body;
    const type = TYPES[body.type ?? "full"]!;
    const sources = sourcesFor(ports.sources(), source, type);
    const answer = followed(await ports.startBackup({ sources, type, ...(description ? { description } : {}) }));
    return reply.code(answer.status).header("location", answer.location).send(answer.body);
  });
};
