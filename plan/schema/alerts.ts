import * as z from "zod";
import { duration, email, named, names, percent, secret, size, text, url } from "./words";

export const SEVERITIES = ["P0", "P1", "P2", "P3", "P4"] as const;
export const severity = (description: string) => z.enum(SEVERITIES).describe(description);

const address = secret("Name of the secret that holds the address.");
const channel = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("email").describe("E-mail."),
    to: z.array(email("An address.")).min(1, "must name at least one address").describe("Who receives it."),
    server: secret("Name of the secret that holds the SMTP server's address.").default("SMTP_URL"),
  }),
  z.strictObject({ type: z.literal("slack").describe("Slack, by an incoming webhook."), address }),
  z.strictObject({ type: z.literal("teams").describe("Microsoft Teams, by a webhook."), address }),
  z.strictObject({ type: z.literal("discord").describe("Discord, by a webhook."), address }),
  z.strictObject({ type: z.literal("webhook").describe("Any web address that takes JSON."), address }),
  z.strictObject({
    type: z.literal("pagerduty").describe("PagerDuty."),
    key: secret("Name of the secret that holds the routing key."),
  }),
  z.strictObject({
    type: z.literal("sms").describe("SMS, by a gateway."),
    to: z.array(text("A telephone number.", 40)).min(1, "must name at least one number").describe("Who receives it."),
    gateway: secret("Name of the secret that holds the gateway's address."),
  }),
]);

const rule = (description: string, after: string, level: (typeof SEVERITIES)[number]) => ({
  shape: {
    enabled: z.boolean().default(true).describe("Whether this rule is on."),
    after: duration("How long it must last before anyone is told.").prefault(after),
    severity: severity("How bad it is.").default(level),
    channels: names("Channels that are told. Empty: all that take this severity.").default([]),
  },
  description,
});
type Rule = ReturnType<typeof rule>;
const plain = ({ shape, description }: Rule) => z.strictObject(shape).describe(description).prefault({});
const abovePercent = ({ shape, description }: Rule, above: number) =>
  z
    .strictObject({ ...shape, above: percent("Per cent.").default(above) })
    .describe(description)
    .prefault({});
const belowPercent = ({ shape, description }: Rule, below: number) =>
  z
    .strictObject({ ...shape, below: percent("Per cent.").default(below) })
    .describe(description)
    .prefault({});
const belowSize = ({ shape, description }: Rule, below: string) =>
  z
    .strictObject({ ...shape, below: size("A size.").prefault(below) })
    .describe(description)
    .prefault({});
const aboveTime = ({ shape, description }: Rule, above: string) =>
  z
    .strictObject({ ...shape, above: duration("A duration.").prefault(above) })
    .describe(description)
    .prefault({});

const rules = z
  .strictObject({
    serviceDown: plain(rule("A service does not answer its health check.", "0s", "P1")),
    databaseDown: plain(rule("A database does not answer.", "0s", "P0")),
    cacheDown: plain(rule("Redis does not answer.", "0s", "P2")),
    filesUnavailable: plain(rule("A protected path cannot be read or written.", "0s", "P1")),
    cpu: abovePercent(rule("CPU over a threshold.", "5m", "P2"), 90),
    memory: abovePercent(rule("Memory over a threshold.", "5m", "P2"), 90),
    disk: abovePercent(rule("Disk filled over a threshold.", "1h", "P2"), 85),
    errorRate: abovePercent(rule("Share of requests that fail.", "5m", "P1"), 5),
    replicationLag: aboveTime(rule("The replica is further behind than this.", "1m", "P1"), "1m"),
    backupFailed: plain(rule("A backup failed, or did not start.", "0s", "P1")),
    backupAge: aboveTime(rule("The newest verified backup is older than this.", "0s", "P1"), "26h"),
    backupSize: belowSize(rule("A backup is suspiciously small.", "0s", "P1"), "1 MB"),
    backupSizeChange: abovePercent(rule("A backup's size differs from the usual by more than this.", "0s", "P2"), 50),
    backupSuccess: belowPercent(rule("Share of backups that succeeded in the last 30 days.", "0s", "P2"), 95),
    backupSpace: belowSize(rule("Free space where backups are kept.", "0s", "P2"), "10 GB"),
    verifyFailed: plain(rule("A backup could not be proven.", "0s", "P1")),
    oneCopyOnly: plain(rule("A backup exists at one site only.", "1h", "P1")),
    certificateExpiry: z
      .strictObject({ ...rule("", "0s", "P2").shape, below: duration("Validity left.").prefault("14d") })
      .describe("A certificate is about to expire.")
      .prefault({}),
    keyAge: plain(rule("The repositories' keys are older than `storage.keyRotation`.", "1h", "P2")),
  })
  .describe("What is watched. Every rule is on, with these thresholds, unless changed here.")
  .prefault({});

export const alerts = z
  .strictObject({
    checkEvery: duration("How often the rules about backups are looked at.").prefault("15m"),
    channels: named(channel, "Ways to tell people.").default({}),
    severe: names("Channels that are told of the two worst severities only, such as SMS.").default([]),
    rules,
    statusPage: url("Public status page.").optional(),
  })
  .describe("Who is told what.")
  .prefault({});
