import assert from "node:assert/strict";
import { changesReader } from "../../../engines/postgres/wal-changes";

const line = (manager: string, transaction: number, description: string) =>
  `rmgr: ${manager.padEnd(11)} len (rec/tot):     59/    59, tx: ${String(transaction).padStart(10)}, lsn: 0/03000148, prev 0/03000110, desc: ${description}`;
const rel = (file: number, database = 16384) => `, blkref #0: rel 1663/${database}/${file} blk 0`;

function changes(...lines: readonly string[]) {
  const reader = changesReader();
  lines.forEach(reader.read);
  return reader.end();
}

// Lines as pg_waldump of PostgreSQL 15 prints them.
describe("engines/postgres/wal-changes", () => {
  it("knows what a committed transaction wrote to, and how many rows it deleted", () => {
    const found = changes(
      line("Heap", 745, `INSERT off 1 flags 0x08${rel(16400)}`),
      line("Heap", 745, `HOT_UPDATE off 1 xmax 745 flags 0x60 ; new off 2 xmax 0${rel(16401)}`),
      line("Heap", 745, `DELETE off 4 flags 0x00 KEYS_UPDATED${rel(16401)}`),
      line("Heap2", 745, `MULTI_INSERT 3 tuples flags 0x02${rel(16402, 5)}`),
      line("Transaction", 745, "COMMIT 2026-11-21 17:48:31.071 UTC"),
    );
    assert.deepEqual([...found.transactions], [745]);
    assert.deepEqual(
      [...found.files].map(([database, files]) => [database, [...files]]),
      [
        [16384, [16400, 16401]],
        [5, [16402]],
      ],
    );
    assert.deepEqual([...found.deletions], [["16384/16401", 1]]);
  });

  it("counts the parts of a transaction as it", () =>
    assert.deepEqual(
      [...changes(line("Transaction", 750, "COMMIT 2026-11-21 17:48:31 UTC; subxacts: 751 753")).transactions],
      [750, 751, 753],
    ));

  it("counts a prepared transaction under its own number", () =>
    assert.deepEqual(
      [...changes(line("Transaction", 0, "COMMIT_PREPARED 760: 2026-11-21 17:48:31 UTC")).transactions],
      [760],
    ));

  it("leaves out what was taken back, and what never ended", () => {
    const found = changes(
      line("Heap", 745, `INSERT off 1 flags 0x08${rel(16400)}`),
      line("Transaction", 745, "ABORT 2026-11-21 17:48:31 UTC"),
      line("Heap", 746, `DELETE off 1 flags 0x08${rel(16400)}`),
    );
    assert.deepEqual([found.transactions.size, found.files.size, found.deletions.size], [0, 0, 0]);
  });

  it("passes over what is no row of a table", () => {
    const found = changes(
      line("Btree", 745, `INSERT_LEAF off 1${rel(16410)}`),
      line("XLOG", 0, "CHECKPOINT_ONLINE redo 0/3000110"),
      "pg_waldump: error: error in WAL record at 0/3000178: invalid record length",
      line("Transaction", 745, "COMMIT 2026-11-21 17:48:31 UTC"),
    );
    assert.deepEqual([found.transactions.size, found.files.size], [1, 0]);
  });
});
