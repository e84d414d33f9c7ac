import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { parseAddress, resticUrl } from "../../../agent/repository/address";
import { resticEnvironment } from "../../../agent/repository/credentials";
import { startRestic } from "../../../agent/repository/restic-command";
import { isOnPath } from "../../helpers/on-path";
import { temporary } from "../../helpers/temporary";

/** The first that asks Entra ID by itself. */
const ASKS_FROM = 16;

function minorOfRestic(): number {
  if (!isOnPath("restic")) return 0;
  return Number(/^restic 0\.(\d+)/.exec(execFileSync("restic", ["version"], { encoding: "utf8" }))?.[1]);
}

/** Not even CI has to have one: no distribution's package is such a restic. */
function without(context: Mocha.Context, reason: string): never {
  console.log(`      SKIPPED: ${reason}`);
  return context.skip();
}

describe("agent/repository: a managed identity of Azure", function () {
  this.timeout(120_000);
  const folder = temporary();

  it("restic asks where Container Apps answers, for the identity that it was told, with its header", async function () {
    const minor = minorOfRestic();
    if (minor < ASKS_FROM) return without(this, `restic asks for an identity from 0.${ASKS_FROM} on; got 0.${minor}`);
    const asked: IncomingMessage[] = [];
    const endpoint = createServer((request, response) => {
      asked.push(request);
      response.writeHead(400).end("{}"); // and nobody beyond this machine is called
    }).listen(0, "127.0.0.1");
    await once(endpoint, "listening");
    const said: Readonly<Record<string, string>> = {
      AZURE_CLIENT_ID: "11111111-2222-3333-4444-555555555555",
      IDENTITY_ENDPOINT: `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/msi/token`,
      IDENTITY_HEADER: "canary-7c1d",
    };
    const address = parseAddress("azure:drshop/backups");
    writeFileSync(folder("restic.key"), "key\n");
    const { child, done } = startRestic(
      {
        ...{ name: "own", url: resticUrl(address), passwordFile: folder("restic.key"), cacheFolder: folder("cache") },
        environment: () => resticEnvironment({ name: "own", address }, (name) => said[name]),
      },
      ["snapshots"],
    );
    const failure = done.then(
      () => new Error("it opened"),
      (error: Error) => error,
    );
    await Promise.race([once(endpoint, "request"), failure]);
    child.kill("SIGKILL");
    const { message } = await failure;
    endpoint.close();
    if (/invalid backend/.test(message)) return without(this, "this restic was built without Azure, as Debian's are");
    const [first] = asked;
    assert.ok(first, message);
    const query = new URL(first.url!, "http://127.0.0.1").searchParams;
    assert.equal(query.get("client_id"), said["AZURE_CLIENT_ID"]);
    assert.match(query.get("resource") ?? "", /^https:\/\/storage\.azure\.com/);
    assert.equal(first.headers["x-identity-header"], said["IDENTITY_HEADER"]);
  });
});
