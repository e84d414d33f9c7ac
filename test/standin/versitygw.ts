import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { startScratch, untilReady } from "../../agent/sources/scratch-server";
import { makeFolder, own, writeWhole } from "../../engines/files";
import { isOnPath } from "../helpers/on-path";
import { skip } from "../helpers/skip";
import { S3Client, type S3Key } from "./s3-client";

const VERSION = "v1.8.0";
const BINARY = path.join(__dirname, "../../.dr/standin", `versitygw-${VERSION}`);
const ROOT: S3Key = { id: "tests-root", secret: "a secret of the tests" };

/** The command of the S3 server, built if it is not there (a minute, once). Skips the test without Go. */
function versitygw(context: Mocha.Context): string {
  if (existsSync(BINARY)) return BINARY;
  if (!isOnPath("go")) skip(context, "no Go to build versitygw with");
  context.timeout(600_000);
  mkdirSync(path.dirname(BINARY), { recursive: true });
  const draft = mkdtempSync(path.join(path.dirname(BINARY), "build-"));
  try {
    const module = `github.com/versity/versitygw/cmd/versitygw@${VERSION}`;
    const built = spawnSync("go", ["install", "-p", "1", "-trimpath", "-ldflags", "-s -w", module], {
      env: { ...process.env, CGO_ENABLED: "0", GOBIN: draft },
      encoding: "utf8",
    });
    if (built.status !== 0) throw new Error(`versitygw could not be built: ${built.stderr}`);
    renameSync(path.join(draft, "versitygw"), BINARY);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return BINARY;
}

/** A real S3 server, by https with a certificate of its own, with versioning and object lock. */
export interface S3Server {
  readonly folder: string;
  readonly port: number;
  readonly caFile: string;
  /** The oracle: a client that may do everything. */
  readonly root: S3Client;
  readonly as: (key: S3Key) => S3Client;
  /** The address of a bucket, for the agent. */
  readonly address: (bucket: string) => string;
  /** A user who may do what a bucket's policy says, and nothing else. */
  readonly addUser: (key: S3Key) => Promise<void>;
  readonly changeSecret: (key: S3Key) => Promise<void>;
  readonly removeUser: (id: string) => Promise<void>;
  /** Makes a bucket; `lockDays` keeps every version of every object for so long. */
  readonly makeBucket: (name: string, options?: { readonly lockDays?: number }) => Promise<void>;
  /** Lets a user do these things in a bucket (`s3:GetObject`, …), and delete objects whose keys match. */
  readonly permit: (
    bucket: string,
    user: string,
    rights: { readonly allow: readonly string[]; readonly deleteOnly?: readonly string[] },
  ) => Promise<void>;
  readonly stop: () => Promise<void>;
}

export async function startS3(context: Mocha.Context): Promise<S3Server> {
  const binary = versitygw(context);
  if (!isOnPath("openssl")) skip(context, "no openssl to make a certificate with");
  const folder = mkdtempSync(path.join(tmpdir(), "dr-s3-"));
  chmodSync(folder, 0o755);
  own(folder);
  const at = (...parts: string[]) => path.join(folder, ...parts);
  for (const name of ["buckets", "versions", "users"]) makeFolder(at(name));
  certificate(at("server.key"), at("ca.pem"));
  // It is given its arguments by a script: `startScratch` has no environment of ours, and a secret is no argument.
  writeWhole(
    at("start"),
    [
      "#!/bin/sh",
      `export ROOT_ACCESS_KEY='${ROOT.id}' ROOT_SECRET_KEY='${ROOT.secret}'`,
      `exec '${binary}' --port "127.0.0.1:$1" --cert '${at("ca.pem")}' --key '${at("server.key")}' \\`,
      `  --iam-dir '${at("users")}' --iam-cache-disable --quiet --health /healthz \\`,
      `  posix --versioning-dir '${at("versions")}' '${at("buckets")}'`,
      "",
    ].join("\n"),
    0o700,
  );
  const server = await startScratch([at("start"), "{port}"], folder);
  const place = { port: server.port, ca: readFileSync(at("ca.pem"), "utf8") };
  const root = new S3Client(place, ROOT);
  await untilReady(server, () => root.must("GET", "/healthz"), 30_000);
  const accounts = (path: string, query: Record<string, string>, xml = "") => root.must("PATCH", path, query, xml);
  const account = ({ id, secret }: S3Key) =>
    `<Account><Access>${id}</Access><Secret>${secret}</Secret><Role>user</Role></Account>`;
  return {
    ...{ folder, port: server.port, caFile: at("ca.pem"), root, as: (key) => new S3Client(place, key) },
    address: (bucket) => `s3:https://localhost:${server.port}/${bucket}`,
    addUser: async (key) => void (await accounts("/create-user", {}, account(key))),
    changeSecret: async ({ id, secret }) =>
      void (await accounts("/update-user", { access: id }, `<MutableProps><Secret>${secret}</Secret></MutableProps>`)),
    removeUser: async (id) => void (await accounts("/delete-user", { access: id })),
    async makeBucket(name, { lockDays } = {}) {
      const locked: Record<string, string> =
        lockDays === undefined ? {} : { "x-amz-bucket-object-lock-enabled": "true" };
      await root.must("PUT", `/${name}`, {}, "", locked);
      if (lockDays === undefined) return;
      const rule = `<Rule><DefaultRetention><Mode>COMPLIANCE</Mode><Days>${lockDays}</Days></DefaultRetention></Rule>`;
      const xml = `<ObjectLockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><ObjectLockEnabled>Enabled</ObjectLockEnabled>${rule}</ObjectLockConfiguration>`;
      await root.must("PUT", `/${name}`, { "object-lock": "" }, xml);
    },
    async permit(bucket, user, { allow, deleteOnly = [] }) {
      const statement = (Action: readonly string[], ...keys: readonly string[]) =>
        Action.length === 0 || keys.length === 0
          ? []
          : [
              {
                ...{ Effect: "Allow", Principal: { AWS: [user] }, Action },
                Resource: keys.map((key) => `arn:aws:s3:::${bucket}${key}`),
              },
            ];
      const Statement = [
        ...statement(allow.filter(isOfBucket), ""),
        ...statement(
          allow.filter((one) => !isOfBucket(one)),
          "/*",
        ),
        ...statement(["s3:DeleteObject"], ...deleteOnly.map((key) => `/${key}`)),
      ];
      await root.must("PUT", `/${bucket}`, { policy: "" }, JSON.stringify({ Version: "2012-10-17", Statement }));
    },
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

const isOfBucket = (action: string) => /^s3:(List|GetBucket)/.test(action);

function certificate(keyFile: string, file: string): void {
  const made = spawnSync(
    "openssl",
    [
      ...["req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-days", "2"],
      ...["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", keyFile, "-out", file],
    ],
    { encoding: "utf8" },
  );
  if (made.status !== 0) throw new Error(`no certificate could be made: ${made.stderr}`);
  for (const one of [keyFile, file]) own(one);
}
