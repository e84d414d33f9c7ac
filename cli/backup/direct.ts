import { randomBytes } from "node:crypto";
import { createApi } from "../../agent/api";
import type { AgentConfig } from "../../agent/config";
import { createJobs } from "../../agent/jobs";
import { createLog } from "../../agent/log";
import { createRedactor } from "../../agent/redaction";
import { secretReader } from "../../agent/secrets";
import { version } from "../../package.json";
import type { Send } from "./send";

export interface Direct {
  readonly send: Send;
  /** Ends what runs and rolls it back. */
  readonly close: () => Promise<void>;
}

/** Nobody reads the numbers of an agent that lives for one command. */
const UNCOUNTED = {
  contentType: "text/plain",
  add: () => {},
  text: () => Promise.resolve(""),
  json: () => Promise.resolve([]),
};

/**
 * An agent in this process for one command: without its clock, and nothing listens. It is asked through the same API as one
 * that runs, so that it refuses the same and says the same.
 */
export async function openDirect(config: AgentConfig): Promise<Direct> {
  const redactor = createRedactor();
  const write = (line: string) => void process.stderr.write(line);
  const log = createLog({ redactor, write, level: process.env.DR_TRACE ? "debug" : "silent" });
  const jobs = createJobs({ config, log, redactor, secret: secretReader(config, redactor) });
  const token = randomBytes(32).toString("hex");
  const { plan, site } = config;
  const api = await createApi({
    ...{ ports: jobs.ports, metrics: UNCOUNTED, log, redactor, token, plan, site, version },
    requestsPerMinute: Number.MAX_SAFE_INTEGER,
  });
  let closing: Promise<void> | undefined;
  return {
    async send(method, url, payload) {
      if (url === "/readyz") await jobs.look(); // it tells what was seen last, and this process has seen nothing yet
      const headers = { authorization: `Bearer ${token}` };
      const answer = await api.inject({ method, url, headers, ...(payload ? { payload } : {}) });
      const header = (name: string) => (answer.headers[name] === undefined ? undefined : String(answer.headers[name]));
      const isJson = /\bjson\b/.test(header("content-type") ?? "");
      return { status: answer.statusCode, header, body: isJson ? JSON.parse(answer.body) : answer.body };
    },
    close: () => (closing ??= jobs.stop().then(() => api.close())),
  };
}
