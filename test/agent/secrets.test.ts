import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRedactor } from "../../agent/redaction";
import { secretReader } from "../../agent/secrets";
import { temporary } from "../helpers/temporary";

describe("agent/secrets", () => {
  const folder = temporary();
  const redactor = createRedactor();
  const read = (name: string) => secretReader({ secretsFolder: folder() }, redactor)(name);
  afterEach(() => delete process.env["DR_TEST_SECRET"]);

  it("takes the environment first, then the file of that name, without white space around it", () => {
    assert.equal(read("DR_TEST_SECRET"), undefined);
    writeFileSync(folder("DR_TEST_SECRET"), " from-a-file\n");
    assert.equal(read("DR_TEST_SECRET"), "from-a-file");
    process.env["DR_TEST_SECRET"] = "from-the-environment";
    assert.equal(read("DR_TEST_SECRET"), "from-the-environment");
  });

  it("tells the redactor before anybody else", () => {
    writeFileSync(folder("DR_TEST_SECRET"), "canary-of-this-test");
    read("DR_TEST_SECRET");
    assert.equal(redactor.text("it is canary-of-this-test"), "it is [hidden]");
  });

  it("takes an empty one for none, and says of one that cannot be read why", () => {
    writeFileSync(folder("DR_TEST_SECRET"), "\n");
    assert.equal(read("DR_TEST_SECRET"), undefined);
    mkdirSync(folder("A_FOLDER"));
    assert.throws(() => read("A_FOLDER"), /A_FOLDER cannot be read: EISDIR/);
  });
});
