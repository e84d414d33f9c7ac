import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { changedSince, lsnOf } from "../../../bench/backup/floors";
import { temporary } from "../../helpers/temporary";

const PAGE = 8192;

/** A relation's file with pages of these LSNs, as a little-endian machine writes them. */
function relation(...lsns: readonly string[]): Buffer {
  const pages = lsns.map((lsn) => {
    const page = Buffer.alloc(PAGE);
    const [high, low] = lsn.split("/").map((part) => Number.parseInt(part, 16));
    page.writeUInt32LE(high!, 0);
    page.writeUInt32LE(low!, 4);
    return page;
  });
  return Buffer.concat(pages);
}

describe("bench/backup/floors", () => {
  const at = temporary();

  it("reads an LSN's halves as one number", () => {
    assert.equal(lsnOf("0/10"), 16n);
    assert.equal(lsnOf("2/A0000000"), 2n * 2n ** 32n + 0xa0000000n);
  });

  it("counts pages written after an LSN, whatever file they are in, and whole the files that hold one", () => {
    mkdirSync(at("base/5"), { recursive: true });
    writeFileSync(at("base/5/100"), relation("0/FFFFFFFF", "1/10", "1/11"));
    writeFileSync(at("base/5/100.1"), relation("2/0", "3/0"));
    writeFileSync(at("base/5/200"), relation("1/10"));
    writeFileSync(at("base/5/200_fsm"), relation("9/0"));
    assert.deepEqual(changedSince(at(), "1/10"), { pages: 3 * PAGE, files: 5 * PAGE });
  });
});
