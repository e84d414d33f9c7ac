import { createHash, createHmac } from "node:crypto";
import { request } from "node:https";

export interface S3Answer {
  readonly status: number;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface S3Key {
  readonly id: string;
  readonly secret: string;
}

export interface Version {
  readonly key: string;
  readonly version: string;
  readonly isLatest: boolean;
  readonly isDeleteMarker: boolean;
}

const sha256 = (data: string | Buffer) => createHash("sha256").update(data).digest("hex");
const hmac = (by: string | Buffer, data: string) => createHmac("sha256", by).update(data).digest();
const encoded = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

/** A client of S3 that shares no code with the tools under test: one signed request (AWS signature 4), and what it answered. */
export class S3Client {
  constructor(
    private readonly server: { readonly port: number; readonly ca: string },
    private readonly key: S3Key,
  ) {}

  send(
    method: string,
    path: string,
    query: Readonly<Record<string, string>> = {},
    body: string | Buffer = "",
    headers: Readonly<Record<string, string>> = {},
  ): Promise<S3Answer> {
    const { port, ca } = this.server;
    const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "");
    const hash = sha256(body);
    const all: Record<string, string> = { ...headers, host: `localhost:${port}`, "x-amz-date": time };
    all["x-amz-content-sha256"] = hash;
    if (body.length > 0) all["content-md5"] = createHash("md5").update(body).digest("base64"); // object lock asks for it
    const names = Object.keys(all).sort();
    const uri = path.split("/").map(encoded).join("/");
    const search = Object.entries(query)
      .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
      .sort()
      .join("&");
    const lines = names.map((name) => `${name}:${all[name]}\n`).join("");
    const canonical = [method, uri, search, lines, names.join(";"), hash].join("\n");
    const scope = `${time.slice(0, 8)}/us-east-1/s3/aws4_request`;
    const parts = [time.slice(0, 8), "us-east-1", "s3", "aws4_request"];
    const signer = parts.reduce<string | Buffer>((by, part) => hmac(by, part), `AWS4${this.key.secret}`);
    const signature = createHmac("sha256", signer)
      .update(["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n"))
      .digest("hex");
    all["authorization"] =
      `AWS4-HMAC-SHA256 Credential=${this.key.id}/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
    return new Promise((resolve, reject) => {
      const options = { host: "localhost", port, ca, method, headers: all, path: search ? `${uri}?${search}` : uri };
      const asking = request(options, (answer) => {
        const pieces: Buffer[] = [];
        answer.on("data", (piece: Buffer) => pieces.push(piece));
        answer.on("error", reject);
        answer.on("end", () =>
          resolve({ status: answer.statusCode!, body: Buffer.concat(pieces), headers: answer.headers }),
        );
      });
      asking.on("error", reject);
      asking.end(body);
    });
  }

  /** Sends, and throws unless it was answered with 2xx. */
  async must(...args: Parameters<S3Client["send"]>): Promise<S3Answer> {
    const answer = await this.send(...args);
    if (answer.status >= 300)
      throw new Error(`${args[0]} ${args[1]} was answered with ${answer.status}: ${answer.body.toString()}`);
    return answer;
  }

  /** Every version of every object below a prefix, newest first for each key, as the server lists them. */
  async versions(bucket: string, prefix = ""): Promise<Version[]> {
    const found: Version[] = [];
    let from: Record<string, string> = {};
    for (;;) {
      const text = (await this.must("GET", `/${bucket}`, { versions: "", prefix, ...from })).body.toString();
      for (const [, kind, inner] of text.matchAll(/<(Version|DeleteMarker)>(.*?)<\/\1>/gs))
        found.push({
          ...{ key: textOf(inner!, "Key"), version: textOf(inner!, "VersionId") },
          ...{ isLatest: textOf(inner!, "IsLatest") === "true", isDeleteMarker: kind === "DeleteMarker" },
        });
      if (textOf(text, "IsTruncated") !== "true") return found;
      from = { "key-marker": textOf(text, "NextKeyMarker"), "version-id-marker": textOf(text, "NextVersionIdMarker") };
    }
  }

  /** Keys of the objects below a prefix. */
  async keys(bucket: string, prefix = ""): Promise<string[]> {
    const found: string[] = [];
    let from: Record<string, string> = {};
    for (;;) {
      const text = (await this.must("GET", `/${bucket}`, { "list-type": "2", prefix, ...from })).body.toString();
      for (const [, inner] of text.matchAll(/<Contents>(.*?)<\/Contents>/gs)) found.push(textOf(inner!, "Key"));
      if (textOf(text, "IsTruncated") !== "true") return found;
      from = { "continuation-token": textOf(text, "NextContinuationToken") };
    }
  }
}

const textOf = (xml: string, name: string) => new RegExp(`<${name}>(.*?)</${name}>`, "s").exec(xml)?.[1] ?? "";
