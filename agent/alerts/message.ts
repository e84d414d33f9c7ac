import { createHash } from "node:crypto";
import { formatDuration } from "../../plan/duration";
import type { Notice } from "./incident";
import { CHANNEL_FAILING, type Breach, type RuleName, type Severity } from "./rules";

/** What a channel is given to say. Plain text throughout: each channel escapes as its own format asks. */
export interface Message {
  /** Differs for each message; the same in every attempt to deliver it. */
  readonly id: string;
  readonly kind: Notice["kind"];
  /** The same for all messages about one incident, 255 characters or fewer. */
  readonly incident: string;
  readonly severity: Severity;
  readonly title: string;
  readonly facts: readonly (readonly [label: string, value: string])[];
  readonly plan: string;
  readonly site: string;
  readonly rule: string;
  readonly source: string;
  /** ISO 8601. */
  readonly since: string;
  readonly at: string;
  readonly statusPage?: string;
}

export interface Place {
  readonly plan: string;
  readonly site: string;
  readonly statusPage?: string | undefined;
}

type Unit = "percent" | "seconds" | "bytes" | "none";

const WORDS: Readonly<Record<RuleName, readonly [sentence: string, unit: Unit]>> = {
  serviceDown: ["does not answer its health check", "none"],
  databaseDown: ["database does not answer", "none"],
  cacheDown: ["Redis does not answer", "none"],
  filesUnavailable: ["cannot be read or written", "none"],
  cpu: ["CPU is over its threshold", "percent"],
  memory: ["memory is over its threshold", "percent"],
  disk: ["disk is filling up", "percent"],
  errorRate: ["too many requests fail", "percent"],
  replicationLag: ["replica is too far behind", "seconds"],
  backupFailed: ["backup failed or did not start", "none"],
  backupAge: ["newest verified backup is too old", "seconds"],
  backupSize: ["backup is suspiciously small", "bytes"],
  backupSizeChange: ["backup differs in size from the usual", "percent"],
  backupSuccess: ["too many backups failed in the last 30 days", "percent"],
  backupSpace: ["little space is left for backups", "bytes"],
  verifyFailed: ["backup could not be proven", "none"],
  oneCopyOnly: ["backup exists at one site only", "none"],
  certificateExpiry: ["certificate is about to end", "seconds"],
  keyAge: ["keys of the repositories are due to be replaced", "seconds"],
};
/** Rules that no plan has: they are always on. */
const OWN: Readonly<Record<string, string>> = {
  [CHANNEL_FAILING]: "alerts do not arrive by this channel",
  walGap: "WAL is missing from the archive",
  siteLost: "shows no sign of life",
  siteUnsure: "is not well, and not lost",
  watchIsolated: "hears neither sites nor name server; it cannot tell what is lost",
  witnessSilent: "says nothing as a witness",
  failedOver: "was failed over by itself",
  failoverFailed: "could not be failed over by itself",
  test: "works",
};

const KINDS: Readonly<Record<Notice["kind"], string>> = {
  firing: "",
  repeat: "still: ",
  worse: "worse: ",
  flapping: "comes and goes: ",
  resolved: "resolved: ",
  test: "test: ",
};

export function messageOf({ kind, key, breach, since, at }: Notice, { plan, site, statusPage }: Place): Message {
  const time = (ms: number) => new Date(ms).toISOString();
  const incident = `${plan}/${site}/${key}`;
  return {
    id: createHash("sha256").update(`${incident} ${kind} ${at}`).digest("hex").slice(0, 32),
    kind,
    incident: incident.length <= 255 ? incident : createHash("sha256").update(incident).digest("hex"),
    severity: breach.severity,
    title: `${KINDS[kind]}${breach.source}: ${sentenceOf(breach.rule)}`,
    facts: [
      ["Severity", breach.severity],
      ["System", `${plan}, site ${site}`],
      ["Rule", breach.rule],
      ...valuesOf(breach),
      ...(breach.reason ? [["Why", breach.reason] as const] : []),
      ["Since", time(since)],
      ...(kind === "resolved" ? [["Lasted", formatDuration(Math.round((at - since) / 1000))] as const] : []),
    ],
    ...{ plan, site, rule: breach.rule, source: breach.source, since: time(since), at: time(at) },
    ...(statusPage ? { statusPage } : {}),
  };
}

/** The message that tells whether a channel works. */
export function testMessage(channel: string, at: number, place: Place): Message {
  const breach: Breach = {
    ...{ rule: "test", source: channel, severity: "P4" },
    reason: "Sent at deploy to see whether this channel works. There is nothing to do.",
  };
  return messageOf({ kind: "test", key: `test/${channel}`, breach, since: at, at }, place);
}

const sentenceOf = (rule: string) => WORDS[rule as RuleName]?.[0] ?? OWN[rule] ?? rule;

function valuesOf({ rule, value, threshold }: Breach): (readonly [string, string])[] {
  const unit = WORDS[rule as RuleName]?.[1] ?? "none";
  if (typeof value !== "number" || unit === "none") return [];
  const limit = threshold === undefined ? "" : ` (threshold ${formatValue(threshold, unit)})`;
  return [["Value", `${formatValue(value, unit)}${limit}`]];
}

function formatValue(value: number, unit: Unit): string {
  if (unit === "percent") return `${Math.round(value * 10) / 10} %`;
  if (unit === "seconds") return value < 0 ? "ended" : formatDuration(Math.round(value));
  const units = ["B", "KB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)));
  return `${Math.round((value / 1000 ** power) * 10) / 10} ${units[power]}`;
}

/** Title and facts as lines, for channels that take nothing but text. */
export const linesOf = ({ title, severity, facts, statusPage }: Message): readonly string[] => [
  `[${severity}] ${title}`,
  ...facts.filter(([label]) => label !== "Severity").map(([label, value]) => `${label}: ${value}`),
  ...(statusPage ? [`Status page: ${statusPage}`] : []),
];

/** At most so many characters; an ellipsis says that something is missing. */
export const shorten = (text: string, max: number) => (text.length <= max ? text : `${text.slice(0, max - 1)}…`);
