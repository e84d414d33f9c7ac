import { described, type Routes } from "../context";
import { backupNamed, followed, refuseInherited, sourceNamed } from "../requests";
import { JOB } from "../schemas/answers";
import { VERIFY_BODY } from "../schemas/requests";

interface Body {
  readonly backupId: string;
  readonly source?: string;
  readonly level?: "read" | "restore";
}

export const verifyRoutes: Routes = (app, { ports }) => {
  const schema = described({
    summary: "Prove a backup: restore it into a scratch server and compare",
    body: VERIFY_BODY,
    answers: { 202: JOB },
    refusals: [404, 409, 422],
  });
  app.post<{ Body: Body }>("/backup/verify", { schema }, async ({ body }, reply) => {
    const { backupId, source, level = "restore" } = body;
    if (source !== undefined) sourceNamed(ports.sources(), source);
    const held = backupNamed(await ports.history(), backupId, source);
    refuseInherited(held);
    const answer = followed(await ports.startVerify({ backup: held.backup, level }));
    return reply.code(answer.status).header("location", answer.location).send(answer.body);
  });
};
