import { createApi, type Api, type ApiDeps, type ApiPorts, type Held, type Job } from "../../../agent/api";
import type { Backup, Verdict } from "../../../agent/contract";
import { createLog } from "../../../agent/log";
import { createMetrics } from "../../../agent/metrics";
import { createRedactor } from "../../../agent/redaction";

export const TOKEN = "canary-token-0123456789";

export function held(change: Partial<Backup> = {}, verdict?: Partial<Verdict>): Held {
  const startedAt = change.startedAt ?? "2026-11-21T02:00:00.000Z";
  const source = change.source ?? "orders";
  const id = `${source}-${startedAt.replaceAll(/[-:]/g, "")}-full`;
  const backup: Backup = {
    ...{ format: 1, id, plan: "shop", site: "prod", source, engine: "postgresql", kind: "physical", type: "full" },
    ...{ trigger: "schedule", startedAt, endedAt: new Date(Date.parse(startedAt) + 60_000).toISOString() },
    ...{
      bytes: { source: 100, stored: 10 },
      counts: {},
      locator: "canary-locator",
      tools: {},
      details: { key: "canary" },
    },
    ...change,
  };
  const at = backup.endedAt;
  const one: Verdict = { backup: backup.id, verified: true, level: "restore", at, seconds: 1, reasons: [], ...verdict };
  return { backup, verdicts: verdict ? [one] : [], repositories: ["own", "dr"] };
}

/** An agent that remembers what it was asked and does nothing. */
export interface Fake {
  readonly api: Api;
  readonly asked: { readonly kind: Job["kind"]; readonly order: unknown }[];
  readonly jobs: Map<string, Job>;
  readonly lines: string[];
  busy: Job | undefined;
  backups: readonly Held[];
}

export async function startFake(ports: Partial<ApiPorts> = {}, change: Partial<ApiDeps> = {}): Promise<Fake> {
  const redactor = createRedactor();
  const fake: Omit<Fake, "api"> = { asked: [], jobs: new Map(), lines: [], busy: undefined, backups: [] };
  const start = (kind: Job["kind"], sources: readonly string[]) => (order: unknown) => {
    if (fake.busy) return Promise.resolve({ busy: fake.busy });
    fake.asked.push({ kind, order });
    const id = `${kind}-${fake.asked.length}`;
    const job: Job = { id, kind, sources, state: "running", askedAt: "2026-11-21T09:00:00.000Z" };
    fake.jobs.set(id, job);
    return Promise.resolve({ job });
  };
  const api = await createApi({
    ports: {
      sources: () => [
        { name: "orders", engine: "postgresql", types: ["full", "incr"], warms: false },
        { name: "cache", engine: "redis", types: ["full"], warms: true },
      ],
      startBackup: (order) => start("backup", order.sources)(order),
      startRestore: (order) => start("restore", [order.backup.source])(order),
      startVerify: (order) => start("verify", [order.backup.source])(order),
      startWarmup: (order) => start("warmup", order.sources)(order),
      job: (id) => fake.jobs.get(id),
      history: () => Promise.resolve({ held: fake.backups, unread: [] }),
      databases: () => Promise.resolve([{ name: "orders", engine: "postgresql", isUp: true, latencyMs: 1.5 }]),
      missing: () => Promise.resolve([]),
      ...ports,
    },
    metrics: await createMetrics({ version: "1.2.3" }),
    log: createLog({ redactor, level: "debug", write: (line) => fake.lines.push(line) }),
    ...{ redactor, token: TOKEN, plan: "shop", site: "prod", version: "1.2.3", requestsPerMinute: 1_000_000 },
    ...change,
  });
  return Object.assign(fake, { api });
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/** Asks with the token, unless the headers say otherwise. */
export async function ask(
  { api }: Fake,
  method: "GET" | "POST" | "PUT" | "DELETE",
  url: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const isRaw = typeof body === "string" || body === undefined;
  const response = await api.inject({
    ...{ method, url, headers: { authorization: `Bearer ${TOKEN}`, ...headers } },
    ...(body === undefined ? {} : { payload: isRaw ? body : (body as object) }),
  });
  const text = response.body;
  const json = /json/.test(String(response.headers["content-type"])) ? (JSON.parse(text) as Answer["json"]) : {};
  return { status: response.statusCode, headers: response.headers, text, json };
}

export const SYSTEM = "/api/v1/system";
