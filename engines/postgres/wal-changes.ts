import { spawn } from "node:child_process";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { bareEnvironment, owner } from "../run";
import { serverUser } from "../user";
import { binaries } from "./binaries";

/** What committed transactions of a stretch of WAL touched. */
export interface Changes {
  /** Numbers of the transactions and their parts, as a row's `xmin` holds them. */
  readonly transactions: ReadonlySet<number>;
  /** By database (its OID), the files of tables that they wrote to. */
  readonly files: ReadonlyMap<number, ReadonlySet<number>>;
  /** Rows that they deleted, by `<database OID>/<file>`. */
  readonly deletions: ReadonlyMap<string, number>;
}

interface Touched {
  readonly files: Map<number, Set<number>>;
  readonly deletions: Map<string, number>;
}

/** Gathers {@link Changes} from the lines that `pg_waldump` prints. */
export function changesReader(): { readonly read: (line: string) => void; readonly end: () => Changes } {
  const committed = new Set<number>();
  const touched = new Map<number, Touched>();
  const of = (transaction: number): Touched => {
    const known = touched.get(transaction) ?? { files: new Map(), deletions: new Map() };
    touched.set(transaction, known);
    return known;
  };
  return {
    read(line) {
      const record = /^rmgr: (\S+) .*?\btx: +(\d+),.*? desc: (\S+)(.*)$/.exec(line);
      if (!record) return;
      const [, manager, number, operation, rest] = record as unknown as [string, string, string, string, string];
      if (manager === "Transaction" && operation.startsWith("COMMIT")) {
        // A prepared transaction commits under the number that it was prepared with.
        committed.add(Number(/^COMMIT_PREPARED/.test(operation) ? (/\b(\d+)/.exec(rest)?.[1] ?? number) : number));
        for (const part of /subxacts: ([\d ]+)/.exec(rest)?.[1]?.trim().split(" ") ?? []) committed.add(Number(part));
      }
      if (manager !== "Heap" && manager !== "Heap2") return;
      const place = /\brel \d+\/(\d+)\/(\d+)/.exec(rest);
      if (!place || number === "0") return;
      const [database, file] = [Number(place[1]), Number(place[2])];
      const { files, deletions } = of(Number(number));
      files.set(database, (files.get(database) ?? new Set()).add(file));
      const where = `${database}/${file}`;
      if (operation.startsWith("DELETE")) deletions.set(where, (deletions.get(where) ?? 0) + 1);
    },
    end() {
      const files = new Map<number, Set<number>>();
      const deletions = new Map<string, number>();
      for (const [transaction, its] of touched) {
        if (!committed.has(transaction)) continue;
        for (const [database, some] of its.files)
          files.set(database, new Set([...(files.get(database) ?? []), ...some]));
        for (const [where, count] of its.deletions) deletions.set(where, (deletions.get(where) ?? 0) + count);
      }
      return { transactions: committed, files, deletions };
    },
  };
}

/** What was committed in the WAL of a data folder from a position on, on one timeline, to its end. The server must not run. */
export async function changesSince(data: string, timeline: number, lsn: string): Promise<Changes> {
  const reader = changesReader();
  const program = path.join(binaries().folder, "pg_waldump");
  const args = ["--path", path.join(data, "pg_wal"), "--timeline", String(timeline), "--start", lsn];
  const child = spawn(program, args, {
    env: bareEnvironment(),
    stdio: ["ignore", "pipe", "pipe"],
    ...owner(serverUser()),
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-2_000)));
  createInterface({ input: child.stdout }).on("line", reader.read);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  // The end of WAL is no record: pg_waldump always ends with that complaint.
  if (
    code !== 0 &&
    !/error in WAL record at|could not find (a )?valid record|invalid (record|magic|resource)/i.test(said)
  )
    throw new Error(`the WAL since ${lsn} cannot be read: ${said.trim()}`);
  return reader.end();
}
