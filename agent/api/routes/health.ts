import { described, type Routes } from "../context";
import { HEALTH } from "../schemas/answers";

export const healthRoutes: Routes = (app, { ports }) => {
  const schema = described({
    summary: "Whether the databases answer; 503 if one does not",
    answers: { 200: HEALTH, 503: HEALTH },
  });
  app.get("/health/database", { schema }, async (_request, reply) => {
    const databases = await ports.databases();
    const isHealthy = databases.every(({ isUp }) => isUp);
    return reply
      .code(isHealthy ? 200 : 503)
      .send({ status: isHealthy ? "healthy" : "unhealthy", at: new Date().toISOString(), databases });
  });
};
