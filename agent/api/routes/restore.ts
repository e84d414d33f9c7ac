import { described, type Routes } from "../context";
import { backupNamed, followed, sourceNamed } from "../requests";
import { restoreOrder, targetRefused, type RestoreBody } from "../restore";
import { JOB } from "../schemas/answers";
import { RESTORE_BODY } from "../schemas/requests";

export const restoreRoutes: Routes = (app, { ports }) => {
  const schema = described({
    summary: "Restore a backup, over its source or elsewhere, after a typed confirmation",
    body: RESTORE_BODY,
    answers: { 202: JOB },
    refusals: [404, 409, 422],
  });
  app.post<{ Body: RestoreBody }>("/backup/restore", { schema }, async ({ body }, reply) => {
    const { backupId, source } = body;
    if (source !== undefined) sourceNamed(ports.sources(), source);
    const held = backupNamed(await ports.history(), backupId, source);
    sourceNamed(ports.sources(), held.backup.source); // a repository may hold backups of what the plan has no more
    const started = await ports.startRestore(restoreOrder(held, body));
    if ("refusal" in started) throw targetRefused(started.refusal);
    const answer = followed(started);
    return reply.code(answer.status).header("location", answer.location).send(answer.body);
  });
};
