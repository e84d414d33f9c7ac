import { described, type Routes } from "../context";
import { METRICS } from "../schemas/answers";

export const metricsRoutes: Routes = (app, { metrics }) => {
  const schema = described({ summary: "All metrics as JSON", answers: { 200: METRICS } });
  app.get("/metrics", { schema }, async () => ({ at: new Date().toISOString(), metrics: await metrics.json() }));
};
