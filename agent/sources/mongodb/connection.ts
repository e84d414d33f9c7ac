import { MongoClient, MongoServerError } from "mongodb";
import { createRedactor } from "../../redaction";

/** A server that was reached. */
export interface Connected {
  readonly client: MongoClient;
  readonly version: string;
  /** First two numbers of the version, for what depends on it. */
  readonly release: number;
}

/** Works with a server and closes the connection. What goes wrong is told without the password. */
export async function connected<T>(
  uri: string,
  work: (server: Connected) => Promise<T>,
  serverSelectionTimeoutMS = 10_000,
): Promise<T> {
  let client: MongoClient | undefined;
  try {
    const patience = /[?&]serverSelectionTimeoutMS=/i.test(uri) ? {} : { serverSelectionTimeoutMS };
    client = new MongoClient(uri, { ...patience, appName: "pulumi-dr", maxPoolSize: 4 });
    await client.connect();
    const { version } = (await client.db("admin").command({ buildInfo: 1 })) as { version: string };
    return await work({ client, version, release: Number(/^\d+\.\d+/.exec(version)?.[0] ?? 0) });
  } catch (error) {
    throw withoutSecret(error as Error, uri);
  } finally {
    await client?.close().catch(() => {});
  }
}

/** The database that an address names; `admin` there says where the user is kept, as a rule. */
export function databaseIn(uri: string): string | undefined {
  const path = /^mongodb(?:\+srv)?:\/\/[^/?]*\/([^?]*)/i.exec(uri)?.[1];
  return path && path !== "admin" ? decodeURIComponent(path) : undefined;
}

/** Only name, words and code are kept: a driver's error holds the address, and its cause may too. */
export function withoutSecret(error: Error, uri: string): Error {
  const password = /^[^:]+:\/\/[^:@/]*:([^@/]*)@/.exec(uri)?.[1];
  const secrets = password ? [password, decoded(password)] : [];
  const clean = new Error(createRedactor([uri, ...secrets]).text(error.message));
  clean.name = error.name;
  return Object.assign(clean, error instanceof MongoServerError ? { code: error.code } : {});
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
