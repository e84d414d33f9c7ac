import { rmSync, statSync } from "node:fs";
import * as path from "node:path";
import { isOnPath } from "../../test/helpers/on-path";
import type { Backup, BackupType } from "../../agent/contract";
import type { Cost } from "../measure";
import { client, sizeOf, type Subject } from "../subject";
import { timed } from "../samples";
import { changeRows, type Pattern } from "./data";
import { changedSince, writeAndSync, type Changed } from "./floors";

/** What one run of a backup arm cost; the server's reads are beside the tools' own. */
export interface BackupCost extends Cost {
  readonly stored: number;
  readonly serverRead: number;
}

/** The arms of the backup bench, over one server whose rows change between them. */
export function makeArms(at: Subject) {
  const dump = at.file("backup.sql.gz");
  const plain = at.file("backup.sql");
  const bucket = at.bucket("own");

  return {
    dump,

    /** The documents' way. */
    async dumpAndZip(): Promise<BackupCost> {
      let cost: Cost;
      const line = `${client("pg_dump", at.endpoint, at.options.database)} | gzip > '${dump}'`;
      const serverRead = await at.serverReads(async () => (cost = await at.shell(line)));
      return { ...cost!, stored: statSync(dump).size, serverRead };
    },

    /** The agent's way, read back included; what it stores is what the bucket grew by: WAL and what backups say of themselves too. */
    async agent(type: BackupType): Promise<{ cost: BackupCost; backup: Backup; readBackSeconds: number }> {
      const before = sizeOf(bucket);
      let done: Awaited<ReturnType<Subject["agent"]>>;
      const serverRead = await at.serverReads(async () => (done = await at.agent({ do: "backup", type })));
      const { answer, cost } = done!;
      const stored = sizeOf(bucket) - before;
      return {
        cost: { ...cost, stored, serverRead },
        backup: answer.backup!,
        readBackSeconds: answer.readBackSeconds!,
      };
    },

    /** Changes rows since `last`; answers what a backup of the change cannot be smaller than, before it is compressed. */
    async change(percent: number, pattern: Pattern, seed: number, last: Backup): Promise<Changed> {
      await at.connected((sql) => changeRows(sql, percent, pattern, seed));
      await at.settle();
      return changedSince(at.dataFolder, String(last.details["lsnStart"]));
    },

    /** Begins a new month: no dead rows, and an archive that holds nothing. */
    async fresh(): Promise<void> {
      await at.query("vacuum");
      await at.settle();
      rmSync(path.join(bucket, "pgbackrest"), { recursive: true });
      await at.physical().prepare("own");
    },

    /** What no backup can be faster than: its bytes written and synced; the data through a compressor alone, from memory. */
    async floors(stored: number): Promise<Readonly<Record<string, number>>> {
      await at.shell(`${client("pg_dump", at.endpoint, at.options.database)} > '${plain}'`);
      const data = `find '${path.join(at.dataFolder, "base")}' -type f -print0 | xargs -0 cat`;
      const alone = async (line: string) => {
        await at.shell(`${line.split(" | ").slice(0, -1).join(" | ")} > /dev/null`); // into memory first
        return (await at.shell(`${line} > /dev/null`)).seconds;
      };
      try {
        return {
          "floor: full's bytes written and synced": await timed(() =>
            Promise.resolve(writeAndSync(at.file("floor"), stored)),
          ),
          "floor: gzip of the dump alone": await alone(`cat '${plain}' | gzip`),
          ...(isOnPath("zstd")
            ? { "floor: zstd -1 of the files alone, 2 threads": await alone(`${data} | zstd -q -1 -T2`) }
            : {}),
        };
      } finally {
        rmSync(plain);
      }
    },
  };
}
