import { described, type Routes } from "../context";
import { pageOf, type HistoryQuery } from "../history";
import { sourceNamed, TYPES } from "../requests";
import { HISTORY } from "../schemas/answers";
import { HISTORY_QUERY } from "../schemas/requests";

type Query = Omit<HistoryQuery, "limit"> & { readonly limit?: string };

export const historyRoutes: Routes = (app, { ports }) => {
  const schema = described({
    summary: "List backups, newest first",
    querystring: HISTORY_QUERY,
    answers: { 200: HISTORY },
    refusals: [422],
  });
  app.get<{ Querystring: Query }>("/backup/history", { schema }, async ({ query }) => {
    const { limit = "50", type, source, ...rest } = query;
    if (source !== undefined) sourceNamed(ports.sources(), source);
    const wanted = { ...rest, ...(source ? { source } : {}), ...(type ? { type: TYPES[type]! } : {}) };
    const { held, unread } = await ports.history();
    return { ...pageOf(held, { ...wanted, limit: Number(limit) }), ...(unread.length > 0 ? { unread } : {}) };
  });
};
