import { Client } from "pg";
import { key } from "../../../engines/keys";
import type { Endpoint } from "../../../engines/postgres/sql";
import { Items, writing, type Writer } from "./writing";

export const TABLE = "soak_rows";
const TIMEOUT_MS = 3_000;

/** Rows, as the application's user: one a transaction. */
export function writeRows(endpoint: Endpoint, items: Items, everyMs: number): Writer {
  let client: Client | undefined;
  const connect = async () => {
    const fresh = new Client({
      ...{ host: endpoint.address, port: endpoint.port, database: endpoint.database!, user: "app" },
      ...{ password: key(endpoint.keysFolder, "app"), connectionTimeoutMillis: TIMEOUT_MS, query_timeout: TIMEOUT_MS },
    });
    fresh.on("error", () => {}); // the write that fails says so
    await fresh.connect();
    await fresh.query(`create table if not exists ${TABLE} (n bigint primary key, body text not null)`);
    return fresh;
  };
  const hang = () => {
    const old = client;
    client = undefined;
    void old?.end().catch(() => {});
  };
  const loop = writing(everyMs, async () => {
    client ??= await connect();
    try {
      await items.write((n, body) => client!.query(`insert into ${TABLE} values ($1, $2)`, [n, body]));
    } catch (error) {
      hang();
      throw error;
    }
  });
  return { ...loop, source: "postgres", stop: () => loop.stop().then(hang) };
}
