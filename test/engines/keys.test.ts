import assert from "node:assert/strict";
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { key, keyFile } from "../../engines/keys";
import { atOnce } from "../helpers/child";
import { temporary } from "../helpers/temporary";

const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8);

describe("engines/keys", () => {
  const at = temporary();

  it("makes 32 random bytes on first use, and answers the same ever after", () => {
    const made = key(at("keys"), "app");
    assert.match(made, /^[0-9a-f]{64}$/);
    assert.equal(key(at("keys"), "app"), made);
    assert.notEqual(key(at("keys"), "tsig"), made);
  });

  it("keeps keys from other users: folder 0700, file 0600, no draft left", () => {
    key(at("keys"), "app");
    assert.equal(modeOf(at("keys")), "700");
    assert.equal(modeOf(keyFile(at("keys"), "app")), "600");
    assert.deepEqual(readdirSync(at("keys")), ["app.key"]);
  });

  it("takes a key that was put there by hand", () => {
    mkdirSync(at("keys"));
    writeFileSync(at("keys", "app.key"), "mine\n");
    assert.equal(key(at("keys"), "app"), "mine");
  });

  it("does not replace a key that it cannot read", () => {
    mkdirSync(at("keys", "app.key"), { recursive: true });
    assert.throws(() => key(at("keys"), "app"), { code: "EISDIR" });
  });

  it("gives processes that ask at the same moment one key", async () => {
    const modules = `const { key } = require("./engines/keys")`;
    const answers = await atOnce(
      2,
      modules,
      `Array.from({ length: 20 }, (_, i) => key(${JSON.stringify(at("keys"))}, "k" + i))`,
    );
    assert.equal(answers[0], answers[1]);
    assert.match(answers[0]!, /^[0-9a-f]{64}(,[0-9a-f]{64}){19}$/);
  });
});
