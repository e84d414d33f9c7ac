import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { makeFolder, nearestFolder, writeWhole } from "../../engines/files";
import { serverUser } from "../../engines/user";
import { temporary } from "../helpers/temporary";

const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8);

describe("engines/files", () => {
  const at = temporary();

  describe("writeWhole", () => {
    it("writes for the server's user alone unless told otherwise", () => {
      writeWhole(at("a"), "secret");
      assert.equal(readFileSync(at("a"), "utf8"), "secret");
      assert.equal(modeOf(at("a")), "600");
      assert.equal(statSync(at("a")).uid, serverUser().uid);
    });

    it("replaces a file as a whole: a reader of the old one still reads the old one", () => {
      writeFileSync(at("a"), "old");
      const before = statSync(at("a")).ino;
      writeWhole(at("a"), "new");
      assert.equal(readFileSync(at("a"), "utf8"), "new");
      assert.notEqual(statSync(at("a")).ino, before, "the old file was not written into");
    });

    it("leaves the old file and no draft when it fails", () => {
      mkdirSync(at("a"));
      writeFileSync(at("a", "inside"), "kept");
      assert.throws(() => writeWhole(at("a"), "new"), { code: "EISDIR" });
      assert.equal(readFileSync(at("a", "inside"), "utf8"), "kept");
      assert.deepEqual(readdirSync(at()), ["a"]);
    });

    it("writes nothing where there is no folder", () => {
      assert.throws(() => writeWhole(at("none", "a"), "new"), { code: "ENOENT" });
      assert.ok(!existsSync(at("none")));
    });
  });

  describe("makeFolder", () => {
    it("makes missing parents, all owned by the server's user, and none open to others", () => {
      makeFolder(at("a", "b", "c"));
      for (const folder of [at("a"), at("a", "b"), at("a", "b", "c")]) {
        assert.equal(statSync(folder).uid, serverUser().uid, folder);
        assert.equal(modeOf(folder), "750", folder);
      }
    });

    it("touches no folder that is there already", () => {
      mkdirSync(at("a"), { mode: 0o755 });
      const { uid } = statSync(at("a"));
      makeFolder(at("a"), 0o700);
      makeFolder(at("a", "b"));
      assert.deepEqual([statSync(at("a")).uid, modeOf(at("a"))], [uid, "755"]);
      assert.equal(statSync(at("a", "b")).uid, serverUser().uid);
    });
  });

  it("finds the folder that a path will be made in", () => {
    assert.equal(nearestFolder(at("a", "b", "c")), at());
    assert.equal(nearestFolder(at()), at());
    assert.equal(nearestFolder("/"), "/");
  });
});
