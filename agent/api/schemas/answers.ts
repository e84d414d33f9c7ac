import { ENGINES, integer, list, number, object, oneOf, text, type Schema } from "./words";

const job = {
  id: text("Follow the work by it."),
  kind: oneOf(["backup", "restore", "verify", "warmup"], "What is done."),
  sources: list(text("A source."), "What it is done to."),
  state: oneOf(["queued", "running", "succeeded", "failed"], "How far it is."),
  askedAt: text("When it was asked for."),
  endedAt: text("When it ended."),
  progress: object(
    { phase: text("What is being done."), bytes: integer("Bytes done."), totalBytes: integer("Bytes in all.") },
    ["phase", "bytes"],
  ),
  backups: list(text("An id."), "Backups that were made, restored or proven."),
  error: { type: "string", description: "Why it failed." },
  href: text("Where to follow it."),
};
export const JOB = object(job, ["id", "kind", "sources", "state", "askedAt", "href"]);

const backup = object(
  {
    id: text("Its id."),
    site: text("The site that it was made at."),
    source: text("What it holds."),
    engine: oneOf(ENGINES, "The engine."),
    kind: oneOf(["physical", "logical", "files"], "The engine's files, what it exports, or files as they lie."),
    type: oneOf(["full", "incr", "diff"], "The kind of backup."),
    trigger: oneOf(["schedule", "manual", "start", "change"], "Why it was made."),
    description: { type: "string", description: "What whoever asked for it said." },
    startedAt: text("When it began: it holds nothing newer."),
    endedAt: text("When it ended."),
    bytes: object({ source: integer("At the source."), stored: integer("Added to the repository.") }, [
      "source",
      "stored",
    ]),
    state: oneOf(["taken", "verified", "failed"], "Verified only if it was proven to restore."),
    reference: text("The backup that it builds on."),
    verdict: object(
      {
        at: text("When it was proven."),
        level: oneOf(["read", "restore"], "How."),
        reasons: list({ type: "string" }, "Why not."),
      },
      ["at", "level", "reasons"],
    ),
    repositories: list(text("`own`, a site, or `copy-of-` a site."), "Where it lies."),
    inherited: {
      type: "boolean",
      description: "True: it lies in a copy of another site's bucket only, which is read here and never written.",
    },
  },
  [
    ...["id", "site", "source", "engine", "kind", "type", "trigger", "startedAt", "endedAt", "bytes", "state"],
    "repositories",
  ],
);
export const HISTORY = object(
  {
    backups: list(backup, "Newest first."),
    total: integer("How many there are on all pages."),
    next: text("Cursor of the next page; absent on the last."),
    unread: list(
      text("Which, and why."),
      "Copies of other sites' buckets that could not be read: the list lacks them.",
    ),
  },
  ["backups", "total"],
);

const database = object(
  {
    name: text("Its name."),
    engine: oneOf(ENGINES, "Its engine."),
    isUp: { type: "boolean", description: "Whether it answers." },
    role: oneOf(["primary", "standby"], "Whether it takes writes."),
    latencyMs: number("How long it took to answer."),
    replicationLagSeconds: number("How far behind it is."),
    version: text("Its version."),
    reason: { type: "string", description: "Why it does not answer." },
  },
  ["name", "engine", "isUp"],
);
export const HEALTH = object(
  {
    status: oneOf(["healthy", "unhealthy"], "Healthy: all answer."),
    at: text("When they were asked."),
    databases: list(database, "Each of the plan's databases."),
  },
  ["status", "at", "databases"],
);

export const METRICS = object(
  {
    at: text("When they were read."),
    metrics: list(
      object(
        {
          name: text("As in docs/metrics.md."),
          type: oneOf(["gauge", "counter"], "A value, or a count that only grows."),
          help: text("What it means."),
          values: list(
            object({ labels: { type: "object", description: "Of what." }, value: number("The value.") }, [
              "labels",
              "value",
            ]),
            "A value for each.",
          ),
        },
        ["name", "type", "help", "values"],
      ),
      "All metrics.",
    ),
  },
  ["at", "metrics"],
);

export const PROBE = object({ ok: { type: "boolean" }, missing: list({ type: "string" }, "What is missing.") }, ["ok"]);

export const PROBLEM: Schema = {
  ...object(
    {
      type: text("Which problem; docs/api.md explains each."),
      title: text("Its title, always the same."),
      status: integer("The status code."),
      detail: text("What is wrong.", 5000),
      wayOut: text("What to do.", 5000),
      instance: text("The request, as it is called in the agent's log."),
      errors: list(
        object({ field: { type: "string" }, rule: text("The rule that is broken."), got: { type: "string" } }, [
          "field",
          "rule",
        ]),
        "Each thing that is wrong.",
      ),
      job: text("The job that is in the way."),
      confirm: text("What `confirm` must be."),
    },
    ["type", "title", "status", "detail", "wayOut", "instance"],
  ),
  description: "What is wrong, which rule, what was got, and the way out (RFC 9457).",
};
