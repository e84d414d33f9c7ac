import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { deliverBy } from "../../../../agent/alerts/channels";
import { mailOf, sendMail, smtpOptions } from "../../../../agent/alerts/channels/email";
import { temporary } from "../../../helpers/temporary";
import { message } from "../listener";

interface Mail {
  readonly to: readonly string[];
  readonly from: string;
  readonly isEncrypted: boolean;
  readonly user: string;
  readonly text: string;
}

/** Keys of a mail server on loopback, made once. */
let pair: { readonly key: string; readonly cert: string };

const servers: SMTPServer[] = [];

/** A real mail server; answers its port and what it takes. */
async function listen(options: SMTPServerOptions = {}): Promise<{ port: number; mails: Mail[] }> {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    ...pair,
    authOptional: true,
    onAuth: ({ username, password }, _session, done) =>
      username === "dr@shop.test" && password === "p@ss/w:rd"
        ? done(null, { user: username })
        : done(new Error(`no: ${password}`)),
    onRcptTo: ({ address }, _session, done) => done(address.startsWith("nobody") ? new Error("no such user") : null),
    onData(stream, session, done) {
      let text = "";
      stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
      stream.on("end", () => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          to: rcptTo.map(({ address }) => address),
          from: mailFrom ? mailFrom.address : "",
          isEncrypted: session.secure,
          user: String(session.user ?? ""),
          text,
        });
        done();
      });
    },
    ...options,
  });
  server.on("error", () => {}); // a client that hangs up on purpose
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.server.address() as AddressInfo).port, mails };
}

const LOGIN = "dr%40shop.test:p%40ss%2Fw%3Ard";
const send = (url: string, to = "ann@shop.test") =>
  sendMail(new URL(url), to, message(), { ca: pair.cert, timeoutMs: 2_000 });

describe("agent/alerts/channels/email", () => {
  const folder = temporary();

  beforeEach(() => {
    if (pair) return;
    const [key, cert] = [folder("key.pem"), folder("cert.pem")];
    execFileSync(
      "openssl",
      [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"],
        ...["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert],
      ],
      { stdio: "ignore" },
    );
    pair = { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
  });
  afterEach(() =>
    Promise.all(servers.splice(0).map((server) => new Promise<void>((done) => server.close(() => done())))),
  );

  it("logs in over STARTTLS and hands the mail over", async () => {
    const { port, mails } = await listen();
    await send(`smtp://${LOGIN}@localhost:${port}`);
    assert.equal(mails.length, 1);
    const { text, ...envelope } = mails[0]!;
    assert.deepEqual(envelope, {
      to: ["ann@shop.test"],
      from: "dr@shop.test",
      isEncrypted: true,
      user: "dr@shop.test",
    });
    assert.match(text, /^Subject: \[P1\] shop\/prod: orders: newest verified backup is too old\r$/m);
    assert.match(text, /^Auto-Submitted: auto-generated\r$/m);
    assert.match(text, /Value: 7h \(threshold 6h\)/);
  });

  it("speaks TLS from the start to smtps", async () => {
    const { port, mails } = await listen({ secure: true });
    await send(`smtps://${LOGIN}@localhost:${port}?from=alerts@shop.test`);
    assert.deepEqual([mails[0]?.isEncrypted, mails[0]?.from], [true, "alerts@shop.test"]);
  });

  it("never sends a password in clear: a server without STARTTLS gets none", async () => {
    const said: string[] = [];
    const { port, mails } = await listen({
      disabledCommands: ["STARTTLS"],
      onAuth: (auth, _session, done) => (said.push(String(auth.password)), done(null, { user: "x" })),
    });
    await assert.rejects(
      send(`smtp://${LOGIN}@localhost:${port}`),
      /^DeliveryError: the server did not take it \(ETLS\)/,
    );
    assert.deepEqual([said, mails], [[], []]);
  });

  it("trusts no server whose certificate nobody vouches for", async () => {
    const { port, mails } = await listen();
    await assert.rejects(sendMail(new URL(`smtp://${LOGIN}@localhost:${port}`), "ann@shop.test", message()), {
      name: "DeliveryError",
    });
    assert.deepEqual(mails, []);
  });

  it("needs no login where none is asked for", async () => {
    const { port, mails } = await listen({ disabledCommands: ["STARTTLS", "AUTH"] });
    await send(`smtp://localhost:${port}`);
    assert.deepEqual([mails[0]?.from, mails[0]?.isEncrypted], ["pulumi-dr@localhost", false]);
  });

  it("says that the login was refused, and not with which password", async () => {
    const { port } = await listen();
    await assert.rejects(send(`smtp://dr%40shop.test:wrong-canary@localhost:${port}`), {
      message: "the server refused the login (535)",
    });
  });

  it("says which address the server would not take", async () => {
    const { port } = await listen();
    await assert.rejects(send(`smtp://localhost:${port}`, "nobody@shop.test"), {
      message: "the server did not take it (EENVELOPE): 550 no such user",
    });
  });

  it("says that nobody is there", () =>
    assert.rejects(send("smtp://localhost:1"), /^DeliveryError: the server did not take it \(ESOCKET\)$/));

  it("writes to each address on its own, and tries again only who was not reached", async () => {
    const { port, mails } = await listen();
    const channel = { type: "email", to: ["nobody@shop.test", "ann@shop.test"], server: "SMTP_URL" } as const;
    const secret = () => `smtp://localhost:${port}`;
    const deliver = deliverBy(channel, {
      secret,
      send: () => Promise.resolve(),
      now: () => 0,
      testing: { ca: pair.cert },
    });
    await assert.rejects(deliver(message()), /no such user/);
    await assert.rejects(deliver(message()), /no such user/);
    assert.deepEqual(
      mails.map(({ to }) => to),
      [["ann@shop.test"]],
    );
  });

  it("refuses an address that is still to be filled in, and a server that is none", async () => {
    await assert.rejects(send("smtp://localhost", "TODO"), { message: "an address is still to be filled in: TODO" });
    assert.throws(() => smtpOptions(new URL("https://user:canary@mail.test")), {
      message: "the SMTP server's address must start with smtp:// or smtps://",
    });
  });

  it("keeps all mails about one incident in one conversation", () => {
    const server = new URL("smtp://mail.test");
    const [first, second] = [message(), message({ id: "f".repeat(32), kind: "resolved" })].map((what) =>
      mailOf(server, "ann@shop.test", what),
    );
    assert.equal(first?.references, second?.references);
    assert.notEqual(first?.messageId, second?.messageId);
  });
});
