import type { Ledgers } from "../oracle/judge";
import { PLAN, SETTINGS, UPLOADS } from "../plan";
import type { Random } from "../../helpers/random";
import type { System } from "../system";
import { writeSettings, writeUploads, type TreeWriter } from "./files";
import { writeDocuments } from "./mongodb";
import { writeRows } from "./postgresql";
import { writeKeys } from "./redis";
import { Items, type Writer } from "./writing";

/** All writers and their books. */
export interface Writers {
  readonly ledgers: Ledgers & { readonly uploads: TreeWriter; readonly settings: TreeWriter };
  readonly all: readonly Writer[];
  readonly stop: () => Promise<void>;
}

/** Starts to write to all that is there before the first `up`. PostgreSQL follows once it is there. */
export function startWriters(system: System, random: Random): Writers & { readonly addRows: () => void } {
  const [rows, documents, keys] = [
    new Items(random.fork("rows")),
    new Items(random.fork("d")),
    new Items(random.fork("k")),
  ];
  const uploads = writeUploads(system.files, UPLOADS, random.fork("uploads"), 700);
  const settings = writeSettings(system.files, SETTINGS, random.fork("settings"), 10_000, system.canary);
  const all: Writer[] = [
    writeDocuments(system.mongo.port, PLAN, documents, 450),
    writeKeys(system.redis.port, system.redis.password, keys, 450),
    ...[uploads, settings],
  ];
  return {
    ...{ ledgers: { rows, documents, keys, uploads, settings }, all },
    addRows: () => void all.unshift(writeRows(system.endpoint, rows, 350)),
    async stop() {
      for (const writer of all) await writer.stop();
    },
  };
}
