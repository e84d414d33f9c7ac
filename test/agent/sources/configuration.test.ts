import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { evaluateRules } from "../../../agent/proof/rules";
import { certificatesIn } from "../../../agent/sources/configuration";
import { parsePlan } from "../../../plan";
import { text } from "../../plan/example";
import { temporary } from "../../helpers/temporary";

const DAY = 86_400_000;

describe("agent/sources/configuration", () => {
  const folder = temporary();
  beforeEach(() => mkdirSync(folder("tls")));

  function make(name: string, days: number): string {
    const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=a"];
    const files = ["-keyout", folder(`${name}.key`), "-out", folder(`${name}.pem`)];
    execFileSync("openssl", [...args, "-days", String(days), ...files], { stdio: "ignore" });
    return readFileSync(folder(`${name}.pem`), "latin1");
  }
  /** What is said of each path below the test's folder: days left, or why not. */
  const said = (...places: string[]) =>
    certificatesIn(places.map((place) => folder(place))).map((one) => [
      one.path.slice(folder("").length).replace(/^\//, ""),
      "fault" in one ? one.fault : Math.round((Date.parse(one.validTo) - Date.now()) / DAY),
    ]);

  it("finds PEM and DER, in files and folders, and passes over keys", () => {
    make("tls/server", 3);
    const args = ["x509", "-in", folder("tls/server.pem"), "-outform", "DER", "-out", folder("tls/server.cer")];
    execFileSync("openssl", args);
    const key = ["pkey", "-in", folder("tls/server.key"), "-outform", "DER", "-out", folder("tls/server.key.der")];
    execFileSync("openssl", key);
    symlinkSync(folder("tls/server.pem"), folder("tls/current.pem"));
    const found = [
      ["tls/current.pem", 3],
      ["tls/server.cer", 3],
      ["tls/server.pem", 3],
    ];
    assert.deepEqual(said("tls").sort(), found);
    assert.deepEqual(said("tls/server.cer", "tls/server.pem"), found.slice(1));
  });

  it("takes the one of a chain that ends first", () => {
    writeFileSync(folder("chain.pem"), `server\n${make("a", 90)}\nissuer\n${make("b", 7)}${make("c", 30)}`);
    assert.deepEqual(said("chain.pem"), [["chain.pem", 7]]);
  });

  it("says what holds none: a key, an empty folder, a path that is not there, one that cannot be read", () => {
    make("tls/server", 3);
    mkdirSync(folder("empty"));
    symlinkSync(folder("loop"), folder("loop"));
    assert.deepEqual(said("tls/server.key", "empty", "nowhere", "loop"), [
      ["tls/server.key", "holds no certificate"],
      ["empty", "holds no certificate"],
      ["nowhere", "is not there"],
      ["loop", "cannot be read: ELOOP"],
    ]);
  });

  it("says of one that is malformed or cut off, in a folder of good ones too, and never what is in it", () => {
    const good = make("tls/server", 3);
    writeFileSync(folder("tls/broken.pem"), good.replace(/\n[A-Za-z0-9+/=]{64}\n/, "\nY2FuYXJ5\n"));
    writeFileSync(folder("tls/cut.pem"), good.slice(0, 200));
    writeFileSync(folder("tls/second-cut.pem"), `${good}${good.slice(0, 200)}`);
    symlinkSync(folder("tls/renewed-no-more.pem"), folder("tls/gone.pem"));
    assert.deepEqual(said("tls").sort(), [
      ["tls/broken.pem", "holds a certificate that cannot be read"],
      ["tls/cut.pem", "holds a certificate that is cut off"],
      ["tls/gone.pem", "is not there"],
      ["tls/second-cut.pem", "holds a certificate that is cut off"],
      ["tls/server.pem", 3],
    ]);
  });

  it("is alarmed by one that ends soon and by a path that holds none", () => {
    make("soon", 3);
    make("late", 300);
    const { rules } = parsePlan(text(), "plan.yaml").alerts;
    const certificates = certificatesIn(["soon.pem", "late.pem", "nowhere"].map((name) => folder(name)));
    const source = { source: "settings", repositories: {}, attempts: [], since: new Date().toISOString(), minSize: 1 };
    const found = evaluateRules({ sources: [{ ...source, certificates }], repositories: [] }, rules, new Date());
    assert.deepEqual(
      found.map(({ rule }) => rule),
      ["certificateExpiry"],
    );
    assert.match(found[0]!.reason, /nowhere is not there; [^;]*soon\.pem is valid until [^;]*Z$/);
  });
});
