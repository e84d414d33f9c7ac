import { closeSync, existsSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import * as path from "node:path";
import { descendants, findKept } from "../../engines/process";
import type { Journal } from "./journal";
import type { System } from "./system";

/** Something bad that the agent said, by whatever way. */
export interface Said {
  readonly at: number;
  readonly by: "log" | "status" | "alert";
  /** All of it, to be searched. */
  readonly text: string;
}

export interface Finding {
  readonly rule: string;
  readonly source: string;
  readonly reason: string;
}

/** The tester's eyes and ears: the agent's log, its status, its alerts, its process and those of its tools. */
export interface Watch {
  readonly said: readonly Said[];
  /** What `/status` says just now; undefined: it does not answer. */
  readonly findings: () => readonly Finding[] | undefined;
  readonly sources: () => readonly string[];
  readonly agentPid: () => number | undefined;
  readonly maxRssKiB: () => number;
  /** How often something happened, by the log: `backup-verified`, `backup-failed` and so on, by source. */
  readonly counts: ReadonlyMap<string, number>;
  /** Why backups and proofs failed, in the agent's words without numbers and names. */
  readonly reasons: ReadonlyMap<string, number>;
  /** What the agent's log calls verified, as it says it. */
  readonly verified: readonly Verified[];
  readonly stop: () => void;
}

export interface Verified {
  readonly at: number;
  readonly source: string;
  readonly repository: string;
}

const PROCESSES_EVERY_MS = 300;
const STATUS_EVERY_MS = 2_000;
/** What is bad news in the agent's log; its supervisor writes there too, and not in JSON. */
const BAD = /^[^{]|"level":"(warn|error|fatal)"|-failed"|-refused"/;

export function watch(system: System, journal: Journal): Watch {
  const said: Said[] = [];
  const verified: Verified[] = [];
  const counts = new Map<string, number>();
  const reasons = new Map<string, number>();
  let [rss, read, rest] = [0, 0, ""];
  let findings: readonly Finding[] | undefined;
  let sources: readonly string[] = [];
  const known = new Set<string>();
  const told = new Set<string>();
  const log = path.join(system.agent, "process.log");

  const say = (by: Said["by"], text: string) => {
    said.push({ at: Date.now(), by, text });
    lookForSecrets(by, text);
  };
  function lookForSecrets(where: string, text: string): void {
    for (const secret of system.secrets())
      if (text.includes(secret) && !told.has(`${where} ${secret}`)) {
        told.add(`${where} ${secret}`);
        journal.violate("secret told", `${where}: ${text.replaceAll(secret, "<the secret>").slice(0, 300)}`);
      }
  }
  system.listener.onAlert = (alert) => {
    journal.note("alert", { alert });
    if (alert.kind !== "resolved" && alert.kind !== "test") say("alert", alert.text);
    else lookForSecrets("alert", alert.text);
  };

  const readLog = () => {
    if (!existsSync(log)) return;
    const file = openSync(log, "r");
    try {
      const fresh = Buffer.alloc(fstatSync(file).size - read);
      read += readSync(file, fresh, 0, fresh.length, read);
      const lines = (rest + fresh.toString()).split("\n");
      rest = lines.pop()!;
      lines.forEach(hear);
    } finally {
      closeSync(file);
    }
  };
  /** An agent that is killed may leave half a line. */
  const hear = (line: string) => {
    if (line === "") return;
    journal.note("log", { line });
    if (BAD.test(line)) say("log", line);
    else lookForSecrets("log", line);
    if (!line.startsWith("{")) return;
    const read = parsed(line);
    if (!read) return;
    const { message, source = "", repository = "", reason, reasons: many } = read;
    count(counts, `${message} ${source}`.trim());
    if (message === "backup-verified") verified.push({ at: Date.now(), source, repository });
    if (message.endsWith("-failed")) count(reasons, `${message}: ${classOf(reason ?? many?.[0] ?? "no reason")}`);
  };

  const logTimer = setInterval(readLog, 250);
  const statusTimer = setInterval(() => {
    void (async () => {
      try {
        const response = await fetch(`${system.agentUrl}/status`, {
          headers: { authorization: `Bearer ${system.token}` },
          signal: AbortSignal.timeout(1_500),
        });
        const text = await response.text();
        lookForSecrets("status", text);
        const status = JSON.parse(text) as { findings: Finding[]; sources: Record<string, unknown> };
        findings = status.findings;
        sources = Object.keys(status.sources);
      } catch {
        findings = undefined;
        return;
      }
      for (const finding of findings) {
        const text = JSON.stringify(finding);
        const key = `${finding.rule} ${finding.source} ${finding.reason}`;
        if (!known.has(key)) say("status", text);
        known.add(key);
      }
      for (const key of [...known])
        if (!findings.some(({ rule, source, reason }) => `${rule} ${source} ${reason}` === key)) known.delete(key);
    })();
  }, STATUS_EVERY_MS);
  const processTimer = setInterval(() => {
    const pid = agentPid();
    if (pid !== undefined) rss = Math.max(rss, rssOf(pid));
    for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name)))
      lookForSecrets("process list", textOf(`/proc/${entry}/cmdline`));
  }, PROCESSES_EVERY_MS);

  /** The agent itself: the child of the supervisor that `pulumi up` noted. */
  function agentPid(): number | undefined {
    const supervisor = findKept(path.join(system.agent, "pid.json"));
    return supervisor && descendants(supervisor.pid)[0];
  }
  return {
    ...{ said, verified, counts, reasons, agentPid },
    findings: () => findings,
    sources: () => sources,
    maxRssKiB: () => rss,
    stop() {
      for (const timer of [logTimer, statusTimer, processTimer]) clearInterval(timer);
      readLog();
    },
  };
}

function parsed(line: string): Line | undefined {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return undefined;
  }
}

interface Line {
  readonly message: string;
  readonly source?: string;
  readonly repository?: string;
  readonly reason?: string;
  readonly reasons?: readonly string[];
}

const count = (counts: Map<string, number>, what: string) => void counts.set(what, (counts.get(what) ?? 0) + 1);

/** Reasons of one kind read the same once what differs each time is out of them. */
export const classOf = (reason: string) =>
  reason
    .split("\n")[0]!
    .replaceAll(/\/[\w./@-]+/g, "<path>")
    .replaceAll(/\b[\w.-]*\d{8}T\d+(\.\d+)?Z[\w-]*|\b\d{8}-\d{6}F(_\w+)?|\b[0-9a-f]{6,}\b/gi, "<id>")
    .replaceAll(/\d+(\.\d+)?/g, "N")
    .slice(0, 120);

const rssOf = (pid: number) => Number(/^VmRSS:\s+(\d+)/m.exec(textOf(`/proc/${pid}/status`))?.[1] ?? 0);

export function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // ended meanwhile
  }
}
