import * as z from "zod";
import { count, duration, hostname, matching, names, secret, text } from "./words";

export const dns = z
  .strictObject({
    zone: hostname("Zone that holds the record."),
    zoneId: matching(/^Z[A-Z0-9]{5,31}$/, "must be a hosted zone's id in Route 53, such as Z0123456789ABCDEFGHIJ")
      .describe(
        "Route 53's id of the zone, where a site is on aws. A person makes the zone: its delegation outlives every site.",
      )
      .optional(),
    name: hostname("Record that users reach the system by. It names the live site."),
    ttl: duration("How long resolvers may keep the answer. A part of every recovery time.").prefault("30s"),
    provider: z
      .enum(["rfc2136", "route53", "azure", "external-dns"])
      .describe("Who serves the zone. Default: what the first site's platform has.")
      .optional(),
    aliases: z.array(hostname("A name.")).default([]).describe("Further names that follow the live site."),
  })
  .describe("The failover record.");

const witness = matching(
  /^https?:\/\/(?![^/]*@)[^\s\p{Cc}<>"/?#]{3,300}\/?$/u,
  "must be the address of a `pulumi-dr witness`, such as https://witness.example.com:8901; a place that is only named cannot be asked",
).describe("Address of a `pulumi-dr witness`.");

export const failover = z
  .strictObject({
    mode: z
      .enum(["manual", "automatic"])
      .default("manual")
      .describe(
        "manual: a person says that the site is lost. automatic: `pulumi-dr watch` may, if the witnesses agree.",
      ),
    detectAfter: duration("How long a site must be unreachable before it counts as lost.").prefault("30s"),
    witnesses: z
      .array(witness)
      .default([])
      .describe("Places that must agree before an automatic failover: two or more, none of them at a site."),
    witnessToken: secret("Name of the secret by which the watch and its witnesses know each other.").default(
      "DR_WITNESS_TOKEN",
    ),
    maxLoss: duration("An automatic failover stops if more than this would be lost.").optional(),
    limit: duration("At most one automatic failover in this time: what comes back may go again.").prefault("6h"),
    loadBalancer: duration("Within what time a load balancer inside a site turns to its standby.").optional(),
    newReplica: z.boolean().default(true).describe("Whether a new replica is started after a promotion."),
    authority: names("Contacts who may declare a site lost and accept the loss of data.").default([]),
    regionSwitch: z
      .boolean()
      .describe(
        "Whether a plan of ARC Region switch turns the record, once a person approves, where both sites are on aws. Default: health checks of the sites turn it.",
      )
      .optional(),
  })
  .describe("Who or what moves the system to the other site.")
  .prefault({});

export const storage = z
  .strictObject({
    local: z
      .boolean()
      .default(true)
      .describe("Whether the newest backups are also kept at the site itself, for a quick restore."),
    versioning: z.boolean().default(true).describe("Whether overwritten and deleted objects are kept as versions."),
    softDelete: duration("How long a deleted object can be brought back.").prefault("30d"),
    immutable: duration("How long an object cannot be changed or deleted by anyone. 0s: it can.").prefault("7d"),
    redundancy: z
      .enum(["geo", "zone+geo"])
      .default("geo")
      .describe("geo: copied to the other site. zone+geo: and kept in several zones of each."),
    keyRotation: duration("How often the key that encrypts backups (AES-256) is replaced.").prefault("90d"),
    credentialRotation: duration("How often the credentials for the storage are replaced.").prefault("90d"),
  })
  .describe("Where backups are kept. They are always encrypted with AES-256 before they leave the machine.")
  .prefault({});

export const backupBefore = z
  .array(z.enum(["deploy", "schema-change", "maintenance"]))
  .default([])
  .describe("Occasions that need a manual backup with a description first.");

export const api = z
  .strictObject({
    port: count(
      1,
      65535,
      "Port of the agent's HTTP API: backup, history, restore, verify, health, metrics, cache warm-up.",
    ).default(8900),
    token: secret("Name of the secret that holds the bearer token.").default("DR_API_TOKEN"),
  })
  .describe("The agent's HTTP API.")
  .prefault({});

export const breach = z
  .strictObject({
    preserve: z
      .array(z.enum(["logs", "snapshots"]))
      .default(["logs", "snapshots"])
      .describe("Evidence that is kept before anything is touched."),
    rotate: z
      .array(secret("Name of a secret."))
      .default([])
      .describe("Secrets that are replaced before service resumes. Empty: all of them."),
    notify: names("Contacts who are told of a breach.").default([]),
  })
  .describe("What a breach of security asks for. Isolation (deny all) always comes first.")
  .prefault({});

export const network = z
  .strictObject({
    dns: z.array(hostname("A name.")).default([]).describe("Names that must resolve."),
    connect: z
      .array(matching(/^[A-Za-z0-9.-]{1,253}:\d{1,5}$/, "must be host:port"))
      .default([])
      .describe("Addresses (host:port) that must accept a connection, past every firewall."),
  })
  .describe("What is checked when the network is suspected.")
  .prefault({});

export const evidence = z
  .strictObject({
    keep: duration("How long the audit trail of recovery acts is kept.").prefault("365d"),
    postMortem: z
      .array(duration("A time."))
      .prefault(["24h", "7d"])
      .describe("When the first account and the full post-mortem are due after an incident."),
    template: text("Path of a post-mortem template. Default: the one that comes with pulumi-dr.", 200).optional(),
  })
  .describe("What is written down, and for how long.")
  .prefault({});

export const afterRecovery = z
  .strictObject({
    freshBackup: z.boolean().default(true).describe("Whether a backup is taken at once."),
    rowCounts: z.boolean().default(true).describe("Whether row counts are compared with the last ones known."),
    flows: z.array(text("A flow.", 200)).default([]).describe("Key user flows that a person tries."),
    checklist: names("Checklists to work through.").default([]),
  })
  .describe("What is checked after every recovery, beside the health of each service.")
  .prefault({});
