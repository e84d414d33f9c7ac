import { RESTORE_TYPES } from "../restore";
import { backupId, matching, object, oneOf, source, SOURCE, text, time, types } from "./words";

export const BACKUP_BODY = object({
  type: { ...oneOf(types, "The kind of backup."), default: "full" },
  source: { ...source, description: `${String(source.description)}; left out: all that can take this kind` },
  description: matching(
    String.raw`^[^\u0000-\u001f\u007f]{1,500}$`,
    "must be one line of text, 500 characters or fewer",
    500,
  ),
});

export const RESTORE_BODY = object(
  {
    backupId: {
      ...backupId,
      description: "must be the id of a backup, or latest: the newest that was proven, of a source",
    },
    type: oneOf(Object.keys(RESTORE_TYPES), "What is restored. It must fit the backup; it can be left out."),
    source,
    target: matching(
      String.raw`^(${SOURCE}|/(?!.*(^|/)\.\.(/|$))[^\u0000-\u001f]+|(postgres(ql)?|mongodb(\+srv)?|rediss?)://[^\s\u0000-\u001f]+)$`,
      "must be a source of the plan, a server's address (postgres, mongodb or redis) or the full path of a folder; left out: the source itself",
      500,
    ),
    confirm: text("The name of the target, typed: the source's name, the folder, or host:port/database of an address."),
    drop: { type: "boolean", default: true, description: "Whether the target is emptied first." },
    time,
    evenIfNotProven: { type: "boolean", default: false, description: "Restore a backup that could not be proven." },
  },
  ["backupId"],
);

export const VERIFY_BODY = object(
  {
    backupId: { ...backupId, description: "must be the id of a backup, or latest with a source" },
    source,
    level: {
      ...oneOf(["read", "restore"], "Read back only, or restored and opened by the engine."),
      default: "restore",
    },
  },
  ["backupId"],
);

export const WARMUP_BODY = object({
  source: { ...source, description: `${String(source.description)}; left out: all` },
});

export const HISTORY_QUERY = object({
  source,
  type: oneOf(types, "The kind of backup."),
  state: oneOf(["taken", "verified", "failed"], "What is known of it."),
  from: time,
  to: time,
  limit: { ...matching(String.raw`^([1-9]\d?|1\d\d|200)$`, "must be a whole number from 1 to 200"), default: "50" },
  cursor: matching("^[A-Za-z0-9_-]+$", "must be `next` of the page before", 500),
});

export const JOB_PARAMS = object({ id: matching("^[A-Za-z0-9._-]+$", "must be the id of a job", 200) }, ["id"]);
